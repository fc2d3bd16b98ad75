// What is chosen, and who is told when that changes.

const listeners = [];
const state = {
  measure: "convexity_gap",
  set: data.lines[0].set,
  scale: "linear",
  order: hasBasins ? "basin" : `${data.metric}|${data.scored}`,
  score: `${data.metric}|${data.scored}`,
  colour: hasBasins ? "basin" : `${data.metric}|${data.scored}`,
  metric: data.lines[0].metrics.at(-1).name,
  a: 0,
  b: 1,
  model: 0,
  stage: data.stages.length - 1,
  training: "loss",
  layers: data.layers[0]?.set,
};

/** Calls `listener` after a change of any of those choices. */
function on(keys, listener) {
  listeners.push([keys, listener]);
}

function change(patch) {
  const changed = Object.keys(patch).filter((key) => state[key] !== patch[key]);
  Object.assign(state, patch);
  for (const [keys, listener] of listeners) if (keys.some((key) => changed.includes(key))) listener();
}

/** Chooses the cell of two models; one of the diagonal chooses the model. */
function choosePair(a, b) {
  change(a === b ? { model: a } : { a, b, model: state.model === b ? b : a });
}

/** Says to a screen reader what was chosen. */
function announce(text) {
  byId("live").textContent = text;
}

function tellPair() {
  const [a, b] = [told(state.a), told(state.b)];
  const pair = pairNumber(state.a, state.b);
  const value = measured(state.measure, state.set)[pair];
  const [low, high] = intervalOf(state.measure, state.set, pair);
  return `${a} and ${b}: ${nameOf(state.measure)} ${interval(value, low, high)}${unitOf(state.measure)}`;
}
