// Elements are made here and nowhere else. Text from the data becomes text nodes, never markup.

const SVG = "http://www.w3.org/2000/svg";

// Signs that nobody sees, or that turn round the direction of what follows, are shown by their numbers.
const legible = (text) =>
  text.replace(/(?![\n\t])[\p{C}\p{Zl}\p{Zp}]/gu, (sign) => `⟨U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : legible(String(value)));
  }
  const told = children.flat().filter((child) => child !== null && child !== undefined);
  node.append(...told.map((child) => (typeof child === "string" ? legible(child) : child)));
  return node;
}

function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function drawn(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

// Words that may run in either direction, as names and questions of any language do.
function words(tag, text, attributes = {}) {
  return element(tag, { dir: "auto", ...attributes }, text);
}

const number = new Intl.NumberFormat("en").format;
const decimals = (value, digits = 2) =>
  new Intl.NumberFormat("en", { maximumFractionDigits: digits }).format(value);

// What was paid in US dollars, with the part that nobody counted.
const dollars = (paid) => decimals(paid.usd, 4) + (paid.estimated_usd ? ` (${decimals(paid.estimated_usd, 4)} of it estimated, at most)` : "");
const percent = (share) => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;
const spaced = (name) => name.replaceAll("_", " ");
const LETTERS = "ABCD";

function notice(text) {
  const close = element("button", { type: "button", "aria-label": "Close", onclick: () => line.remove() }, "×");
  const line = element("p", { class: "notice" }, words("span", text), close);
  document.getElementById("notices").append(line);
}
