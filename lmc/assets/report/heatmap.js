// The matrix of all pairs on a canvas: one cell for each two models.

const heatmap = byId("heatmap");
const canvas = heatmap.querySelector("canvas");
const STRIP = 7;
const MOST_LABELS = 48;
let matrix = { order: [], place: [], start: 0, cell: 1 };

/** The smallest and the largest value of the shown measure. */
function extent(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return [0, 1];
  // Gaps begin at 0; distances and areas have no natural start.
  return [state.measure === "distance" ? low : Math.min(low, 0), high];
}

/** Numbers below a thousandth of the largest have one colour on the logarithmic scale. */
const LEAST_SHARE = 1e-3;

function share(value, [low, high]) {
  if (state.scale === "linear") return high > low ? (value - low) / (high - low) : 0;
  const least = Math.max(low, LEAST_SHARE * high);
  return high > least ? Math.log(Math.max(value, least) / least) / Math.log(high / least) : 0;
}

/** One pixel for each cell. */
function cells(order, values, range) {
  const image = new ImageData(nModels, nModels);
  const empty = hex(themed("empty"));
  for (let row = 0; row < nModels; row++) {
    for (let column = 0; column < nModels; column++) {
      const [a, b] = [order[row], order[column]];
      const value = a === b ? NaN : values[pairNumber(a, b)];
      const rgb = Number.isNaN(value) ? empty : viridis(share(value, range));
      image.data.set([...rgb, 255], 4 * (row * nModels + column));
    }
  }
  return image;
}

