// Bars and columns as SVG, made by hand. Sizes in the units of a 560-wide canvas that grows with its place.

const WIDTH = 560;

function figure(title, content, note) {
  return element("figure", {}, element("figcaption", {}, title), content, note ? words("p", note, { class: "note" }) : null);
}

function canvas(height, label, ...children) {
  return drawn("svg", { viewBox: `0 0 ${WIDTH} ${height}`, class: "chart", role: "img", "aria-label": label }, ...children);
}

// A direction of its own for each label: a name that runs from right to left must not pull the count along.
const chartText = (x, y, text, attributes = {}) => drawn("text", { x, y, ...attributes }, text);

function shortened(text, most) {
  const signs = [...text];
  return signs.length > most ? `${signs.slice(0, most - 1).join("")}…` : text;
}

// Horizontal bars. lines: [{ label, parts: [{ value, class, label }], told, tick, low, high }].
function bars(lines, { most, left = 150, right = 96 } = {}) {
  const whole = Math.max(most ?? 0, 1e-12, ...lines.map((line) => Math.max(line.high ?? 0, line.tick ?? 0, total(line.parts))));
  const scale = (WIDTH - left - right) / whole;
  const rows = lines.map((line, place) => {
    const y = place * 26 + 4;
    let x = left;
    const parts = line.parts.map((part) => {
      const width = part.value * scale;
      const bar = drawn("rect", { x, y, width, height: 18, class: `bar ${part.class ?? ""}` }, drawn("title", {}, `${line.label}${part.label ? `, ${part.label}` : ""}: ${part.told ?? number(part.value)}`));
      x += width;
      return bar;
    });
    const extent = line.high === undefined ? [] : [drawn("line", { x1: left + line.low * scale, x2: left + line.high * scale, y1: y + 9, y2: y + 9, class: "extent" })];
    const tick = line.tick === undefined ? [] : [drawn("line", { x1: left + line.tick * scale, x2: left + line.tick * scale, y1: y - 3, y2: y + 21, class: "tick" })];
    const end = Math.max(x, left + (line.high ?? 0) * scale, left + (line.tick ?? 0) * scale);
    return drawn("g", {}, chartText(left - 8, y + 13, shortened(line.label, Math.floor(left / 6.4)), { class: "label" }), ...parts, ...extent, ...tick,
      chartText(end + 6, y + 13, line.told ?? number(total(line.parts)), { class: "told" }));
  });
  const label = lines.map((line) => `${line.label} ${line.told ?? number(total(line.parts))}`).join("; ");
  return canvas(lines.length * 26 + 4, label, ...rows);
}

const total = (parts) => parts.reduce((sum, part) => sum + part.value, 0);

// Columns. groups: [{ label, values: [{ label, value, class }], expected }].
function columns(groups, { height = 190 } = {}) {
  const base = height - 34;
  const most = Math.max(1, ...groups.flatMap((group) => [group.expected ?? 0, ...group.values.map((item) => item.value)]));
  const slots = groups.reduce((sum, group) => sum + group.values.length, 0) + (groups.length - 1) * 0.6;
  const step = Math.min(72, WIDTH / slots);
  let x = (WIDTH - slots * step) / 2;
  const nodes = [];
  for (const group of groups) {
    const start = x;
    for (const item of group.values) {
      const tall = (item.value / most) * (base - 24);
      nodes.push(drawn("rect", { x: x + 3, y: base - tall, width: step - 6, height: tall, class: `bar ${item.class ?? ""}` }, drawn("title", {}, `${group.label} ${item.label}: ${number(item.value)}`)),
        chartText(x + step / 2, base - tall - 5, number(item.value), { class: "told middle" }),
        chartText(x + step / 2, base + 14, item.label, { class: "label middle" }));
      x += step;
    }
    if (group.expected !== undefined) {
      const y = base - (group.expected / most) * (base - 24);
      nodes.push(drawn("line", { x1: start, x2: x, y1: y, y2: y, class: "tick" }));
    }
    nodes.push(chartText((start + x) / 2, base + 29, group.label, { class: "group middle" }));
    x += step * 0.6;
  }
  const label = groups.map((group) => `${group.label}: ${group.values.map((item) => `${item.label} ${number(item.value)}`).join(", ")}`).join("; ");
  return canvas(height, label, ...nodes);
}

// Wilson's interval at 95 %, for a share of few cases.
function interval(hits, count) {
  const z = 1.96;
  const share = hits / count;
  const centre = (share + (z * z) / (2 * count)) / (1 + (z * z) / count);
  const half = (z / (1 + (z * z) / count)) * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
