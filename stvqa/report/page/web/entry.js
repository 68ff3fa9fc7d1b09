// One question in full: picture, options with what the program says of each, votes, relationships, facts.

function chips(values) {
  return element("span", { class: "chips" }, values.filter(([, value]) => value).map(([kind, value]) =>
    words("span", spaced(String(value)), { class: `chip ${kind}-${String(value).replace(/\W+/g, "-")}` })));
}

function optionLine(entry, option, place, frame) {
  const right = place === entry.answer;
  const verdict = { true: "true", false: "false", "too close to call": "too close to call" }[option.verdict];
  const told = option.margin === null || option.why.includes("margin"); // most reasons say it themselves
  const margin = told ? "" : `, ${decimals(Math.abs(option.margin), 1)} × the margin`;
  const line = element("li", { class: right ? "option right" : "option" },
    element("p", { class: "option-text" },
      element("span", { class: "letter" }, LETTERS[place] ?? "?"), words("span", option.text, { class: "option-words" }),
      right ? element("span", { class: "right-mark" }, "✓ answer") : null));
  if (option.claim) {
    line.append(element("p", { class: "claim" },
      element("span", { class: `verdict ${(verdict ?? "none").replaceAll(" ", "-")}` }, verdict ?? (entry.verdict === "not decided" ? "as written" : "no verdict")), " ",
      words("span", option.claim), " ",
      words("span", [`${option.evidence}${margin}`, option.why].filter(Boolean).join(" · "), { class: "why" })));
  }
  if (option.objects.length > 0 && frame) {
    line.addEventListener("mouseenter", () => light(frame, option.objects));
    line.addEventListener("mouseleave", () => light(frame, null));
  }
  return line;
}

function voteTable(entry) {
  if (entry.votes.length === 0) return null;
  const head = ["Verifier", "Options", "Image", "Choice", "Reply, in the letters it was shown"];
  const lines = entry.votes.map((vote) => {
    const right = vote.choice !== null && vote.choice === (vote.mirrored ? entry.in_mirror : entry.answer);
    const choice = vote.choice === null ? "not understood" : `${LETTERS[vote.choice] ?? "?"} ${right ? "right" : "wrong"}`;
    return element("tr", { class: right ? "agrees" : "disagrees" },
      words("td", vote.verifier),
      element("td", {}, vote.rotation ? `rotated by ${vote.rotation}` : "as they stand"),
      element("td", {}, vote.blind ? "not shown" : vote.mirrored ? "mirrored" : "shown"),
      element("td", { class: "choice" }, choice),
      words("td", vote.reply, { class: "reply" }));
  });
  return section("Votes", element("div", { class: "scroll" }, element("table", { class: "votes" },
    element("thead", {}, element("tr", {}, head.map((text) => element("th", { scope: "col" }, text)))),
    element("tbody", {}, lines))));
}

function section(title, ...content) {
  return element("section", { class: "part" }, element("h3", {}, title), ...content);
}

function graphPart(entry, frame) {
  if (entry.objects.length === 0) return null;
  const items = entry.objects.map((object, place) => {
    const sides = object.box.map((side) => decimals(side, 0)).join(", ");
    const item = element("li", {},
      element("span", { class: `swatch hue-${place % COLOURS}` }), words("span", object.name, { class: "object-name" }),
      words("span", object.attributes.join(", "), { class: "faint" }), element("span", { class: "faint sides" }, `[${sides}]`));
    item.addEventListener("mouseenter", () => light(frame, [place]));
    item.addEventListener("mouseleave", () => light(frame, null));
    return item;
  });
  const triples = entry.relationships.map((text) => words("li", text));
  return section(`Focus graph: ${plural(entry.objects.length, "object")}`, element("ul", { class: "objects" }, items),
    triples.length > 0 ? element("ul", { class: "triples" }, triples) : null);
}

function factList(facts) {
  const shown = Object.entries(facts).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const told = (value) => (typeof value === "boolean" ? (value ? "yes" : "no") : spaced(String(value)));
  return element("dl", { class: "facts" }, shown.flatMap(([name, value]) =>
    [element("dt", {}, spaced(name)), words("dd", told(value))]));
}

const VERDICTS = {
  proved: "Proved: the answer's claim is true and every other one is false.",
  "teacher's word": "No program: the answer is the teacher's word.",
  "not decided": "Refused before its program was decided; its claims are shown as they were written.",
  "does not hold": "The program does not hold: it does not give this answer alone.",
};

function entryParts(entry) {
  const frame = picture(entry);
  const options = element("ol", { class: "options" }, entry.options.map((option, place) => optionLine(entry, option, place, frame)));
  const state = entry.verdict === "proved" ? "good" : entry.verdict === "does not hold" ? "bad" : "plain";
  return [
    element("div", { class: "picture-box" }, frame),
    words("h2", entry.question, { class: "question" }),
    options,
    element("p", { class: `proof ${state}` }, VERDICTS[entry.verdict]),
    voteTable(entry),
    graphPart(entry, frame),
    section("Facts", factList({ ...entry.facts, image: entry.image_id, size: `${entry.width} × ${entry.height}`, id: entry.id })),
  ];
}
