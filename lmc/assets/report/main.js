// The start of the page.

/** What the order by basins is. */
function basinOrder() {
  if (!hasBasins) return "score";
  return `basin, then ${isDivided ? "membership" : "score"}`;
}

function startControls() {
  const listed = scores.map(({ key, name }) => [key, name]);
  const orders = [["basin", basinOrder()], ["name", "name"], ["given", "as given"], ...listed];
  fill(byId("measure"), MEASURES.map(([key, name]) => [key, name]), state.measure);
  fill(byId("set"), data.lines.map(({ set }) => [set, set]), state.set);
  fill(byId("scaling"), [["linear", "linear"], ["logarithmic", "logarithmic"]], state.scale);
  fill(byId("order"), orders, state.order);
  fill(byId("score"), listed, state.score);
  fill(byId("colour"), [...(hasBasins ? [["basin", "basin"]] : []), ...listed], state.colour);
  byId("controls").addEventListener("change", (event) => {
    const { name, value } = event.target;
    change({ [name]: value });
    if (name === "measure" || name === "set") announce(tellPair());
  });
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
}

function drawTexts() {
  byId("summary").textContent = data.summary;
  byId("made").textContent = `Made by lmc ${data.version}. Plots: plotly.js ${Plotly.version}, MIT licence, in this file. `
    + "The page asks nothing of any network.";
  const notes = data.basins ? data.basins.notes : [];
  byId("notes").replaceChildren(...notes.map((note) => element("p", {}, note)));
}

/** Chooses the pair with the largest gap and its first model, so that there is something to see. */
function chooseFirst() {
  const values = measured(state.measure, state.set);
  let [best, pair] = [-Infinity, 0];
  for (const [a, b] of pairs()) {
    if (values[pair] > best) [best, state.a, state.b] = [values[pair], a, b];
    pair += 1;
  }
  state.model = state.a;
}

function drawAll() {
  drawHeatmap();
  drawBasins();
  drawPair();
  drawScatter();
  drawModel();
  if (data.stages.length > 1) drawDrift();
  if (data.layers.length) drawLayers();
  if (data.simplices) drawSimplices();
  if (data.training) drawTraining();
}

chooseFirst();
startControls();
startHeatmap();
startPair();
startScatter();
startModel();
startDrift();
startLayers();
startSimplices();
startTraining();
startTables();
drawTexts();
drawHeatmap();
drawBasins();
drawPair();
drawModel();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
document.documentElement.dataset.ready = Math.round(performance.now());
