// Charts of the rows that pass the filters, and of the run.

const MARGIN_EDGES = [1, 1.25, 1.5, 2, 3, 4, 6, 8, 12, Infinity];

function counted(rows, name) {
  const counts = new Array(facet(name).values.length).fill(0);
  for (const row of rows) counts[facet(name).codes[row]] += 1;
  return counts;
}

function byCategory(rows) {
  const wanted = statistics("select")?.figures.wanted ?? {};
  const levels = facet("level");
  const table = facet("category").values.map(() => new Array(levels.values.length).fill(0));
  for (const row of rows) table[facet("category").codes[row]][levels.codes[row]] += 1;
  const whole = rows.length === rowCount;
  const lacking = whole ? Object.keys(wanted).filter((name) => wanted[name] > 0 && !facet("category").values.includes(name)) : [];
  const lines = [...facet("category").values, ...lacking].map((name, code) => ({
    label: spaced(name),
    parts: (table[code] ?? []).map((value, level) => ({ value, class: `level-${levels.values[level]}`, label: levels.values[level] })),
    tick: whole ? wanted[name] : undefined,
  }));
  const legend = element("p", { class: "legend" }, levels.values.map((name) => element("span", {}, element("span", { class: `bar-colour level-${name}` }), name)));
  return figure("Questions by category and level", element("div", {}, bars(lines), legend), whole && Object.keys(wanted).length ? "The mark is what was wanted." : null);
}

function simple(title, rows, name) {
  const counts = counted(rows, name);
  const lines = facet(name).values.map((label, code) => ({
    label: spaced(label), parts: [{ value: counts[code], class: name === "evidence" ? `evidence-${label}` : "" }],
    told: `${number(counts[code])} · ${percent(counts[code] / Math.max(1, rows.length))}`,
  }));
  return figure(title, bars(lines));
}

function letters(rows) {
  const groups = [2, 3, 4].map((options) => {
    const counts = new Array(options).fill(0);
    for (const row of rows) if (index.options[row] === options && index.answer[row] !== null) counts[index.answer[row]] += 1;
    const count = counts.reduce((sum, value) => sum + value, 0);
    const square = counts.reduce((sum, value) => sum + (value - count / options) ** 2 / (count / options || 1), 0);
    return { label: `${options} options`, values: counts.map((value, place) => ({ label: LETTERS[place], value })), expected: count / options, count, square };
  }).filter((group) => group.count > 0);
  const note = groups.map((group) => `${group.label}: χ² ${decimals(group.square)}`).join(" · ");
  return figure("Letters of the answers", columns(groups), `${note}. The line is an even spread.`);
}

function margins(rows) {
  const counts = new Array(MARGIN_EDGES.length - 1).fill(0);
  let none = 0;
  for (const row of rows) {
    const margin = index.margin[row];
    if (margin === null) none += 1;
    else counts[Math.max(0, MARGIN_EDGES.findLastIndex((edge) => margin >= edge))] += 1;
  }
  const values = counts.map((value, place) => ({ value, label: MARGIN_EDGES[place + 1] === Infinity ? `≥ ${MARGIN_EDGES[place]}` : String(MARGIN_EDGES[place]) }));
  return figure("Margins", columns([{ label: "times the margin asked for, from", values }]),
    `1 is just clear enough. ${plural(none, "question")} without a scale: a triple, a count, or no program.`);
}

function ratings(rows) {
  const counts = new Array(10).fill(0);
  for (const row of rows) counts[index.rating[row] - 1] += 1;
  return figure("Ratings", columns([{ label: "1 to 10", values: counts.map((value, place) => ({ value, label: String(place + 1) })) }]));
}

function perImage(rows) {
  const images = new Map();
  for (const row of rows) images.set(index.image[row], (images.get(index.image[row]) ?? 0) + 1);
  const counts = new Map();
  for (const count of images.values()) counts.set(count, (counts.get(count) ?? 0) + 1);
  const most = Math.max(1, ...counts.keys());
  const values = Array.from({ length: Math.min(most, 16) }, (_, place) => ({ label: String(place + 1), value: counts.get(place + 1) ?? 0 }));
  return figure("Questions on one image", columns([{ label: "questions; columns count images", values }]), `${plural(images.size, "image")}.`);
}

// Share of rows for which `hit` holds among those it is known of, by category, with chance where it is given.
function shares(title, rows, hit, { chance, note, lacking }) {
  const lines = facet("category").values.map((name, code) => {
    const known = rows.filter((row) => facet("category").codes[row] === code && hit(row) !== null);
    const hits = known.filter((row) => hit(row)).length;
    if (known.length === 0) return null;
    const [low, high] = interval(hits, known.length);
    const tick = chance ? known.reduce((sum, row) => sum + 1 / index.options[row], 0) / known.length : undefined;
    return { label: spaced(name), parts: [{ value: hits / known.length, told: percent(hits / known.length) }], low, high, tick, told: `${percent(hits / known.length)} of ${number(known.length)}` };
  }).filter(Boolean);
  if (lines.length === 0) return figure(title, element("p", { class: "empty" }, lacking));
  return figure(title, bars(lines, { most: 1, right: 120 }), note);
}

const known = (name, yes) => (row) => {
  const value = valueOf(name, row);
  return value === "not asked" ? null : value === yes;
};

function stages() {
  return meta.run?.stages.filter((stage) => stage.statistics) ?? [];
}

function statistics(name) {
  return stages().find((stage) => stage.stage === name)?.statistics ?? null;
}

