// What the stages refused. Every kind is counted in full; of the frequent ones the page holds some.

function readable(payload) {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2);
  } catch {
    return payload;
  }
}

function refusedLine(item) {
  const thumb = element("span", { class: "thumb" });
  const shown = item.entry?.image ?? item.image;
  const image = imageElement(shown);
  thumb.append(image);
  showImage(image, meta.images ? shown : null);
  return element("div", { class: "line" }, thumb,
    element("div", { class: "line-text" },
      words("p", item.entry?.question ?? (item.detail || item.id), { class: "line-question" }),
      element("p", { class: "line-facts" }, chips([["stage", item.stage], ["reason", item.reason]]))));
}

function kindTable() {
  const lines = meta.refused_kinds.map((kind) => element("tr", {},
    element("td", {}, kind.stage), words("td", kind.reason), element("td", {}, kind.scope),
    element("td", { class: "figure" }, number(kind.count)), element("td", { class: "figure" }, number(kind.shown))));
  return section("All that was refused", element("div", { class: "scroll" }, element("table", {},
    element("thead", {}, element("tr", {}, ["Stage", "Reason", "Scope", "Refused", "Here"].map((text, place) => element("th", { scope: "col", class: place > 2 ? "figure" : null }, text)))),
    element("tbody", {}, lines))));
}

function refusedParts(item) {
  const head = [
    element("p", { class: "refusal" }, element("span", { class: "verdict false" }, "refused"), ` by ${item.stage}: `,
      words("strong", item.reason), item.scope === "part" ? " (a part of its record)" : ""),
    item.detail ? words("p", item.detail, { class: "refusal-detail" }) : null,
  ];
  const payload = item.payload
    ? element("details", { class: "part payload" }, element("summary", {}, "Record as it was refused"), words("pre", readable(item.payload)))
    : null;
  if (item.entry) return [...head, ...entryParts(item.entry), payload];
  const image = imageElement(item.image, { class: "whole" });
  const box = item.image === null ? null : element("div", { class: "picture-box" }, image);
  if (box) showImage(image, meta.images ? item.image : null);
  return [...head, box, section("Facts", factList({ stage: item.stage, reason: item.reason, scope: item.scope, record: item.id })), payload];
}

function startRefused() {
  const items = block("refused") ?? [];
  const group = (label, name) => {
    const values = [...new Set(items.map((item) => item[name]))];
    const codes = new Map(values.map((value, code) => [value, code]));
    return { label, values, codeOf: (place) => codes.get(items[place][name]) };
  };
  const all = meta.refused_kinds.reduce((sum, kind) => sum + kind.count, 0);
  const reader = new Reader(document.getElementById("view-refused"), {
    count: items.length, noun: "refused record",
    groups: [group("Stage", "stage"), group("Reason", "reason"), group("Scope", "scope")],
    empty: meta.run ? "Nothing was refused." : "This set came without its run, so nothing is known of what was refused.",
    textOf: (place) => `${items[place].entry?.question ?? ""} ${items[place].detail} ${items[place].id}`,
    cell: (place) => refusedLine(items[place]),
    detail: (place) => [...refusedParts(items[place]), kindTable()],
  });
  if (all > items.length) reader.told.after(element("p", { class: "faint whole-count" }, `drawn from ${number(all)}`));
  return reader;
}
