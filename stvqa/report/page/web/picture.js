// An image with the boxes and names of the focus graph over it. Boxes are SVG in the image's own pixels; names are HTML,
// so that they stay legible at any size and run in their own direction.

const BOX_MODES = ["all", "answer", "none"];
const boxes = { mode: "all" };
const COLOURS = 8;

// Objects that the right option's claim speaks of; all, where it names none (a count).
function objectsOfAnswer(entry) {
  const named = entry.answer === null ? [] : entry.options[entry.answer].objects;
  return new Set(named.length > 0 ? named : entry.objects.map((_, place) => place));
}

function picture(entry, { names = true } = {}) {
  const frame = element("div", { class: "picture" });
  frame.style.aspectRatio = `${entry.width} / ${entry.height}`;
  frame.style.setProperty("--ratio", entry.width / entry.height);
  const image = imageElement(entry.image, { alt: `image ${entry.image_id}` });
  frame.append(image);
  showImage(image, meta.images ? entry.image : null);
  if (boxes.mode === "none") return frame;
  const spoken = objectsOfAnswer(entry);
  const placed = entry.objects.map((object, place) => ({ object, place, main: spoken.has(place) }))
    .filter((item) => item.main || boxes.mode === "all");
  const layer = drawn("svg", { viewBox: `0 0 ${entry.width} ${entry.height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const labels = element("div", { class: "names" });
  for (const { object, place, main } of placed) {
    const [x1, y1, x2, y2] = object.box;
    const area = { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
    const hue = `hue-${place % COLOURS}${main ? "" : " aside"}`;
    layer.append(drawn("rect", { ...area, class: "halo" }), drawn("rect", { ...area, class: `box ${hue}`, "data-object": place }));
    if (names) labels.append(nameLabel(object, place, hue, entry));
  }
  frame.append(layer, labels);
  if (names) requestAnimationFrame(() => spread(frame, entry));
  return frame;
}

function nameLabel(object, place, hue, entry) {
  const label = words("span", object.name, { class: `name ${hue}`, title: object.id, "data-object": place });
  label.style.left = `${(100 * object.box[0]) / entry.width}%`;
  label.style.top = `${(100 * object.box[1]) / entry.height}%`;
  return label;
}

// Puts each name above its box where there is room, else inside, below, beside or further in, so that names do not overlap.
function spread(frame, entry) {
  const width = frame.clientWidth;
  const height = frame.clientHeight;
  if (width === 0) return;
  const taken = [];
  for (const label of frame.querySelectorAll(".name")) {
    const [x1, y1, x2, y2] = entry.objects[Number(label.dataset.object)].box
      .map((side, place) => (place % 2 ? (side * height) / entry.height : (side * width) / entry.width));
    const w = label.offsetWidth;
    const h = label.offsetHeight;
    const tries = [[x1, y1 - h], [x1, y1], [x2 - w, y1 - h], [x2 - w, y2 - h], [x1, y2 - h], [x1, y2], [x2 - w, y2],
      [x1, y1 - 2 * h], [x2, y1], [x1 - w, y1], [x1, (y1 + y2) / 2], [x1, y1 + h], [x1, y1 + 2 * h], [x1, y1 + 3 * h]]
      .map(([x, y]) => [Math.min(Math.max(0, x), Math.max(0, width - w)), Math.min(Math.max(0, y), Math.max(0, height - h))]);
    const free = ([x, y]) => taken.every(([left, top, right, bottom]) => x >= right || x + w <= left || y >= bottom || y + h <= top);
    const [x, y] = tries.find(free) ?? tries[0];
    label.style.left = `${x}px`;
    label.style.top = `${y}px`;
    taken.push([x, y, x + w, y + h]);
  }
}

// Lights up some objects of a picture and dims the others; none: all as they were.
function light(frame, places) {
  const lit = places === null ? null : new Set(places);
  for (const node of frame.querySelectorAll("[data-object]")) {
    node.classList.toggle("dim", lit !== null && !lit.has(Number(node.dataset.object)));
    node.classList.toggle("lit", lit !== null && lit.has(Number(node.dataset.object)));
  }
}
