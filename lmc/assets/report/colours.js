// Colours that colour-blind readers can tell apart, with a shape for each basin as well.

const VIRIDIS = [
  [68, 1, 84], [72, 40, 120], [62, 73, 137], [49, 104, 142], [38, 130, 142],
  [31, 158, 137], [53, 183, 121], [110, 206, 88], [181, 222, 43], [253, 231, 37],
];
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "star", "triangle-down"];
const SHAPES = ["●", "■", "◆", "▲", "★", "▼"];
const N_COLOURS = 5;
/** The mark of models in no basin, whose cluster is null; no basin has it. */
const ALONE = { symbol: "x", shape: "✕", name: "no basin" };

/** Red, green and blue of a share in [0, 1], even steps of lightness. */
function viridis(share) {
  const at = Math.min(Math.max(share, 0), 1) * (VIRIDIS.length - 1);
  const [low, high] = [Math.floor(at), Math.min(Math.floor(at) + 1, VIRIDIS.length - 1)];
  return VIRIDIS[low].map((part, i) => Math.round(part + (at - low) * (VIRIDIS[high][i] - part)));
}

function css(rgb) {
  return `rgb(${rgb.join(", ")})`;
}

const PLOTLY_VIRIDIS = VIRIDIS.map((rgb, i) => [i / (VIRIDIS.length - 1), css(rgb)]);

/** The value of a colour of the style sheet, in the light or the dark scheme. */
function themed(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function basinColour(cluster) {
  return themed(cluster === null ? "alone" : `basin-${cluster % N_COLOURS}`);
}

function basinSymbol(cluster) {
  return cluster === null ? ALONE.symbol : SYMBOLS[cluster % SYMBOLS.length];
}

function basinShape(cluster) {
  return cluster === null ? ALONE.shape : SHAPES[cluster % SHAPES.length];
}

/** The colour of a set in curves: none that a basin has. */
function setColour(number) {
  return themed(`set-${number % 4}`);
}

function basinName(cluster) {
  return cluster === null ? ALONE.name : `C${cluster + 1}`;
}

/** The shape, the colour and the name of a basin. */
function basinMark(cluster) {
  const shape = element("span", { style: `color: ${basinColour(cluster)}`, "aria-hidden": "true" }, basinShape(cluster));
  return element("span", {}, shape, ` ${basinName(cluster)}`);
}
