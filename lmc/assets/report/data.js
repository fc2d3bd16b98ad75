// The data of the page: one JSON block, and blocks of numbers in Base64 that are read only where they are needed.

const data = JSON.parse(byId("data").textContent);
const nModels = data.models.length;
const nPairs = (nModels * (nModels - 1)) / 2;

/** The number of an unordered pair of different models: 0-1, 0-2, ..., 1-2, ... */
function pairNumber(i, j) {
  const [a, b] = i < j ? [i, j] : [j, i];
  return (a * (2 * nModels - a - 1)) / 2 + (b - a - 1);
}

/** The two models of each pair, in that order. */
function* pairs() {
  for (let a = 0; a < nModels; a++) for (let b = a + 1; b < nModels; b++) yield [a, b];
}

const texts = new Map();

function textOf(block) {
  if (!texts.has(block.id)) texts.set(block.id, byId(block.id).textContent);
  return texts.get(block.id);
}

/** The numbers `start` to `end` of a block; only their part of the text is decoded. */
function numbers(block, start, end) {
  const width = block.type === "f32" ? 4 : 2;
  const [first, last] = [start * width, end * width];
  const from = Math.floor(first / 3);
  const text = textOf(block).slice(4 * from, 4 * Math.ceil(last / 3));
  const decoded = atob(text);
  const bytes = new Uint8Array(last - first);
  for (let i = 0; i < bytes.length; i++) bytes[i] = decoded.charCodeAt(first - 3 * from + i);
  const view = new DataView(bytes.buffer);
  const values = new Float32Array(end - start);
  for (let i = 0; i < values.length; i++) {
    values[i] = width === 4 ? view.getFloat32(4 * i, true) : view.getUint16(2 * i, true) * block.scale;
  }
  return values;
}

const whole = new Map();

/** All numbers of a block of one number for each pair. */
function ofPairs(block) {
  if (!whole.has(block.id)) whole.set(block.id, numbers(block, 0, nPairs));
  return whole.get(block.id);
}

/** The numbers of a pair in a block of one number for each pair and point. */
function alongLine(block, pair) {
  const n = data.alphas.length;
  return numbers(block, pair * n, (pair + 1) * n);
}

const MEASURES = [
  ["convexity_gap", "convexity gap", "nats"],
  ["barrier_height", "barrier height", "nats"],
  ["auc", "area under the curve", "nats × distance"],
  ["distance", "distance", ""],
];

function linesOn(set) {
  return data.lines.find((lines) => lines.set === set);
}

/** A measure of all pairs on a set; the distance is the same on every set. */
function measured(measure, set) {
  return ofPairs(measure === "distance" ? data.distance : linesOn(set)[measure]);
}

/** The ends of the interval of a measure of a pair, or nothing. */
function intervalOf(measure, set, pair) {
  const of = data.intervals;
  if (!of || of.set !== set || !of[measure]) return [NaN, NaN];
  return of[measure].map((block) => ofPairs(block)[pair]);
}

function unitOf(measure) {
  const unit = MEASURES.find(([key]) => key === measure)[2];
  return unit ? ` ${unit}` : "";
}

function nameOf(measure) {
  return MEASURES.find(([key]) => key === measure)[1];
}
