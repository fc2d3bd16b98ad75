// Convex combinations of more than two models: how far the loss rises above the combination of their losses.

function simplexKind(row) {
  return row.basin === null ? "across" : `within ${basinName(row.basin)}`;
}

function drawSimplices() {
  const { rows } = data.simplices;
  const number = (text) => element("td", { class: "number" }, text);
  const cells = rows.map((row) => [
    element("th", { scope: "row" }, row.basin === null ? "across basins" : basinMark(row.basin)), number(shown(row.n_models)),
    number(interval(...row.held_out)), number(interval(...row.mean)),
    number(`${row.n_points} in ${row.n_subsets} ${row.n_subsets === 1 ? "subset" : "subsets"}`),
  ]);
  const head = ["models from", "models", "highest excess (nats)", "mean excess (nats)", "points"];
  byId("simplices").replaceChildren(smallTable("Convex combinations of models", head, cells));
}

function startSimplices() {
  if (!data.simplices) return;
  byId("simplices-panel").hidden = false;
  const { set, n, confidence, n_resamples } = data.simplices;
  byId("simplices-hint").textContent = `The loss on ${set} (${n} examples) at random convex combinations of models, above the same combination of their `
    + "losses; in a convex basin it is at most 0. Highest: at the points that are highest on one half of the examples, measured on the other half, "
    + `a lower bound of the largest excess. Intervals: ${100 * confidence} %, from ${n_resamples} resamples of the examples.`;
  drawSimplices();
}
