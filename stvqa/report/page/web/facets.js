// Filters beside a list: a search box and groups of values with counts. Within a group any checked value passes, and
// every group has to pass. The counts of a group say what would remain if that value alone were checked in it.

class Facets {
  // groups: [{ label, values, codeOf(row), open }]; textOf(row): what search looks through.
  constructor(container, { count, groups, textOf, onchange }) {
    this.count = count;
    this.groups = groups.filter((group) => group.values.length > 0);
    this.textOf = textOf;
    this.onchange = onchange;
    this.texts = null;
    this.shown = [];
    this.search = element("input", {
      type: "search", placeholder: "Search", "aria-label": "Search", autocomplete: "off", spellcheck: "false",
      oninput: () => this.update(),
    });
    this.clear = element("button", { type: "button", class: "plain", onclick: () => this.reset() }, "Clear all");
    container.append(this.search, this.clear, ...this.groups.map((group) => this.panel(group)));
  }

  panel(group) {
    group.checked = new Set();
    group.boxes = group.values.map((value, code) => {
      const box = element("input", {
        type: "checkbox",
        onchange: () => {
          if (box.checked) group.checked.add(code);
          else group.checked.delete(code);
          this.update();
        },
      });
      return box;
    });
    group.counts = group.values.map(() => element("span", { class: "count" }));
    group.lines = group.values.map((value, code) =>
      element("label", { class: "value" }, group.boxes[code], words("span", spaced(value), { class: "value-name" }), group.counts[code]));
    return element("details", { class: "facet", open: group.open !== false }, element("summary", {}, group.label),
      element("div", { role: "group", "aria-label": group.label }, group.lines));
  }

  reset() {
    this.search.value = "";
    for (const group of this.groups) {
      group.checked.clear();
      for (const box of group.boxes) box.checked = false;
    }
    this.update();
  }

  found() {
    const sought = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (sought.length === 0) return null;
    this.texts ??= Array.from({ length: this.count }, (_, row) => this.textOf(row).toLowerCase());
    return this.texts.map((text) => sought.every((word) => text.includes(word)));
  }

  update() {
    const found = this.found();
    const counts = this.groups.map((group) => new Array(group.values.length).fill(0));
    const shown = [];
    for (let row = 0; row < this.count; row += 1) {
      if (found && !found[row]) continue;
      let failing = -1;
      let failures = 0;
      for (let place = 0; place < this.groups.length; place += 1) {
        const group = this.groups[place];
        if (group.checked.size > 0 && !group.checked.has(group.codeOf(row))) {
          failing = place;
          failures += 1;
          if (failures > 1) break;
        }
      }
      if (failures === 0) {
        shown.push(row);
        for (let place = 0; place < counts.length; place += 1) counts[place][this.groups[place].codeOf(row)] += 1;
      } else if (failures === 1) counts[failing][this.groups[failing].codeOf(row)] += 1;
    }
    this.groups.forEach((group, place) => group.values.forEach((_, code) => {
      group.counts[code].textContent = number(counts[place][code]);
      group.lines[code].classList.toggle("none", counts[place][code] === 0);
    }));
    this.shown = shown;
    const active = this.search.value !== "" || this.groups.some((group) => group.checked.size > 0);
    this.clear.hidden = !active;
    this.active = active;
    this.onchange();
  }
}
