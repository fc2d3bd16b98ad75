// The models at each stage of training, with a slider over the stages.

function drawDrift() {
  const shownStages = data.stages.slice(0, state.stage + 1);
  const stage = data.stages[state.stage];
  const last = data.stages.at(-1);
  const traces = [];
  const trail = (of) => data.models.flatMap((_, model) => [...shownStages.map((at) => of(at)[model]), null]);
  const [places, heights] = [(at) => placed(at.membership), (at) => at.score];
  if (nModels <= 200) {
    traces.push({
      x: trail(places), y: trail(heights), mode: "lines", line: { color: themed("line"), width: 1 },
      hoverinfo: "skip", name: "the way so far",
    });
  }
  for (const cluster of distinct(last.cluster)) {
    const members = data.models.map((_, model) => model).filter((model) => last.cluster[model] === cluster);
    traces.push({
      x: members.map((model) => places(stage)[model]), y: members.map((model) => stage.score[model]),
      text: members.map((model) => `${plain(shortened(data.models[model], 40))}, now in ${basinName(stage.cluster[model])}`),
      hovertemplate: "%{text}<extra></extra>", mode: "markers", name: `${basinName(cluster)} at the end`,
      marker: { symbol: basinSymbol(cluster), size: 10, color: basinColour(cluster), line: { width: 1, color: themed("panel") } },
    });
  }
  const chosen = { symbol: "circle-open", size: 16, color: themed("accent"), line: { width: 3 } };
  traces.push({
    x: [places(stage)[state.model]], y: [stage.score[state.model]], mode: "markers", marker: chosen, hoverinfo: "skip", name: "chosen",
  });
  const range = (of) => {
    const all = data.stages.flatMap(of).filter((value) => value !== null);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const room = 0.06 * (high - low || 1);
    return [low - room, high + room];
  };
  drawPlot("drift", traces, {
    xaxis: axis("membership score", { range: range(places) }),
    yaxis: axis(`${NAMES[data.metric]} on ${data.scored}`, { range: range(heights) }),
    hovermode: "closest",
  });
  const moved = data.models.filter((_, model) => stage.cluster[model] !== last.cluster[model]).length;
  const said = `${stage.name}: ${moved} of ${nModels} models are in another basin than at the end${stage.notes.length ? `. ${stage.notes.join(". ")}` : ""}`;
  byId("stage-name").textContent = said;
  byId("stage").setAttribute("aria-valuetext", said);
  byId("drift").setAttribute("aria-label", said);
}

function startDrift() {
  if (data.stages.length < 2) return;
  byId("drift-panel").hidden = false;
  const slider = byId("stage");
  slider.max = data.stages.length - 1;
  slider.value = state.stage;
  slider.addEventListener("input", () => change({ stage: Number(slider.value) }));
  on(["stage", "model"], drawDrift);
  drawDrift();
}
