//! Pages with one fault each. A check that does not find it finds nothing.
use super::browser;
use super::page::{Page, Setting, WIDE};
use std::path::Path;

/// Writes a page with this head and body.
fn write(folder: &Path, name: &str, style: &str, body: &str) -> std::path::PathBuf {
    let file = folder.join(format!("{name}.html"));
    let page = format!(
        "<!doctype html><meta charset=utf-8><title>mutant</title><style>{style}</style><main>{body}</main>"
    );
    std::fs::write(&file, page).unwrap();
    file
}

/// Returns one plot with `inside` in it.
fn plot(inside: &str) -> String {
    format!(
        "<figure><div class=plot><svg viewBox='0 0 720 320' width=720 height=320 font-size=24>{inside}</svg></div></figure>"
    )
}

/// Returns axes of 600 by 300 with a curve of `width` by `height`.
fn curve(width: u32, height: u32) -> String {
    format!(
        "<g class=axis><path fill=none stroke=currentColor d='M50,0 50,300 650,300'/></g><g class='s0 k0'><path stroke=currentColor d='M50,0 {},{height}'/></g>",
        50 + width
    )
}

/// Returns a table of 400 px in a box of 300 px.
fn wide_table(before: &str, after: &str) -> String {
    format!(
        "{before}<div class=scroll style='width:300px;overflow:auto'><table style='width:400px'><caption>c</caption>\
         </table></div>{after}"
    )
}

/// Returns (check, style, body, the text that the check must report).
fn mutants() -> Vec<(&'static str, &'static str, String, &'static str)> {
    let cell = |n: u32| format!("<tr><th scope=row>{n}</th></tr>");
    let table = |head: &str| {
        let rows: String = [3, 1, 2].map(cell).concat();
        format!("<table><caption>c</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
    };
    vec![
        (
            "overlaps",
            "",
            plot("<text x=50 y=50>ten letters</text><text x=90 y=54>more letters</text>"),
            "covers",
        ),
        ("overlaps", "", plot("<text x=700 y=50>ten letters</text>"), "leaves its plot"),
        ("sideways", "", "<p style='width:3000px'>wide</p>".to_owned(), "px in 1280"),
        ("anchors", "", "<a href='#there'>x</a>".to_owned(), "#there leads nowhere"),
        ("anchors", "", "<p id=twice></p><p id=twice></p>".to_owned(), "twice is there twice"),
        ("letters", "body{background:#fff;color:#999}", "<p>pale</p>".to_owned(), "pale: 2.8"),
        ("letters", "body{background:#fff}text{fill:#bbb}", plot("<text x=50 y=50>pale</text>"), "pale: 1.9"),
        (
            "graphics",
            ".s0{color:#e69f00}",
            plot("<g class='s0 k0' stroke='currentColor'><path d='M0,0 9,9'/></g>"),
            "s0 k0: 2.2",
        ),
        ("clipped", "", wide_table("<details>", "</details>"), "c is 400 px in 300"),
        ("unsaid", "", wide_table("", ""), "scroll of 400 px in 300 shows no sign"),
        ("spare", "", plot(&curve(600, 50)), "y is used to 17 %"),
        ("spare", "", plot(&curve(100, 290)), "x is used to 17 %"),
        ("sorting", "", table("<th>n</th>"), "n has no button"),
        ("sorting", "", table("<th><button>n</button></th>"), "no order ever changed"),
    ]
}

#[test]
fn every_check_of_a_page_finds_what_it_is_for() {
    let Some(mut browser) = browser("mutants") else { return };
    let folder = tempfile::tempdir().unwrap();
    for (n, (check, style, body, expected)) in mutants().into_iter().enumerate() {
        let file = write(folder.path(), &format!("{check}-{n}"), style, &body);
        let found = Page::open(&mut browser, &file, WIDE).check(check);
        assert!(
            found.iter().any(|line| line.contains(expected)),
            "{check}: {expected:?} is not in {found:?}"
        );
    }
    let texts = "<text x=50 y=50>ten letters</text><text x=50 y=90>more letters</text>";
    let fine = plot(&format!("{texts}{}", curve(600, 290)));
    let style = "body{background:#fff;color:#000}.plot{background-image:linear-gradient(#fff,#fff)}";
    let file = write(folder.path(), "fine", style, &fine);
    for setting in [WIDE, Setting { width: 800, ..WIDE }] {
        let mut page = Page::open(&mut browser, &file, setting);
        for check in ["overlaps", "sideways", "anchors", "letters", "graphics", "clipped", "unsaid", "spare"]
        {
            assert_eq!(page.check(check), Vec::<String>::new(), "{check}");
        }
    }
}

#[test]
fn complaints_and_requests_are_heard() {
    let Some(mut browser) = browser("complaints") else { return };
    let folder = tempfile::tempdir().unwrap();
    let policy =
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; script-src 'sha256-AAAA'\">";
    for (name, body, expected) in [
        ("error", "<script>console.error('no')</script>".to_owned(), "console: "),
        ("warning", "<script>console.warn('no')</script>".to_owned(), "console: "),
        ("exception", "<script>nothing.there()</script>".to_owned(), "exception: "),
        ("policy", format!("{policy}<script>1</script>"), "Content Security Policy"),
        ("request", "<img src='other.png'>".to_owned(), "request: "),
        ("address", "<img src='http://127.0.0.1:9/x.png'>".to_owned(), "request: "),
    ] {
        let file = write(folder.path(), name, "", &body);
        let found = Page::open(&mut browser, &file, WIDE).complaints();
        assert!(found.iter().any(|line| line.contains(expected)), "{name}: {found:?}");
    }
}
