// A list or a sheet of any length: only cells that can be seen exist.

class Grid {
  // cell(item): the node of one item; name(item): an id for it; onselect(place): a cell was chosen.
  constructor(container, { cell, onselect, onopen }) {
    this.container = container;
    this.cell = cell;
    this.onselect = onselect;
    this.onopen = onopen;
    this.items = [];
    this.current = -1;
    this.nodes = new Map();
    this.least = 0;
    this.height = 92;
    this.columns = 1;
    this.canvas = element("div", { class: "canvas", role: "presentation" });
    container.append(this.canvas);
    container.addEventListener("scroll", () => this.ask(), { passive: true });
    new ResizeObserver(() => this.layout()).observe(container);
  }

  // Cells at least `least` pixels wide (0: one column) and `height` pixels high.
  shape(least, height) {
    this.least = least;
    this.height = height;
    this.clear();
    this.layout();
  }

  show(items, current) {
    this.items = items;
    this.current = current;
    this.clear();
    this.layout();
    if (current < 0) {
      this.container.scrollTop = 0;
      return;
    }
    this.reveal();
    this.tellCurrent();
  }

  clear() {
    this.nodes.clear();
    this.canvas.replaceChildren();
  }

  ask() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.fill();
    });
  }

  layout() {
    const width = this.container.clientWidth;
    if (width === 0) return;
    const columns = this.least === 0 ? 1 : Math.max(1, Math.floor(width / this.least));
    const cellWidth = Math.floor(width / columns);
    if (columns !== this.columns || cellWidth !== this.cellWidth) {
      this.columns = columns;
      this.cellWidth = cellWidth;
      this.clear();
    }
    this.canvas.style.height = `${Math.ceil(this.items.length / columns) * this.height}px`;
    this.fill();
  }

  fill() {
    const lines = Math.ceil(this.items.length / this.columns);
    const first = Math.max(0, Math.floor(this.container.scrollTop / this.height) - 2);
    const last = Math.min(lines, Math.ceil((this.container.scrollTop + this.container.clientHeight) / this.height) + 2);
    const low = first * this.columns;
    const high = Math.min(this.items.length, last * this.columns);
    for (const [place, node] of this.nodes) {
      if (place < low || place >= high) {
        node.remove();
        this.nodes.delete(place);
      }
    }
    for (let place = low; place < high; place += 1) if (!this.nodes.has(place)) this.add(place);
  }

  add(place) {
    const node = this.cell(this.items[place]);
    filled(node, {
      id: `${this.container.id || this.container.closest("section").id}-${place}`, role: "option",
      "aria-setsize": this.items.length, "aria-posinset": place + 1, "aria-selected": String(place === this.current),
      onclick: () => this.onselect(place),
      ondblclick: () => this.onopen(place),
    }, []);
    node.classList.add("cell");
    node.style.width = `${this.cellWidth}px`;
    node.style.height = `${this.height}px`;
    node.style.transform =
      `translate(${(place % this.columns) * this.cellWidth}px, ${Math.floor(place / this.columns) * this.height}px)`;
    this.nodes.set(place, node);
    this.canvas.append(node);
  }

  select(place) {
    this.nodes.get(this.current)?.setAttribute("aria-selected", "false");
    this.current = place;
    this.reveal();
    this.nodes.get(place)?.setAttribute("aria-selected", "true");
    this.tellCurrent();
  }

  tellCurrent() {
    this.container.setAttribute("aria-activedescendant", this.nodes.get(this.current)?.id ?? "");
  }

  reveal() {
    const top = Math.floor(this.current / this.columns) * this.height;
    const box = this.container;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + this.height > box.scrollTop + box.clientHeight) box.scrollTop = top + this.height - box.clientHeight;
    this.fill();
  }
}
