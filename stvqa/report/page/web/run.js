// What run.json says: state, stages, figures that stages left, recipe, versions.

const STATES = {
  running: "The run has not ended: this is what there is so far.",
  failed: "The run ended with an error.",
  pending: "Calls of models were written to a file; their answers have yet to come.",
  short: "The run ended with fewer rows than were asked for.",
};

const ENDS = {
  rows: "with the rows that were asked for", source: "where the source had no more", budget: "where the budget was spent",
  error: "with an error",
};

function stageTable(run) {
  const head = ["", "Stage", "In", "Out", "Refused", "Parts refused", "Calls", "Tokens", "USD", "Seconds"];
  const sum = (counts) => Object.values(counts).reduce((all, count) => all + count, 0);
  const lines = run.stages.map((stage) => {
    const did = stage.statistics;
    const cells = did
      ? [did.records_in, did.records_out, sum(did.rejected), sum(did.rejected_parts), did.calls, did.input_tokens + did.output_tokens].map(number)
        .concat(did.usd === null ? "unknown" : dollars(did), decimals(did.seconds, 1))
      : ["not complete", ...new Array(7).fill("")];
    return element("tr", {}, element("td", {}, String(stage.number)), element("td", { title: stage.hash }, stage.stage), cells.map((text) => element("td", { class: "figure" }, text)));
  });
  return element("div", { class: "scroll" }, element("table", {},
    element("thead", {}, element("tr", {}, head.map((text, place) => element("th", { scope: "col", class: place > 1 ? "figure" : null }, text)))), element("tbody", {}, lines)));
}

// Any value of JSON as nested lists; what a stage leaves among its figures is its own affair.
function told(value) {
  if (value === null) return element("span", { class: "faint" }, "none");
  if (Array.isArray(value)) {
    if (value.every((item) => item === null || typeof item !== "object")) return words("span", value.map(String).join(", ") || "none");
    return element("ol", {}, value.map((item) => element("li", {}, told(item))));
  }
  if (typeof value === "object") {
    const pairs = Object.entries(value).flatMap(([name, item]) => [words("dt", spaced(name)), element("dd", {}, told(item))]);
    return element("dl", { class: "facts nested" }, pairs);
  }
  if (typeof value === "number") return element("span", {}, decimals(value, 4));
  if (typeof value === "boolean") return element("span", {}, value ? "yes" : "no");
  return words(String(value).includes("\n") ? "pre" : "span", value);
}

function stageFigures(run) {
  const having = run.stages.filter((stage) => Object.keys(stage.statistics?.figures ?? {}).length + Object.keys(stage.statistics?.counts ?? {}).length > 0);
  return having.map((stage) => element("details", { class: "part", open: stage.stage === "verify" }, element("summary", {}, `${stage.number} ${stage.stage}`),
    told({ ...stage.statistics.figures, ...stage.statistics.counts })));
}

function startRun() {
  const view = document.getElementById("view-run");
  const run = meta.run;
  if (!run) {
    view.append(element("p", { class: "empty" }, "This set came without its run.json: how it was made is not known here."));
    return;
  }
  view.append(
    element("h2", {}, "Run"),
    factList({ name: run.name, state: run.state, ended: ENDS[run.ended], "paid calls": run.calls?.calls,
      "paid in all": run.calls ? (run.calls.usd === null ? "price unknown" : `$ ${dollars(run.calls)}`) : null, seed: run.seed, "made with": `stvqa ${run.stvqa}`, "report by": `stvqa ${meta.version}`, set: meta.digest }),
    run.error ? words("pre", run.error) : "",
    element("h2", {}, "Stages"), stageTable(run),
    element("h2", {}, "What the stages noted"), ...stageFigures(run),
    element("h2", {}, "Recipe, every default written out"), words("pre", JSON.stringify(run.recipe, null, 2)),
    element("h2", {}, "Prompts (sha256)"), factList(Object.assign({}, ...run.stages.map((stage) => stage.prompts))),
    element("h2", {}, "Versions"), factList(run.versions),
  );
}
