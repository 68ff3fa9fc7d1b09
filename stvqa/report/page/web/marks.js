// What the reader marked as wrong: kept in the browser under the digest of the set, exported as an errata file.

const REASONS = {
  "answer-wrong": "the answer is wrong",
  "two-right": "another option is right too",
  "question-unclear": "the question is unclear",
  "box-wrong": "a box or a name is wrong",
  "image-unfit": "the image does not show it",
  other: "something else",
};

const marks = {
  key: `stvqa-marks:${meta.digest}`,
  entries: new Map(),
  listeners: [],
  kept: true,

  start() {
    for (const [id, mark] of Object.entries(meta.marks)) if (rowOfId.has(id)) this.entries.set(id, mark);
    try {
      const stored = JSON.parse(localStorage.getItem(this.key) ?? "{}");
      for (const [id, mark] of Object.entries(stored)) {
        if (mark === null) this.entries.delete(id);
        else if (rowOfId.has(id) && mark.reason in REASONS) this.entries.set(id, mark);
      }
    } catch {
      this.kept = false; // no storage in this browser, or not for files: marks last as long as the page
    }
  },

  of(id) {
    return this.entries.get(id) ?? null;
  },

  set(id, mark) {
    if (mark) this.entries.set(id, mark);
    else this.entries.delete(id);
    this.save();
    for (const listener of this.listeners) listener(id);
  },

  // A comment as it is typed: kept letter by letter, and nothing is drawn again under the fingers.
  note(id, comment) {
    this.entries.set(id, { ...this.of(id), comment });
    this.save();
  },

  toggle(id) {
    this.set(id, this.of(id) ? null : { reason: "answer-wrong", comment: "" });
  },

  save() {
    // Marks that came with the page and were taken away are kept as null, or they would come back.
    const taken = Object.keys(meta.marks).filter((id) => !this.entries.has(id)).map((id) => [id, null]);
    try {
      localStorage.setItem(this.key, JSON.stringify(Object.fromEntries([...taken, ...this.entries])));
    } catch {
      if (this.kept) notice("This browser keeps no marks for files: export them before you close the page.");
      this.kept = false;
    }
  },

  asErrata() {
    const errata = index.ids
      .filter((id) => this.entries.has(id))
      .map((id) => ({ row_id: id, reason: this.of(id).reason, comment: this.of(id).comment }));
    return { format: "stvqa-errata/1", set: meta.name, set_digest: meta.digest, errata };
  },

  export() {
    const text = `${JSON.stringify(this.asErrata(), null, 2)}\n`;
    const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    const name = meta.name.replace(/[^\w.-]+/g, "-") || "set";
    const link = element("a", { href: address, download: `${name}.errata.json` });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  },

  async import(file) {
    let errata;
    try {
      errata = JSON.parse(await file.text());
      if (errata.format !== "stvqa-errata/1" || !Array.isArray(errata.errata)) throw new TypeError();
    } catch {
      notice(`${file.name} is not an errata file: give one that this page exported.`);
      return;
    }
    const known = errata.errata.filter((item) => rowOfId.has(item.row_id) && item.reason in REASONS);
    for (const item of known) {
      this.entries.set(item.row_id, { reason: item.reason, comment: String(item.comment ?? "") });
    }
    this.save();
    for (const listener of this.listeners) listener(null);
    const unknown = errata.errata.length - known.length;
    notice(`${plural(known.length, "mark")} loaded` + (unknown ? `; ${plural(unknown, "row")} not in this set` : ""));
  },
};
