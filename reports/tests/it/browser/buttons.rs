//! Functions that the script adds: sorting, following a name through all plots, copying, each by pointer and by
//! keyboard.
use super::browser;
use super::looks::made_up;
use super::page::{Page, WIDE};
use serde_json::json;

#[test]
fn every_column_of_every_table_can_be_sorted() {
    let Some(mut browser) = browser("sorting") else { return };
    let folder = tempfile::tempdir().unwrap();
    for file in made_up(folder.path()) {
        let mut page = Page::open(&mut browser, &file, WIDE);
        assert_eq!(page.check("sorting"), Vec::<String>::new(), "{}", file.display());
    }
}

/// Cells are times in mixed units, thousands, signs, and values that are not numbers.
#[test]
fn figures_are_sorted_by_what_they_mean() {
    let Some(mut browser) = browser("figures") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = &made_up(folder.path())[0];
    let mut page = Page::open(&mut browser, file, WIDE);
    // The script has read the page already, so the figures are put into cells that it knows.
    let order = page.eval(
        "(() => {
          const table = [...document.querySelectorAll('main table')].find((table) => table.tBodies[0].rows.length >= 8);
          const figures = ['1.20 ms', '–', '812 ns', '−3', '12,345 ns', '2.00 s', '+41', '3.42 µs'];
          const rows = [...table.tBodies[0].rows];
          rows.forEach((row, n) => { row.cells[1].textContent = figures[n] ?? '–'; });
          table.tHead.rows[0].cells[1].querySelector('button').click();
          return [...table.tBodies[0].rows].slice(0, 8).map((row) => row.cells[1].textContent);
        })()",
    );
    assert_eq!(order, json!(["−3", "+41", "812 ns", "3.42 µs", "12,345 ns", "1.20 ms", "2.00 s", "–"]));
}

#[test]
fn a_name_is_followed_through_all_plots_by_pointer_and_by_key() {
    let Some(mut browser) = browser("following") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = &made_up(folder.path())[0];
    let mut page = Page::open(&mut browser, file, WIDE);
    let state = "(() => {
        const followed = [...document.querySelectorAll('.plot .followed')];
        const legends = [...document.querySelectorAll('li.followed')].map((item) => item.textContent.trim());
        return { figures: document.querySelectorAll('figure.following').length, parts: followed.length,
          series: [...new Set(followed.map((part) => /k\\d+/.exec(part.getAttribute('class'))[0]))],
          strangers: legends.filter((name) => !name.startsWith('transactional')).length, legends: legends.length,
          pressed: document.querySelectorAll('[aria-pressed=true]').length };
      })()";
    let key = "[...document.querySelectorAll('.follow')].find((press) => press.textContent.trim() === 'transactional')";
    assert_eq!(page.eval(state)["parts"], 0);

    page.eval(&format!("{key}.dispatchEvent(new PointerEvent('pointerenter'))"));
    let hover = page.eval(state);
    assert!(hover["figures"].as_u64().unwrap() >= 4, "{hover}");
    assert!(hover["parts"].as_u64() > hover["figures"].as_u64(), "{hover}");
    assert_eq!(
        (&hover["strangers"], &hover["series"], &hover["pressed"]),
        (&json!(0), &json!(["k1"]), &json!(0))
    );
    page.eval(&format!("{key}.dispatchEvent(new PointerEvent('pointerleave'))"));
    assert_eq!(page.eval(state)["figures"], 0);

    page.eval(&format!("{key}.focus()"));
    assert_eq!(page.eval(state)["parts"], hover["parts"], "the focus follows as the pointer does");
    page.press("Enter");
    page.eval("document.activeElement.blur()");
    let kept = page.eval(state);
    assert_eq!((&kept["parts"], &kept["pressed"]), (&hover["parts"], &hover["legends"]), "{kept}");
    page.eval(&format!("{key}.focus()"));
    page.press("Enter");
    page.eval("document.activeElement.blur()");
    assert_eq!(page.eval(state)["figures"], 0, "a second press lets go");
}

#[test]
fn a_command_is_copied_or_selected() {
    let Some(mut browser) = browser("copying") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = &made_up(folder.path())[0];
    for granted in [true, false] {
        let mut page = Page::open(&mut browser, file, WIDE);
        page.clipboard(granted);
        let copied = page.eval(
            "(async () => {
              const press = document.querySelector('button.copy');
              press.click();
              const said = press.parentElement.querySelector('[role=status]');
              while (!said.textContent) await new Promise((wake) => setTimeout(wake, 10));
              return [said.textContent, getSelection().toString()];
            })()",
        );
        if granted {
            assert_eq!(copied[0], "Copied.");
            assert_eq!(page.eval("navigator.clipboard.readText()"), "attach-rig run default --seed 1");
        } else {
            assert!(copied[0].as_str().unwrap().contains("press Ctrl+C"), "{copied}");
            assert_eq!(copied[1].as_str().unwrap().trim(), "attach-rig run default --seed 1");
        }
    }
}