function hex(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/** The cells as an image, which is made anew only if the order, the numbers or the colours change. */
const drawnCells = { key: "", image: null };

function cellImage() {
  const key = [state.measure, state.set, state.scale, state.order, state.score, themed("empty")].join("|");
  if (drawnCells.key !== key) {
    const values = measured(state.measure, state.set);
    const range = extent(values);
    const order = ordered(state.order);
    const image = new OffscreenCanvas(nModels, nModels);
    image.getContext("2d").putImageData(cells(order, values, range), 0, 0);
    Object.assign(drawnCells, { key, image, order, range });
    drawScale(range);
  }
  return drawnCells;
}

function drawHeatmap() {
  const { image, order } = cellImage();
  const width = heatmap.clientWidth;
  const ratio = window.devicePixelRatio || 1;
  const hasLabels = nModels <= MOST_LABELS && width > 18 * Math.min(nModels, 16);
  const size = Math.min(12, Math.max(8, (width / nModels) * 0.6));
  const context = canvas.getContext("2d");
  const font = `${size}px system-ui, "DejaVu Sans", sans-serif`;
  context.font = font;
  const mark = (model) => (clusterOf(model) === null ? `${ALONE.shape} ` : "");
  const labels = data.models.map((name, model) => mark(model) + shortened(name, 12));
  const room = hasLabels ? Math.ceil(Math.max(...labels.map((label) => context.measureText(label).width))) + 6 : 0;
  const start = room + (hasBasins ? STRIP + 2 : 0);
  const side = width - start - 1;
  const cell = side / nModels;
  const place = [];
  order.forEach((model, at) => { place[model] = at; });
  matrix = { order, place, start, cell };
  heatmap.dataset.start = start;
  [canvas.width, canvas.height] = [width * ratio, (start + side + 1) * ratio];
  context.scale(ratio, ratio);
  context.imageSmoothingEnabled = false;
  context.drawImage(image, start, start, side, side);
  context.font = font;
  context.fillStyle = themed("text");
  context.textBaseline = "middle";
  for (let at = 0; at < nModels; at++) {
    const model = order[at];
    const middle = start + (at + 0.5) * cell;
    if (hasBasins) {
      context.fillStyle = basinColour(clusterOf(model));
      context.fillRect(room, start + at * cell, STRIP, cell + 0.5);
      context.fillRect(start + at * cell, room, cell + 0.5, STRIP);
    }
    if (!hasLabels || (cell < size && at % Math.ceil(size / cell))) continue;
    context.fillStyle = themed(model === state.model ? "accent" : "text");
    context.textAlign = "right";
    context.fillText(labels[model], room - 4, middle);
    context.save();
    context.translate(middle, room - 4);
    context.rotate(-Math.PI / 2);
    context.textAlign = "left";
    context.fillText(labels[model], 0, 0);
    context.restore();
  }
  outline(context, place[state.model], place[state.model]);
  outline(context, place[state.a], place[state.b]);
  outline(context, place[state.b], place[state.a]);
}

/** A cell in a light and a dark line, so that it is seen on every colour. */
function outline(context, row, column) {
  const { start, cell } = matrix;
  const side = Math.max(cell, 4);
  const middle = (at) => start + (at + 0.5) * cell - side / 2;
  for (const [colour, width] of [["#000000", 4], ["#ffffff", 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.strokeRect(middle(column), middle(row), side, side);
  }
}

function drawScale(range) {
  const stops = VIRIDIS.map((rgb) => css(rgb)).join(", ");
  const isLinear = state.scale === "linear";
  const [low, high] = range.map((end) => shown(end));
  const least = isLinear ? low : `up to ${shown(Math.max(range[0], LEAST_SHARE * range[1]))}`;
  byId("scale").replaceChildren(
    element("span", {}, `${nameOf(state.measure)}: ${least}`),
    element("i", { style: `background: linear-gradient(to right, ${stops})`, "aria-hidden": "true" }),
    element("span", {}, `${high}${unitOf(state.measure)}${isLinear ? "" : ", logarithmic"}`),
  );
}

/** The most models in no basin that are named; the table has all. */
const MOST_NAMED = 24;

/** The basins with their numbers of models, and the names of the models in none. */
function drawBasins() {
  if (!hasBasins) return;
  const sizes = distinct(data.basins.cluster).filter((cluster) => cluster !== null).map((cluster) => {
    const mark = basinMark(cluster);
    mark.append(` (${data.basins.cluster.filter((other) => other === cluster).length})`);
    return mark;
  });
  const names = alone.slice(0, MOST_NAMED).map((model) => {
    const click = () => {
      change({ model });
      announce(tellModel());
    };
    return element("button", { type: "button", title: data.models[model], click }, shortened(data.models[model], 30));
  });
  const none = basinMark(null);
  none.append(` (${alone.length}):`);
  const more = alone.length > MOST_NAMED ? [element("span", {}, "and more, which the table of models names")] : [];
  byId("basins").replaceChildren(...sizes, ...(alone.length ? [none, ...names, ...more] : []));
}

/** The models of the cell under the pointer, or nothing. */
function cellAt(event) {
  const box = canvas.getBoundingClientRect();
  const at = (offset) => Math.floor((offset - matrix.start) / matrix.cell);
  const [row, column] = [at(event.clientY - box.top), at(event.clientX - box.left)];
  const isInside = [row, column].every((place) => place >= 0 && place < nModels);
  return isInside ? [matrix.order[row], matrix.order[column]] : null;
}

function showTip(event) {
  const found = cellAt(event);
  const tip = byId("tip");
  tip.hidden = !found;
  if (!found) return;
  const [a, b] = found;
  tip.textContent = told(a);
  if (a !== b) {
    const value = measured(state.measure, state.set)[pairNumber(a, b)];
    tip.textContent += ` and ${told(b)}: ${shown(value)}${unitOf(state.measure)}`;
  }
  const left = Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 4);
  tip.style.left = `${Math.max(left, 4)}px`;
  tip.style.top = `${event.clientY + 18}px`;
}

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
/** The place of the keyboard in the matrix: row and column. */
let cursor = null;

function moveCell(event) {
  const step = STEPS[event.key];
  const last = nModels - 1;
  const [row, column] = cursor ?? [matrix.place[state.a], matrix.place[state.b]];
  const kept = (at) => Math.min(Math.max(at, 0), last);
  if (step) cursor = [kept(row + step[0]), kept(column + step[1])];
  else if (event.key === "Home") cursor = [row, 0];
  else if (event.key === "End") cursor = [row, last];
  else return;
  event.preventDefault();
  const [a, b] = cursor.map((at) => matrix.order[at]);
  choosePair(a, b);
  announce(a === b ? tellModel() : tellPair());
}

function startHeatmap() {
  heatmap.addEventListener("pointermove", showTip);
  heatmap.addEventListener("pointerleave", () => { byId("tip").hidden = true; });
  heatmap.addEventListener("click", (event) => {
    const found = cellAt(event);
    if (!found) return;
    cursor = found.map((model) => matrix.place[model]);
    choosePair(...found);
    announce(found[0] === found[1] ? tellModel() : tellPair());
  });
  heatmap.addEventListener("keydown", moveCell);
  on(["measure", "set", "order", "score"], () => { cursor = null; });
  on(["measure", "set", "scale", "order", "score", "a", "b", "model"], drawHeatmap);
  new ResizeObserver(drawHeatmap).observe(heatmap);
}
