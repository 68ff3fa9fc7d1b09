// Puts the views together: tabs, theme, keys, notices.

marks.start();
document.getElementById("name").textContent = legible(meta.name);
document.getElementById("summary").textContent = [
  plural(rowCount, "question"), plural(new Set(index.image).size, "image"),
  plural(meta.refused_kinds.reduce((sum, kind) => sum + kind.count, 0), "refused record"),
].join(" · ");

const stored = (key) => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  try {
    if (theme) localStorage.setItem("stvqa-theme", theme);
  } catch {
    // no storage: the theme lasts as long as the page
  }
}

function otherTheme() {
  const system = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  setTheme((document.documentElement.dataset.theme ?? system) === "dark" ? "light" : "dark");
}

setTheme(stored("stvqa-theme"));
if (meta.run && meta.run.state in STATES) notice(`${STATES[meta.run.state]} ${meta.run.error}`);
if (meta.older) notice("The set shown here was made by an earlier recipe than the run that is described here.");
for (const text of meta.unreadable) notice(text);

const asked = rowOfId.get(location.hash.slice(1)); // a link to one row; the first choice below overwrites it
const questions = startQuestions();
const views = { questions: { reader: questions } };
let view = "questions";

const starters = {
  refused: () => ({ reader: startRefused() }),
  figures: () => ({ draw: startFigures(questions) }),
  run: () => {
    startRun();
    return {};
  },
};

function show(name) {
  view = name;
  for (const node of document.querySelectorAll(".view")) node.hidden = node.id !== `view-${name}`;
  for (const tab of document.querySelectorAll(".tab")) {
    if (tab.dataset.view === name) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  views[name] ??= starters[name]();
  views[name].draw?.();
  views[name].reader?.grid.layout();
  views[name].reader?.renew();
}

for (const tab of document.querySelectorAll(".tab")) tab.addEventListener("click", () => show(tab.dataset.view));
document.getElementById("theme").addEventListener("click", otherTheme);
document.getElementById("export").addEventListener("click", () => marks.export());
const help = document.getElementById("help");
document.getElementById("help-open").addEventListener("click", () => help.showModal());
const importer = document.getElementById("import");
importer.addEventListener("change", async () => {
  if (importer.files.length > 0) await marks.import(importer.files[0]);
  importer.value = "";
});

function showMarked() {
  document.getElementById("marked").textContent = number(marks.entries.size);
}
marks.listeners.push(showMarked);
showMarked();

function nextBoxes() {
  boxes.mode = BOX_MODES[(BOX_MODES.indexOf(boxes.mode) + 1) % BOX_MODES.length];
  const reader = views[view].reader;
  reader?.grid.clear();
  reader?.grid.layout();
  reader?.renew();
}

function search() {
  const reader = views[view].reader ?? questions;
  if (!views[view].reader) show("questions");
  reader.section.querySelector(".filters").open = true;
  reader.facets.search.focus();
  reader.facets.search.select();
}

// In a sheet, up and down go by lines.
const stepBy = (lines) => {
  const reader = views[view].reader;
  reader.step(reader.section.classList.contains("opened") ? lines : lines * reader.grid.columns);
};

const keys = {
  m: () => view === "questions" && questions.item >= 0 && marks.toggle(index.ids[questions.item]),
  s: () => view === "questions" && questions.toggleSheet(),
  e: () => marks.export(),
  t: otherTheme,
  "/": search,
  "?": () => help.showModal(),
  1: () => show("questions"),
  2: () => show("refused"),
  3: () => show("figures"),
  4: () => show("run"),
};

const readerKeys = {
  j: () => views[view].reader.step(1),
  k: () => views[view].reader.step(-1),
  ArrowRight: () => views[view].reader.step(1),
  ArrowLeft: () => views[view].reader.step(-1),
  Home: () => views[view].reader.step(-Infinity),
  End: () => views[view].reader.step(Infinity),
  ArrowDown: () => stepBy(1),
  ArrowUp: () => stepBy(-1),
  b: nextBoxes,
  Enter: () => views[view].reader.open(),
  Escape: () => views[view].reader.close(),
};

document.addEventListener("keydown", (event) => {
  const action = keys[event.key] ?? (views[view].reader ? readerKeys[event.key] : undefined);
  if (!action || event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (event.target.matches("input:not([type=checkbox]):not([type=file]), select, textarea")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "Enter" && event.target.matches("button, summary, input")) return;
  event.preventDefault();
  action();
});

window.addEventListener("resize", () => views[view].reader?.renew());
window.addEventListener("hashchange", () => {
  const row = rowOfId.get(location.hash.slice(1));
  if (row !== undefined && row !== questions.item) questions.go(row);
});

show("questions");
if (asked !== undefined) questions.go(asked);
showArrived();
document.addEventListener("DOMContentLoaded", showArrived);
performance.mark("stvqa-ready");
