// One model: its row, its evaluation by set and by kind of example, and its neighbours.

const N_NEIGHBOURS = 5;
const MOST_LETTERS = 60;

function tellModel() {
  const y = score(state.score);
  const cluster = clusterOf(state.model);
  const name = cluster === null ? `in ${ALONE.name}` : `basin ${basinName(cluster)}`;
  const basin = hasBasins ? `, ${name}` : "";
  return `${data.models[state.model]}${basin}, ${y.name} ${shown(y.values[state.model])}`;
}

function drawModel() {
  const { model, measure, set } = state;
  byId("model").value = model;
  const { own, all, outlier, fence } = standing(measure, set);
  const facts = [];
  const isIn = clusterOf(model) !== null;
  if (hasBasins) facts.push(["basin", basinMark(clusterOf(model))]);
  if (isDivided) {
    const { membership, low, high, stability } = data.basins;
    if (isIn) facts.push(["membership score", interval(membership[model], low?.[model], high?.[model])]);
    if (stability) facts.push(["stability", shown(stability[model])]);
  }
  if (isDivided && isIn) {
    facts.push([`mean ${nameOf(measure)} in its basin`, shown(own[model]) + unitOf(measure)]);
    const said = outlier[model] ? `yes, above ${shown(fence)}` : "no";
    facts.push(["outlier in its basin", said]);
  }
  facts.push([`mean ${nameOf(measure)} to all`, shown(all[model]) + unitOf(measure)]);
  for (const fact of data.facts) {
    const value = fact.values[model];
    if (value !== null) facts.push([fact.name, typeof value === "number" ? shown(value) : value]);
  }
  const near = neighbours(model, measure, set);
  const far = near.slice(N_NEIGHBOURS).slice(-N_NEIGHBOURS).reverse();
  byId("model-card").replaceChildren(
    factList(facts),
    element("h3", {}, "By set"), bySet(model),
    ...(data.kinds.length ? [element("h3", {}, "Accuracy by kind of example"), byKind(model)] : []),
    element("h3", {}, `Nearest by ${nameOf(measure)} on ${set}`), links(model, near.slice(0, N_NEIGHBOURS)),
    ...(far.length ? [element("h3", {}, "Farthest"), links(model, far)] : []),
  );
}

function links(model, others) {
  const link = ([other, value]) => {
    const click = () => {
      choosePair(model, other);
      announce(tellPair());
    };
    const text = `${shortened(data.models[other], MOST_LETTERS)}: ${shown(value)}`;
    return element("li", {}, element("button", { type: "button", title: data.models[other], click }, basinMarkIf(other), text));
  };
  return element("ul", { class: "neighbours" }, others.map(link));
}

function basinMarkIf(model) {
  if (!hasBasins) return null;
  const mark = basinMark(clusterOf(model));
  mark.append(" ");
  return mark;
}

/** A table of the metrics of a model on every set, with its rank among all. */
function bySet(model) {
  const metrics = METRICS.filter((metric) => data.evaluations[metric].some((values) => values[model] !== null));
  const head = ["set", ...metrics.map((metric) => NAMES[metric])];
  const rows = data.sets.map((set, s) => [
    element("th", { scope: "row" }, `${set.name} (${set.n})`),
    ...metrics.map((metric) => {
      const scored = score(`${metric}|${set.name}`);
      const place = scored ? rank(scored, model) : null;
      const title = place ? `rank ${place} of ${nModels}` : null;
      return element("td", { class: "number", title }, shown(data.evaluations[metric][s][model]));
    }),
  ]);
  return smallTable("Metrics by set", head, rows);
}

function byKind(model) {
  const rows = data.kinds.map((kind) => {
    const shares = kind.right.map((right) => right / kind.n);
    return [
      element("th", { scope: "row" }, `${kind.set}: ${kind.kind} (${kind.n})`),
      element("td", { class: "number" }, interval(shares[model], ...wilson(shares[model], kind.n))),
      element("td", {}, rangeOf(shares, model)),
    ];
  });
  return smallTable("Accuracy by kind of example", ["kind (examples)", "accuracy", "among all models, 0 to 1"], rows);
}

/** The range of all models, its quartiles, and the place of one. */
function rangeOf(values, model) {
  const sorted = [...values].sort((x, y) => x - y);
  const [least, low, high, most] = [0, 0.25, 0.75, 1].map((share) => quantile(sorted, share));
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "range");
  svg.setAttribute("viewBox", "0 0 100 10");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `all models from ${shown(least)} to ${shown(most)}, half of them from ${shown(low)} to ${shown(high)}`);
  const part = (x, width, y, height, colour) => {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({ x, width, y, height, fill: `var(--${colour})` })) rect.setAttribute(name, value);
    svg.append(rect);
  };
  part(0, 100, 4.6, 0.8, "line");
  part(100 * least, Math.max(100 * (most - least), 0.5), 3, 4, "bar");
  part(100 * low, Math.max(100 * (high - low), 0.5), 3, 4, "box");
  part(Math.min(100 * values[model], 98.8), 1.2, 0, 10, "mark");
  return svg;
}

function smallTable(caption, head, rows) {
  const isNumber = (at) => rows.some((row) => row[at].classList.contains("number"));
  const headers = head.map((name, at) => element("th", { scope: "col", class: isNumber(at) ? "number" : null }, name));
  const table = element(
    "table", {}, element("caption", { class: "unseen" }, caption), element("thead", {}, element("tr", {}, headers)),
    element("tbody", {}, rows.map((row) => element("tr", {}, row))),
  );
  return element("div", { class: "small" }, table);
}

function startModel() {
  fill(byId("model"), data.models.map((name, i) => [i, shortened(name, MOST_LETTERS)]), state.model);
  byId("model").addEventListener("change", (event) => {
    change({ model: Number(event.target.value) });
    announce(tellModel());
  });
  on(["model", "measure", "set"], drawModel);
}
