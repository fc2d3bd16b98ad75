// The membership scores of all models against a score.

const MOST_BARS = 60;
/** How near to a point a press must be, and how much it may move, CSS pixels. */
const REACH = 24;
const STILL = 6;

/** What the horizontal axis shows: membership scores or, where models are not divided, mean measures. `places` are
    those of the points. */
function horizontal() {
  if (isDivided) {
    const values = data.basins.membership;
    return { name: "membership score", values, places: placed(values) };
  }
  const { all } = standing(state.measure, state.set);
  return { name: `mean ${nameOf(state.measure)} to the others`, values: all, places: all };
}

/** The models of each trace: one trace for each basin, or one for all. */
function drawScatter() {
  const [x, y] = [horizontal(), score(state.score)];
  const coloured = state.colour === "basin" ? null : score(state.colour);
  const { outlier } = standing(state.measure, state.set);
  const clusters = distinct(data.models.map((_, model) => clusterOf(model)));
  const traces = clusters.map((cluster) => {
    const members = data.models.map((_, model) => model).filter((model) => clusterOf(model) === cluster);
    const colour = coloured ? members.map((model) => coloured.values[model] ?? themed("empty")) : basinColour(cluster);
    const trace = {
      x: members.map((model) => x.places[model]), y: members.map((model) => y.values[model]), customdata: members,
      name: hasBasins ? basinName(cluster) : "models", mode: "markers", showlegend: hasBasins,
      text: members.map((model) => scatterText(model, x, y)), hovertemplate: "%{text}<extra></extra>",
      marker: {
        symbol: basinSymbol(cluster), size: nModels > 200 ? 7 : 10, color: colour, opacity: 0.85,
        line: { width: 1, color: themed("panel") },
      },
    };
    if (coloured) Object.assign(trace.marker, colourScale(coloured, cluster === clusters[0]));
    const hasBars = isDivided && data.basins.low && cluster !== null && nModels <= MOST_BARS;
    if (hasBars) trace.error_x = errorBars(members, basinColour(cluster));
    return trace;
  });
  traces.push(ringed("outliers", data.models.map((_, model) => model).filter((model) => outlier[model]), x, y, {
    symbol: "circle-open", size: 19, color: themed("text"), line: { width: 1.5 },
  }));
  traces.push(ringed("chosen", [state.model], x, y, {
    symbol: "circle-open", size: 16, color: themed("accent"), line: { width: 3 },
  }));
  drawPlot("scatter", traces, { xaxis: axis(x.name), yaxis: axis(y.name), hovermode: "closest" });
}

function scatterText(model, x, y) {
  return [told(model), `${x.name}: ${shown(x.values[model])}`, `${y.name}: ${shown(y.values[model])}`]
    .map((line) => plain(shortened(line, 60))).join("<br>");
}

function colourScale(coloured, isFirst) {
  const known = coloured.values.filter((value) => value !== null);
  const title = { text: plain(coloured.name), side: "right" };
  return {
    colorscale: PLOTLY_VIRIDIS, cmin: Math.min(...known), cmax: Math.max(...known), showscale: isFirst,
    colorbar: { thickness: 10, title },
  };
}

function errorBars(members, colour) {
  const { membership, low, high } = data.basins;
  return {
    type: "data", symmetric: false, array: members.map((model) => high[model] - membership[model]),
    arrayminus: members.map((model) => membership[model] - low[model]), thickness: 1, width: 0, color: faded(colour, 0.6),
  };
}

function ringed(name, models, x, y, marker) {
  return {
    x: models.map((model) => x.places[model]), y: models.map((model) => y.values[model]), name, mode: "markers", marker,
    hoverinfo: "skip", showlegend: models.length > 0,
  };
}

function moveModel(event) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const { places } = horizontal();
  const order = ordered("given").sort((a, b) => places[a] - places[b] || a - b);
  const at = Math.min(Math.max(order.indexOf(state.model) + step, 0), nModels - 1);
  change({ model: order[at] });
  announce(tellModel());
}

/** The model whose point is nearest to a place on the screen, or nothing if none is near. */
function modelAt(clientX, clientY) {
  const plot = byId("scatter");
  const { xaxis, yaxis } = plot._fullLayout;
  const box = plot.querySelector(".nsewdrag").getBoundingClientRect();
  const [x, y] = [horizontal().places, score(state.score).values];
  let [best, nearest] = [null, REACH];
  for (let model = 0; model < nModels; model++) {
    if (y[model] === null) continue;
    const distance = Math.hypot(box.left + xaxis.d2p(x[model]) - clientX, box.top + yaxis.d2p(y[model]) - clientY);
    if (distance < nearest) [best, nearest] = [model, distance];
  }
  return best;
}

/** Chooses a model by a press that does not move: a mouse, a pen or a finger. Plotly's own clicks need a pointer that hovers. */
function watchPresses() {
  let start = null;
  byId("scatter").addEventListener("pointerdown", (event) => { start = [event.clientX, event.clientY]; }, true);
  window.addEventListener("pointerup", (event) => {
    const moved = start ? Math.hypot(event.clientX - start[0], event.clientY - start[1]) : Infinity;
    start = null;
    const model = moved < STILL ? modelAt(event.clientX, event.clientY) : null;
    if (model === null) return;
    change({ model });
    announce(tellModel());
  }, true);
}

function startScatter() {
  byId("divided-hint").hidden = !isDivided;
  byId("alone-hint").hidden = !(isDivided && alone.length);
  drawScatter();
  watchPresses();
  byId("scatter").addEventListener("keydown", moveModel);
  on(["score", "colour", "measure", "set", "model"], drawScatter);
}
