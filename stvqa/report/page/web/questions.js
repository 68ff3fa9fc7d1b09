// The rows of the set.

function flag(id) {
  const mark = marks.of(id);
  return mark ? element("span", { class: "flag", title: REASONS[mark.reason] }, "✗ wrong") : null;
}

function questionLine(row) {
  const thumb = element("span", { class: "thumb" });
  const image = imageElement(index.image[row]);
  thumb.append(image);
  showImage(image, meta.images ? index.image[row] : null);
  return element("div", { class: "line" }, thumb,
    element("div", { class: "line-text" },
      words("p", index.question[row], { class: "line-question" }),
      element("p", { class: "line-facts" }, flag(index.ids[row]),
        chips([["category", valueOf("category", row)], ["level", valueOf("level", row)], ["evidence", valueOf("evidence", row)],
          ["verdict", valueOf("verdict", row) === "does not hold" ? "does not hold" : null]]))));
}

function questionCard(row) {
  const entry = entryAt(row);
  const options = entry.options.map((option, place) =>
    words("li", option.text, { class: place === entry.answer ? "right" : null }));
  return element("div", { class: "card" },
    element("div", { class: "card-body" },
      element("div", { class: "picture-box" }, picture(entry)),
      words("p", entry.question, { class: "card-question" }),
      element("ol", { class: "card-options" }, options),
      element("p", { class: "line-facts" }, flag(entry.id),
        chips([["category", entry.facts.category], ["level", entry.facts.level],
          ["evidence", marks.of(entry.id) ? null : entry.facts.evidence]])))); // a flag takes its room
}

function markPanel(id) {
  const mark = marks.of(id);
  const button = element("button", { type: "button", class: "mark", "aria-pressed": String(mark !== null), onclick: () => marks.toggle(id) },
    mark ? "Marked as wrong" : "Mark as wrong", element("kbd", {}, "m"));
  if (!mark) return element("div", { class: "mark-panel" }, button);
  const reason = element("select", {
    "aria-label": "What is wrong", onchange: () => marks.set(id, { ...marks.of(id), reason: reason.value }),
  }, Object.entries(REASONS).map(([value, text]) => element("option", { value, selected: value === mark.reason }, text)));
  const comment = element("input", {
    type: "text", value: mark.comment, placeholder: "What should it say?", "aria-label": "Comment", dir: "auto",
    oninput: () => marks.note(id, comment.value),
  });
  return element("div", { class: "mark-panel marked" }, button, reason, comment);
}

function startQuestions() {
  const labels = {
    category: "Category", level: "Level", evidence: "Evidence", verdict: "Verdict of the program", verifier: "Verifier",
    blind: "Blind run", source: "Source", split: "Split", teacher: "Teacher",
  };
  const groups = Object.entries(labels).map(([name, label]) => ({
    label, values: facet(name).values, codeOf: (row) => facet(name).codes[row],
    open: ["category", "level", "evidence", "verdict"].includes(name),
  }));
  groups.push({ label: "Marks", values: ["marked as wrong", "not marked"], codeOf: (row) => (marks.of(index.ids[row]) ? 0 : 1), open: false });
  const view = document.getElementById("view-questions");
  let sheet = false;
  const reader = new Reader(view, {
    count: rowCount, groups, noun: "question", empty: "This set has no rows.",
    textOf: (row) => `${index.question[row]} ${index.words[row]} ${index.ids[row]}`,
    cell: (row) => (sheet ? questionCard(row) : questionLine(row)),
    detail: (row) => {
      const [image, question, ...rest] = entryParts(entryAt(row));
      return [image, markPanel(index.ids[row]), question, ...rest];
    },
  });
  const button = view.querySelector(".layout");
  reader.toggleSheet = () => {
    sheet = !sheet;
    view.classList.toggle("sheet", sheet);
    view.classList.remove("opened");
    button.setAttribute("aria-pressed", String(sheet));
    button.textContent = sheet ? "List" : "Sheet";
    reader.grid.shape(sheet ? 290 : 0, sheet ? 400 : 92);
    if (reader.grid.current >= 0) reader.grid.select(reader.grid.current);
    reader.renew();
  };
  button.addEventListener("click", reader.toggleSheet);
  reader.onselect = (row) => history.replaceState(null, "", `#${index.ids[row]}`);
  marks.listeners.push((id) => {
    const place = reader.grid.current;
    const item = reader.item;
    reader.facets.update();
    // A row that its mark takes out of the filter makes room for the next one.
    if (id !== null && reader.item !== item && reader.grid.items.length > 0) {
      reader.select(Math.min(place, reader.grid.items.length - 1), false);
    } else reader.renew();
  });
  return reader;
}
