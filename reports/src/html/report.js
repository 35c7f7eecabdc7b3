// What a report can do with script: sort a table by a column, follow one name through all plots, copy a command.
// It only adds: without it the page is complete. Every button is made here, so none stands there that does nothing.
"use strict";
(() => {
  const button = (name, kind) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = kind;
    made.append(name);
    return made;
  };

  // Sorting. What begins with a number is one, times in ns; what has no number in such a column stands last.
  const unit = { ns: 1, "µs": 1e3, ms: 1e6, s: 1e9 };
  const number = (text) => {
    const found = /^[×±]?([+−-]?)([\d,]+(?:\.\d+)?)(?: (ns|µs|ms|s)\b)?/.exec(text);
    if (!found) return null;
    const size = Number(found[2].replaceAll(",", "")) * (unit[found[3]] ?? 1);
    return found[1] === "−" || found[1] === "-" ? -size : size;
  };
  const compared = (rows, column) => {
    const texts = rows.map((row) => row.cells[column]?.textContent.trim() ?? "");
    const numbers = texts.map(number);
    const figures = numbers.some((value) => value !== null);
    return (a, b, way) => {
      if (!figures) return way * texts[a].localeCompare(texts[b], "en", { numeric: true });
      if (numbers[a] === null || numbers[b] === null) return (numbers[a] === null) - (numbers[b] === null);
      return way * (numbers[a] - numbers[b]);
    };
  };
  const sortable = (table) => {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...body.rows];
    if (rows.length < 2) return;
    const sort = (head, column) => {
      const next = { none: "ascending", ascending: "descending", descending: "none" };
      const now = next[head.getAttribute("aria-sort") ?? "none"];
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      const order = rows.map((_, place) => place);
      if (now !== "none") {
        head.setAttribute("aria-sort", now);
        const compare = compared(rows, column);
        const way = now === "ascending" ? 1 : -1;
        order.sort((a, b) => compare(a, b, way) || a - b);
      }
      body.append(...order.map((place) => rows[place]));
    };
    heads.forEach((head, column) => {
      const press = button("", "sort");
      press.append(...head.childNodes);
      press.title = "Sort by this column; a third press restores the order";
      press.addEventListener("click", () => sort(head, column));
      head.append(press);
    });
  };

  // Following. A legend's name without what stands behind a comma or a bracket is the same thing in every plot.
  const keys = [];
  let pinned = null;
  const follow = (name) => {
    document.querySelectorAll(".followed").forEach((part) => part.classList.remove("followed"));
    document.querySelectorAll(".following").forEach((figure) => figure.classList.remove("following"));
    for (const { figure, item, press, mine, number } of keys) {
      press.setAttribute("aria-pressed", String(mine === pinned));
      if (mine !== name) continue;
      figure.classList.add("following");
      item.classList.add("followed");
      figure.querySelectorAll(`.plot .k${number}`).forEach((part) => part.classList.add("followed"));
    }
  };
  const followable = (item) => {
    const mine = item.textContent.trim().split(/, | \(/)[0];
    const press = button("", "follow");
    press.append(...item.childNodes);
    press.setAttribute("aria-pressed", "false");
    press.title = `Follow ${mine} through all plots`;
    item.append(press);
    keys.push({ figure: item.closest("figure"), item, press, mine, number: item.dataset.k });
    for (const event of ["pointerenter", "focus"]) press.addEventListener(event, () => follow(mine));
    for (const event of ["pointerleave", "blur"]) press.addEventListener(event, () => follow(pinned));
    press.addEventListener("click", () => {
      pinned = pinned === mine ? null : mine;
      follow(pinned);
    });
  };

  // Copying. Where the browser refuses, the command is selected, so that a key does it.
  const copyable = (command) => {
    const press = button("Copy", "copy");
    const status = document.createElement("span");
    status.setAttribute("role", "status");
    press.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(command.textContent);
        status.textContent = "Copied.";
      } catch {
        getSelection().selectAllChildren(command);
        status.textContent = "The browser does not let a page copy; the command is selected, press Ctrl+C.";
      }
    });
    const line = document.createElement("p");
    line.className = "tools";
    line.append(press, " ", status);
    command.after(line);
  };

  document.querySelectorAll("main table").forEach(sortable);
  document.querySelectorAll("figure .legend li[data-k]").forEach(followable);
  document.querySelectorAll("pre.command").forEach(copyable);
})();
