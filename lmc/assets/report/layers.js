// Averages of two models in some layers alone, part by part: where basins part.

/** The kinds of pairs: key, name, symbol and colour. */
const PAIR_KINDS = [
  ["within", "within a basin", "circle", "set-2"],
  ["across", "across basins", "diamond", "set-1"],
  ["alone", "with a model in no basin", "x", "alone"],
];
/** How far the kinds of a part stand apart, in rows, and the height of a row and of the axes, CSS pixels. */
const APART = 0.22;
const ROW = 38;
const AROUND = 120;
/** The name of a row by the parts that are averaged together. */
const MOVING = { "alone": (part) => part, "up-to": (part) => `up to ${part}`, "from": (part) => `from ${part}` };

/** The rows of a kind in the order of the parts. */
function rowsOfKind(layers, kind) {
  return layers.rows.filter((row) => row.kind === kind).sort((a, b) => layers.parts.indexOf(a.part) - layers.parts.indexOf(b.part));
}

function layerTraces(layers) {
  const named = MOVING[layers.moving];
  return PAIR_KINDS.map(([kind, name, symbol, colour], number) => {
    const rows = rowsOfKind(layers, kind);
    const text = rows.map((row) => `${plain(named(row.part))}, ${name}: ${interval(row.excess, row.low, row.high)} nats, ${row.n} averages`);
    return {
      x: rows.map((row) => row.excess), y: rows.map((row) => layers.parts.indexOf(row.part) + APART * (number - 1)), name, text,
      mode: "markers", marker: { symbol, size: 9, color: themed(colour) }, hovertemplate: "%{text}<extra></extra>",
      error_x: {
        type: "data", symmetric: false, array: rows.map((row) => row.high - row.excess),
        arrayminus: rows.map((row) => row.excess - row.low), thickness: 1.5, width: 0, color: faded(themed(colour), 0.7),
      },
    };
  }).filter((trace) => trace.x.length);
}

/** The part in which the averages of each kind cost most. */
function sayLayers(layers) {
  const said = PAIR_KINDS.map(([kind, name]) => {
    const rows = rowsOfKind(layers, kind);
    if (!rows.length) return null;
    const most = rows.reduce((best, row) => (row.excess > best.excess ? row : best));
    return `${name} in ${MOVING[layers.moving](most.part)}, ${interval(most.excess, most.low, most.high)} nats`;
  });
  return `Averages cost most: ${said.filter(Boolean).join("; ")}.`;
}

function drawLayers() {
  const layers = data.layers.find(({ set }) => set === state.layers);
  byId("layers").style.height = `${AROUND + ROW * layers.parts.length}px`;
  drawPlot("layers", layerTraces(layers), {
    xaxis: axis(`excess loss on ${layers.set} (nats)`, { zeroline: true, zerolinecolor: themed("text"), zerolinewidth: 1.5 }),
    yaxis: axis("", {
      range: [layers.parts.length - 0.5, -0.5], tickvals: layers.parts.map((_, i) => i), zeroline: false,
      ticktext: layers.parts.map((part) => plain(MOVING[layers.moving](part))),
    }),
    hovermode: "closest",
  });
  const said = sayLayers(layers);
  byId("layers").setAttribute("aria-label", said);
  byId("layers-said").textContent = said;
}

function startLayers() {
  if (!data.layers.length) return;
  byId("layers-panel").hidden = false;
  const { moving, confidence, n_resamples } = data.layers[0];
  byId("layers-hint").textContent = `Two models are averaged in ${moving === "alone" ? "one part" : "some parts"}, all others stay those of one of them. `
    + "A dot is the mean loss of such averages above that of their two ends: right of zero, averaging costs. Parts stand from the texts, above, to the logits. "
    + `Intervals: ${100 * confidence} %, from ${n_resamples} resamples of the examples.`;
  fill(byId("layers-set"), data.layers.map(({ set }) => [set, set]), state.layers);
  byId("layers-label").hidden = data.layers.length < 2;
  byId("layers-set").addEventListener("change", (event) => change({ layers: event.target.value }));
  on(["layers"], drawLayers);
  drawLayers();
}
