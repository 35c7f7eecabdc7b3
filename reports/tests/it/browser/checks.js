// What is looked at in a report, from inside the page. Each function returns what is wrong, one line each.
({
  words(element) {
    return element.textContent.trim().slice(0, 60);
  },

  // What is folded is looked at as well.
  unfold() {
    document.querySelectorAll("details").forEach((part) => (part.open = true));
  },

  // Tables that are wider than their box, so that a part of them cannot be seen.
  clipped() {
    this.unfold();
    const wide = [...document.querySelectorAll(".scroll")].filter((box) => box.scrollWidth > box.clientWidth + 1);
    return wide.map((box) => `${this.words(box.querySelector("caption"))} is ${box.scrollWidth} px in ${box.clientWidth}`);
  },

  // Plots and tables that scroll sideways without a sign of it.
  unsaid() {
    this.unfold();
    const wide = [...document.querySelectorAll(".plot, .scroll")].filter((box) => box.scrollWidth > box.clientWidth + 1);
    const silent = wide.filter((box) => !getComputedStyle(box).backgroundImage.includes("gradient"));
    return silent.map((box) => `${box.className} of ${box.scrollWidth} px in ${box.clientWidth} shows no sign`);
  },

  // Axes of which all curves together use less than a third. On axes in `data-flat` all values are the same.
  spare() {
    this.unfold();
    const found = [];
    for (const plot of document.querySelectorAll(".plot svg")) {
      const axis = plot.querySelector(".axis")?.getBBox();
      const parts = [...plot.querySelectorAll("[class*=' k']")].map((part) => part.getBBox());
      if (!axis || !parts.length) continue;
      for (const [from, length] of [["x", "width"], ["y", "height"]]) {
        if ((plot.dataset.flat ?? "").includes(from)) continue;
        const ends = parts.map((part) => part[from] + part[length]);
        const used = (Math.max(...ends) - Math.min(...parts.map((part) => part[from]))) / axis[length];
        if (used < 1 / 3) found.push(`${this.words(plot)}: ${from} is used to ${Math.round(used * 100)} %`);
      }
    }
    return found;
  },

  // Texts of one plot that cover each other, or leave it.
  overlaps() {
    const found = [];
    for (const plot of document.querySelectorAll(".plot svg")) {
      const frame = plot.getBoundingClientRect();
      const boxes = [...plot.querySelectorAll("text")].map((text) => [text, text.getBoundingClientRect()]);
      boxes.forEach(([text, a], n) => {
        if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1)
          found.push(`${this.words(text)} leaves its plot`);
        for (const [other, b] of boxes.slice(0, n)) {
          const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
          const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
          // A line box is higher than its letters: a fifth may overlap.
          if (across > 0.5 && down > 0.2 * a.height) found.push(`${this.words(text)} covers ${this.words(other)}`);
        }
      });
    }
    return found;
  },

  // The page as a whole does not scroll sideways; tables and plots may, in boxes of their own.
  sideways() {
    const page = document.scrollingElement;
    if (page.scrollWidth <= page.clientWidth) return [];
    const wide = [...document.body.querySelectorAll("*")].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width && box.right > page.clientWidth + 0.5 && !element.closest(".scroll, .plot, pre");
    });
    return [`${page.scrollWidth} px in ${page.clientWidth}`, ...wide.slice(0, 3).map((element) => element.outerHTML.slice(0, 80))];
  },

  // Links that lead nowhere, and anchors that are there twice.
  anchors() {
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    const twice = ids.filter((id, n) => ids.indexOf(id) !== n).map((id) => `#${id} is there twice`);
    const links = [...document.querySelectorAll("a[href]")].map((link) => link.getAttribute("href"));
    const lost = links.filter((link) => !link.startsWith("#") || !ids.includes(link.slice(1)));
    return [...twice, ...lost.map((link) => `${link} leads nowhere`)];
  },

  color(text) {
    const [r, g, b, alpha = 1] = text.match(/[\d.]+/g).map(Number);
    return [r, g, b, alpha];
  },

  over(top, bottom, opacity = 1) {
    const alpha = top[3] * opacity;
    return [0, 1, 2].map((n) => top[n] * alpha + bottom[n] * (1 - alpha)).concat(1);
  },

  background(element) {
    const behind = [];
    for (let at = element; at; at = at.parentElement) {
      const color = this.color(getComputedStyle(at).backgroundColor);
      behind.push(color);
      if (color[3] === 1) break;
    }
    return behind.reverse().reduce((bottom, top) => this.over(top, bottom), [255, 255, 255, 1]);
  },

  contrast(a, b) {
    const light = (color) => {
      const [r, g, b] = color.slice(0, 3).map((value) => {
        const share = value / 255;
        return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const [low, high] = [light(a), light(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  },

  // Letters with less than 4.5 : 1 against what is behind them, bars of plots included.
  letters() {
    const found = new Set();
    const see = (element, color, behind) => {
      const contrast = this.contrast(this.over(color, behind), behind);
      if (contrast < 4.5) found.add(`${this.words(element)}: ${contrast.toFixed(2)} : 1`);
    };
    for (const element of document.body.querySelectorAll("*")) {
      const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
      const style = getComputedStyle(element);
      if (!own || !element.checkVisibility() || element.closest("svg")) continue;
      see(element, this.color(style.color), this.background(element));
    }
    for (const plot of document.querySelectorAll(".plot svg")) {
      const behind = this.background(plot.parentElement);
      const bars = [...plot.querySelectorAll("rect[fill-opacity]")].map((bar) => [bar.getBoundingClientRect(), getComputedStyle(bar)]);
      for (const text of plot.querySelectorAll("text")) {
        const box = text.getBoundingClientRect();
        const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
        const bar = bars.find(([at]) => at.left < x && x < at.right && at.top < y && y < at.bottom);
        const under = bar ? this.over(this.color(bar[1].fill), behind, Number(bar[1].fillOpacity)) : behind;
        see(text, this.color(getComputedStyle(text).fill), under);
      }
    }
    return [...found];
  },

  // Lines, markers and edges of bars with less than 3 : 1 against the page. The mesh only guides the eye.
  graphics() {
    const found = new Set();
    for (const part of document.querySelectorAll("figure svg g:not(.grid, .text) > *")) {
      const style = getComputedStyle(part);
      const behind = this.background(part.closest("svg").parentElement);
      const ink = style.stroke === "none" ? style.fill : style.stroke;
      if (ink === "none") {
        found.add(`${part.outerHTML.slice(0, 80)} is not drawn`);
        continue;
      }
      const contrast = this.contrast(this.color(ink), behind);
      if (contrast < 3) found.add(`${part.parentElement.getAttribute("class")}: ${contrast.toFixed(2)} : 1`);
    }
    return [...found];
  },

  // Every column of every table, sorted both ways, by pressing: the order is right, said, and comes back.
  sorting() {
    const found = [];
    let changed = 0;
    for (const table of document.querySelectorAll("main table")) {
      const rows = () => [...table.tBodies[0].rows];
      const before = rows();
      if (before.length < 2) continue;
      [...table.tHead.rows[0].cells].forEach((head, column) => {
        const name = `${this.words(table.caption)}, ${this.words(head)}`;
        const press = head.querySelector("button");
        if (!press) return found.push(`${name} has no button`);
        for (const way of ["ascending", "descending"]) {
          press.click();
          if (head.getAttribute("aria-sort") !== way) found.push(`${name} does not say ${way}`);
          if (rows().length !== before.length) found.push(`${name} loses rows`);
          changed += rows().some((row, n) => row !== before[n]);
        }
        press.click();
        if (head.hasAttribute("aria-sort") || rows().some((row, n) => row !== before[n]))
          found.push(`${name} does not come back`);
      });
    }
    if (!changed) found.push("no order ever changed");
    return found;
  },
})
