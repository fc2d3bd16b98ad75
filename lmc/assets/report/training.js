// The loss and the norm of the gradient of each model while it was trained.

/** The most models that are drawn beside the chosen one. */
const MOST_CURVES = 200;
const TRAINING = [["loss", "training loss", "nats"], ["gradient_norm", "norm of the gradient", ""]];

/** The points of a model: updates and values. */
function trainingOf(curves, model) {
  const start = curves.n.slice(0, model).reduce((sum, n) => sum + n, 0);
  const end = start + curves.n[model];
  return [[...numbers(curves.update, start, end)], [...numbers(curves.value, start, end)]];
}

/** The models that are drawn: all, or evenly chosen ones. */
function drawnModels() {
  const step = Math.ceil(nModels / MOST_CURVES);
  return data.models.map((_, model) => model).filter((model) => model % step === 0);
}

function drawTraining() {
  const [key, name, unit] = TRAINING.find(([known]) => known === state.training);
  const curves = data.training[key];
  const clusters = distinct(data.models.map((_, model) => clusterOf(model)));
  const traces = clusters.map((cluster) => {
    const trace = {
      x: [], y: [], text: [], customdata: [], mode: "lines", name: hasBasins ? basinName(cluster) : "models",
      showlegend: hasBasins, hovertemplate: "%{text}<br>update %{x:.0f}: %{y:.4g}<extra></extra>",
      line: { color: faded(basinColour(cluster), 0.6), width: 1.5 },
    };
    for (const model of drawnModels().filter((other) => clusterOf(other) === cluster)) {
      const [x, y] = trainingOf(curves, model);
      const text = plain(shortened(told(model), 60));
      trace.x.push(...x, null);
      trace.y.push(...y, null);
      trace.text.push(...x.map(() => text), null);
      trace.customdata.push(...x.map(() => model), null);
    }
    return trace;
  });
  const [x, y] = trainingOf(curves, state.model);
  traces.push({ x, y, mode: "lines", name: "chosen", line: { color: themed("accent"), width: 3 }, hoverinfo: "skip" });
  const title = unit ? `${name} (${unit})` : name;
  drawPlot("training", traces, { xaxis: axis("updates"), yaxis: axis(title), hovermode: "closest" });
  const last = y.length ? `, ${name} ${shown(y.at(-1))} at the end` : ": its updates are not known";
  byId("training").setAttribute("aria-label", `Training curves; chosen: ${data.models[state.model]}${last}`);
  byId("training-said").textContent = `Chosen: ${data.models[state.model]}${last}.`;
}

function startTraining() {
  if (!data.training) return;
  byId("training-panel").hidden = false;
  fill(byId("training-measure"), TRAINING.map(([key, name]) => [key, name]), state.training);
  byId("training-measure").addEventListener("change", (event) => change({ training: event.target.value }));
  on(["training", "model"], drawTraining);
  drawTraining();
  byId("training").on("plotly_click", (event) => {
    const model = event.points[0]?.customdata;
    if (typeof model !== "number") return;
    change({ model });
    announce(tellModel());
  });
}
