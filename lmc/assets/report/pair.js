// The loss and the metric along the line between the two models of the chosen pair.

const DASHES = ["solid", "dash", "dot"];
const Z = 1.959963984540054;

/** Wilson's interval (1927) of a share of n examples. */
function wilson(share, n) {
  const middle = share + (Z * Z) / (2 * n);
  const half = Z * Math.sqrt((share * (1 - share)) / n + (Z * Z) / (4 * n * n));
  return [middle - half, middle + half].map((end) => end / (1 + (Z * Z) / n));
}

/** A curve with its band: `ends` has the low and the high end at each point, or is null. */
function curveTraces(name, values, ends, number, axisName) {
  const colour = setColour(number);
  const [x, common] = [data.alphas, { xaxis: "x", yaxis: axisName, legendgroup: name }];
  const traces = [];
  if (ends) {
    const y = [...ends.map((end) => end[1]), ...ends.map((end) => end[0]).reverse()];
    traces.push({
      ...common, x: [...x, ...[...x].reverse()], y, fill: "toself", fillcolor: faded(colour, 0.18),
      line: { width: 0 }, mode: "lines", hoverinfo: "skip", showlegend: false,
    });
  }
  const text = values.map((value, i) => (ends ? interval(value, ...ends[i]) : shown(value)));
  traces.push({
    ...common, x, y: values, text, name: plain(name), mode: "lines+markers",
    line: { color: colour, dash: DASHES[number % DASHES.length] },
    marker: { symbol: SYMBOLS[number % SYMBOLS.length], size: 7, color: colour },
    hovertemplate: "%{text}", showlegend: axisName === "y",
  });
  return traces;
}

/** The straight line between the losses of the two models, above which the loss may rise. */
function chord(losses, number) {
  const [x, y] = [[data.alphas[0], data.alphas.at(-1)], [losses[0], losses.at(-1)]];
  const line = { color: faded(setColour(number), 0.6), width: 1, dash: "dot" };
  return { x, y, xaxis: "x", yaxis: "y", mode: "lines", line, hoverinfo: "skip", showlegend: false };
}

/** Losses and metrics of a pair on a set: `{losses, lossEnds, values, valueEnds}`, points from the second model to the first. */
function alongPair(lines, pair) {
  const losses = [...alongLine(lines.loss, pair)];
  const halves = [...alongLine(lines.half_width, pair)];
  const metric = lines.metrics.find((metric) => metric.name === state.metric);
  const raw = [...alongLine(metric.block, pair)];
  const values = metric.of ? raw.map((count) => count / metric.of) : raw;
  return {
    losses,
    lossEnds: losses.map((loss, i) => [loss - halves[i], loss + halves[i]]),
    values,
    valueEnds: metric.of ? values.map((value) => wilson(value, metric.of)) : null,
  };
}

function drawPair() {
  const pair = pairNumber(state.a, state.b);
  const [first, second] = [state.a, state.b].sort((x, y) => x - y).map((model) => data.models[model]);
  const traces = [];
  const said = [];
  data.lines.forEach((lines, number) => {
    const found = alongPair(lines, pair);
    traces.push(...curveTraces(lines.set, found.losses, found.lossEnds, number, "y"));
    traces.push(chord(found.losses, number));
    traces.push(...curveTraces(lines.set, found.values, found.valueEnds, number, "y2"));
    const highest = Math.max(...found.losses);
    said.push(`on ${lines.set} the loss goes from ${shown(found.losses[0])} to ${shown(found.losses.at(-1))}, at most ${shown(highest)}`);
  });
  const room = Math.max(10, Math.floor(byId("curve").clientWidth / 28));
  const ticks = [[0, `0<br>${plain(shortened(second, room))}`], [0.5, "0.5"], [1, `1<br>${plain(shortened(first, room))}`]];
  drawPlot("curve", traces, {
    xaxis: axis("weight of the model at the right", {
      range: [-0.03, 1.03], tickvals: ticks.map(([at]) => at), ticktext: ticks.map(([, text]) => text), anchor: "y2",
    }),
    yaxis: axis("loss (nats)", { domain: [0.54, 1] }),
    yaxis2: axis(NAMES[state.metric], { domain: [0, 0.46] }),
    hovermode: "x unified",
  });
  byId("curve").setAttribute("aria-label", `From ${second} to ${first}: ${said.join("; ")}.`);
  drawPairFacts(pair);
}

function drawPairFacts(pair) {
  const facts = [["models", `${data.models[state.a]} and ${data.models[state.b]}`]];
  if (hasBasins) {
    const [a, b] = [clusterOf(state.a), clusterOf(state.b)];
    facts.push(["basins", a === b ? `both in ${basinName(a)}` : `${basinName(a)} and ${basinName(b)}`]);
  }
  for (const [measure, name, unit] of MEASURES.slice(0, 3)) {
    for (const { set } of data.lines) {
      const value = measured(measure, set)[pair];
      facts.push([`${name} on ${set}`, `${interval(value, ...intervalOf(measure, set, pair))} ${unit}`]);
    }
  }
  facts.push(["distance", shown(measured("distance", state.set)[pair])]);
  byId("pair-facts").replaceChildren(factList(facts));
}

function factList(facts) {
  return element("dl", {}, facts.flatMap(([what, value]) => [element("dt", {}, what), element("dd", {}, value)]));
}

function startPair() {
  const metrics = data.lines[0].metrics.map((metric) => [metric.name, NAMES[metric.name]]);
  fill(byId("metric"), metrics, state.metric);
  byId("metric-label").hidden = metrics.length < 2;
  byId("metric").addEventListener("change", (event) => change({ metric: event.target.value }));
  const resampled = data.intervals
    ? ` Intervals of measures: ${100 * data.intervals.confidence} %, from ${data.intervals.n_resamples} resamples of the examples.`
    : "";
  byId("curve-hint").textContent = "Click a set in the legend to hide its curves. Bands: 95 % intervals of each point, for another sample of examples. "
    + `Dotted: the straight line between the losses of the two models.${resampled}`;
  on(["a", "b", "metric"], drawPair);
}
