// The data blocks of the page. Rows are parsed a block at a time, when one of them is first shown.

const block = (id) => {
  const node = document.getElementById(id);
  return node ? JSON.parse(node.textContent) : null;
};

const meta = block("meta");
const index = block("index");
const rowCount = index.ids.length;
const rowOfId = new Map(index.ids.map((id, row) => [id, row]));

const blocks = new Map();
function entryAt(row) {
  const place = Math.floor(row / meta.rows_per_block);
  if (!blocks.has(place)) blocks.set(place, block(`rows-${place}`));
  return blocks.get(place)[row % meta.rows_per_block];
}

const facet = (name) => index.facets[name];
const valueOf = (name, row) => facet(name).values[facet(name).codes[row]];

// Images stand at the end of the page and may still be on their way when the first rows are shown.
const waiting = new Set();

function showImage(picture, image) {
  const node = image === null ? null : document.getElementById(`image-${image}`);
  if (node) {
    picture.src = `data:image/webp;base64,${node.textContent}`;
    return true;
  }
  if (image !== null && document.readyState === "loading") waiting.add({ picture, image });
  else picture.dispatchEvent(new Event("missing"));
  return false;
}

function showArrived() {
  for (const item of [...waiting]) {
    waiting.delete(item);
    if (item.picture.isConnected) showImage(item.picture, item.image);
  }
  if (document.readyState === "loading") setTimeout(showArrived, 60);
}

// An image element that fills itself, or says that there is nothing to show.
function imageElement(image, attributes = {}) {
  const picture = element("img", { alt: "", draggable: "false", decoding: "async", ...attributes });
  const lacking = () => picture.replaceWith(element("span", { class: "no-image", role: "img" }, meta.images ? "no image" : ""));
  picture.addEventListener("missing", lacking);
  picture.addEventListener("error", lacking);
  return picture;
}