function refusedFigure() {
  const lines = meta.refused_kinds.map((kind) => ({ label: kind.reason, parts: [{ value: kind.count, class: kind.scope }], told: `${number(kind.count)} · ${kind.stage}` }));
  const content = lines.length ? bars(lines.slice(0, 24), { left: 210, right: 120 }) : element("p", { class: "empty" }, "Nothing was refused.");
  return figure("Refused, by stage and reason", content, [
    meta.refused_kinds.some((kind) => kind.scope === "part") ? "Pale: parts of records, which went on without them." : "",
    lines.length > 24 ? `And ${lines.length - 24} rarer reasons: see Refused.` : "",
  ].join(" ").trim());
}

function flowFigure() {
  const lines = stages().map((stage) => ({ label: stage.stage, parts: [{ value: stage.statistics.records_out }], told: `${number(stage.statistics.records_in)} → ${number(stage.statistics.records_out)}` }));
  return figure("Records through the stages", bars(lines, { left: 90, right: 160 }));
}

function secondsFigure() {
  const lines = stages().map((stage) => ({ label: stage.stage, parts: [{ value: stage.statistics.seconds }], told: `${decimals(stage.statistics.seconds, 1)} s` }));
  return figure("Seconds of work by stage", bars(lines, { left: 90 }));
}

// What the stage `verify` noted of all that it judged, the refused among it.
function verifiedFigures() {
  const noted = statistics("verify")?.figures ?? {};
  const lines = Object.entries(noted.categories ?? {}).filter(([, of]) => of.judged > 0).map(([name, of]) => {
    const [low, high] = interval(of.accepted, of.judged);
    return { label: spaced(name), parts: [{ value: of.accepted / of.judged, told: percent(of.accepted / of.judged) }], low, high, told: `${percent(of.accepted / of.judged)} of ${number(of.judged)}` };
  });
  if (lines.length === 0) return [];
  const told = {
    verifiers: (noted.verifiers ?? []).join(", "), policy: noted.policy,
    judged: noted.judged, accepted: noted.accepted, undecided: noted.undecided?.length,
    ...Object.fromEntries(Object.entries(noted.refused ?? {}).map(([reason, count]) => [`refused: ${reason}`, count])),
    "planted wrong answers accepted": noted.canaries?.planted ? `${number(noted.canaries.accepted)} of ${number(noted.canaries.planted)}` : null,
    "label error at most, all categories together": exact(noted.label_error?.upper, noted.label_error?.confidence),
    "kappa of verdicts": noted.kappa?.verdicts, "kappa of choices": noted.kappa?.choices,
  };
  return [figure("Accepted by the verifiers, of all judged", bars(lines, { most: 1, right: 120 }), "Line: 95 % interval."), figure("Verification", factList(told))];
}

function exact(share, confidence) {
  return share === null || share === undefined || share >= 1 ? null : `${decimals(100 * share)} % (at ${decimals(100 * (confidence ?? 0.95), 0)} % confidence)`;
}

function costFigure() {
  const paid = stages().filter((stage) => stage.statistics.calls > 0);
  if (paid.length === 0) return figure("Cost", element("p", { class: "empty" }, "No model was called: nothing was paid."));
  const lines = paid.map(({ stage, statistics: spent }) => ({
    label: stage, parts: [{ value: spent.usd ?? 0 }], told: spent.usd === null ? "price unknown" : `$ ${dollars(spent)}`,
  }));
  const models = paid.flatMap(({ stage, statistics: spent }) => {
    const spentOn = Object.entries(spent.models);
    return (spentOn.length ? spentOn : [["", spent]]).map(([model, of]) => ({ stage, model, of }));
  });
  const table = element("table", {},
    element("thead", {}, element("tr", {}, ["Stage", "Model", "Calls", "Tokens in", "Tokens out", "USD"].map((text, place) => element("th", { scope: "col", class: place > 1 ? "figure" : null }, text)))),
    element("tbody", {}, models.map(({ stage, model, of }) => element("tr", {}, element("td", {}, stage), words("td", model),
      [of.calls, of.input_tokens, of.output_tokens].map((value) => element("td", { class: "figure" }, number(value))),
      element("td", { class: "figure" }, of.usd === null ? "unknown" : dollars(of))))));
  return figure("Cost", element("div", {}, bars(lines, { left: 90, right: 120 }), element("div", { class: "scroll" }, table)));
}

function startFigures(reader) {
  const view = document.getElementById("view-figures");
  return () => {
    const rows = reader.facets.shown;
    const told = reader.facets.active
      ? `Over the ${plural(rows.length, "question")} that pass the filters, of ${number(rowCount)}.`
      : `Over all ${plural(rows.length, "question")}.`;
    const set = rows.length === 0 ? [] : [
      byCategory(rows), simple("Evidence", rows, "evidence"), letters(rows), margins(rows),
      shares("Right without seeing the image (blind run)", rows, known("blind", "right without the image"),
        { chance: true, note: "Line: 95 % interval. Mark: who picks an option at random. Above it, the words give the answer away.", lacking: "No verifier answered without the image." }),
      shares("Every vote right", rows, known("verifier", "all right"), { note: "Line: 95 % interval.", lacking: "No verifier was asked." }),
      ratings(rows), perImage(rows), simple("Split", rows, "split"), simple("Source", rows, "source"),
    ];
    const run = meta.run ? [...verifiedFigures(), flowFigure(), refusedFigure(), costFigure(), secondsFigure()] : [];
    view.replaceChildren(...[
      element("h2", {}, "The set"), element("p", { class: "faint" }, told), element("div", { class: "figures" }, set),
      ...(run.length ? [element("h2", {}, "The run"), element("div", { class: "figures" }, run)] : []),
    ]);
  };
}
