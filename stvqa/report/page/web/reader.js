// A view to read through: filters, a list, and the chosen item in full.

class Reader {
  // groups, textOf: of Facets; cell(item): a list entry; detail(item): nodes; noun: what is listed, singular.
  constructor(section, { count, groups, textOf, cell, detail, noun, empty }) {
    this.section = section;
    this.noun = noun;
    this.empty = empty;
    this.count = count;
    this.item = -1;
    this.detail = detail;
    this.pane = section.querySelector(".detail");
    this.told = section.querySelector(".shown");
    this.grid = new Grid(section.querySelector(".grid"), {
      cell,
      onselect: (place) => this.select(place, true),
      onopen: () => this.open(),
    });
    this.facets = new Facets(section.querySelector(".filters-body"), { count, groups, textOf, onchange: () => this.filtered() });
    section.querySelector(".filters").open = window.matchMedia("(min-width: 1000px)").matches;
    this.facets.update();
  }

  filtered() {
    const shown = this.facets.shown;
    this.told.textContent = this.facets.active
      ? `${number(shown.length)} of ${plural(this.count, this.noun)}`
      : plural(this.count, this.noun);
    const place = shown.indexOf(this.item);
    this.grid.show(shown, place >= 0 ? place : shown.length > 0 ? 0 : -1);
    if (shown.length === 0) {
      this.item = -1;
      this.close();
      this.pane.replaceChildren(element("p", { class: "empty" }, this.count === 0 ? this.empty : "Nothing passes these filters."));
    } else if (place < 0) this.select(0, false);
    else this.tellPlace();
    this.onfilter?.();
  }

  select(place, opening) {
    this.grid.select(place);
    this.item = this.grid.items[place];
    this.onselect?.(this.item);
    if (opening && !this.section.classList.contains("sheet")) this.open();
    this.renew();
  }

  step(by) {
    const last = this.grid.items.length - 1;
    if (last < 0) return;
    this.select(Math.min(last, Math.max(0, this.grid.current + by)), false);
  }

  // Shows an item wherever it is; filters that hide it are cleared.
  go(item) {
    if (!this.facets.shown.includes(item)) this.facets.reset();
    this.select(this.facets.shown.indexOf(item), true);
  }

  // Draws the chosen item again; not while nobody can see it.
  renew() {
    const visible = !this.section.hidden && this.pane.offsetParent !== null;
    if (this.item < 0 || !visible) return;
    const step = (by, text, label) =>
      element("button", { type: "button", "aria-label": label, title: label, onclick: () => this.step(by) }, text);
    const bar = element("div", { class: "detail-bar" },
      element("button", { type: "button", class: "close", onclick: () => this.close() }, "Back"),
      element("span", { class: "place" }),
      step(-1, "‹", "Previous (k)"), step(1, "›", "Next (j)"));
    const top = this.pane.dataset.item === String(this.item) ? this.pane.scrollTop : 0;
    this.pane.dataset.item = this.item;
    this.pane.replaceChildren(bar, ...this.detail(this.item).filter(Boolean));
    this.pane.scrollTop = top;
    this.tellPlace();
  }

  tellPlace() {
    const place = this.pane.querySelector(".place");
    if (place) place.textContent = `${number(this.grid.current + 1)} of ${number(this.grid.items.length)}`;
  }

  open() {
    this.section.classList.add("opened");
    this.renew();
  }

  close() {
    this.section.classList.remove("opened");
    this.grid.layout();
    if (this.grid.current >= 0) this.grid.reveal(); // a hidden list does not scroll
  }
}
