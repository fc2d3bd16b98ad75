// What is known of each model: scores, and what follows from the measures of its pairs.

const NAMES = { loss: "loss", accuracy: "accuracy", f1: "F1", mcc: "MCC", ece: "calibration error" };
const METRICS = Object.keys(NAMES);
/** Scores of which more is better; of losses and calibration errors less is. */
const RISING = new Set(["accuracy", "f1", "mcc"]);

/** Every number that models can be sorted and coloured by: `{key, name, values}`. */
const scores = [];
for (const [s, set] of data.sets.entries()) {
  for (const metric of METRICS) {
    const values = data.evaluations[metric][s];
    if (values.some((value) => value !== null)) {
      scores.push({ key: `${metric}|${set.name}`, name: `${NAMES[metric]} on ${set.name}`, values, metric });
    }
  }
}
if (data.basins && data.basins.divided) {
  scores.push({ key: "membership", name: "membership score", values: data.basins.membership });
  if (data.basins.stability) scores.push({ key: "stability", name: "stability", values: data.basins.stability });
}
for (const fact of data.facts) {
  if (fact.values.every((value) => value === null || typeof value === "number")) {
    scores.push({ key: `fact|${fact.name}`, name: fact.name, values: fact.values });
  }
}

function score(key) {
  return scores.find((score) => score.key === key);
}

/** The number of the basin of a model; null for a model in no basin. */
function clusterOf(model) {
  return data.basins ? data.basins.cluster[model] : 0;
}

const isDivided = Boolean(data.basins && data.basins.divided);
/** The models in no basin. */
const alone = data.models.map((_, model) => model).filter((model) => clusterOf(model) === null);
/** Whether there is something to say of basins: several of them, or models in none. */
const hasBasins = isDivided || alone.length > 0;

/** The different clusters among those of models, in order; that of models in no basin last. */
function distinct(clusters) {
  const last = (cluster) => cluster ?? Infinity;
  return [...new Set(clusters)].sort((a, b) => last(a) - last(b));
}

/** Whether two models are "within" a basin, "across" basins, or one of them is "alone". */
function kindOf(a, b) {
  const [first, second] = [clusterOf(a), clusterOf(b)];
  if (first === null || second === null) return "alone";
  return first === second ? "within" : "across";
}

/** The name of a model, with the remark that it is in no basin. */
function told(model) {
  return data.models[model] + (clusterOf(model) === null ? ` (in ${ALONE.name})` : "");
}

/** Membership scores as places on an axis: models in no basin have no score, and stand at 0. */
function placed(memberships) {
  return memberships.map((membership) => membership ?? 0);
}

function mean(values) {
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : NaN;
}

function quantile(sorted, share) {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

const derived = new Map();

/** For each model the mean measure to the models of its basin and to all, and whether it is an outlier. */
function standing(measure, set) {
  const key = `${measure}|${set}`;
  if (derived.has(key)) return derived.get(key);
  const values = measured(measure, set);
  const [own, all] = [new Float64Array(nModels), new Float64Array(nModels)];
  const [nOwn, nAll] = [new Uint32Array(nModels), new Uint32Array(nModels)];
  let pair = 0;
  for (const [a, b] of pairs()) {
    const value = values[pair++];
    if (Number.isNaN(value)) continue;
    const isOwn = kindOf(a, b) === "within";
    for (const model of [a, b]) {
      all[model] += value;
      nAll[model] += 1;
      if (isOwn) own[model] += value;
      if (isOwn) nOwn[model] += 1;
    }
  }
  const found = {
    own: Array.from(own, (sum, i) => (nOwn[i] ? sum / nOwn[i] : NaN)),
    all: Array.from(all, (sum, i) => (nAll[i] ? sum / nAll[i] : NaN)),
  };
  // Tukey's fence (1977): above the third quartile by more than one and a half times the range of the quartiles.
  const sorted = found.own.filter(Number.isFinite).sort((x, y) => x - y);
  const [low, high] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  found.fence = sorted.length > 3 ? high + 1.5 * (high - low) : Infinity;
  found.outlier = found.own.map((value) => value > found.fence);
  derived.set(key, found);
  return found;
}

/** The other models by the measure between them and this one, nearest first. */
function neighbours(model, measure, set) {
  const values = measured(measure, set);
  const others = [];
  for (let other = 0; other < nModels; other++) {
    if (other === model) continue;
    const value = values[pairNumber(model, other)];
    if (!Number.isNaN(value)) others.push([other, value]);
  }
  return others.sort((x, y) => x[1] - y[1] || x[0] - y[0]);
}

/** The rank of a model among all, 1 for the best. */
function rank(scored, model) {
  const value = scored.values[model];
  if (value === null) return null;
  const isBetter = RISING.has(scored.metric) ? (other) => other > value : (other) => other < value;
  return 1 + scored.values.filter((other) => other !== null && isBetter(other)).length;
}

const byName = new Intl.Collator("en", { numeric: true });

/** The models in the order of a choice; with basins those in none come last. */
function ordered(order) {
  const all = Array.from({ length: nModels }, (_, i) => i);
  const named = (a, b) => byName.compare(data.models[a], data.models[b]);
  if (order === "given") return all;
  if (order === "name") return all.sort(named);
  const by = score(order === "basin" ? (isDivided ? "membership" : state.score) : order);
  const value = (model) => by.values[model] ?? Infinity;
  const last = (model) => clusterOf(model) ?? Infinity;
  const basin = (a, b) => (order === "basin" ? last(a) - last(b) : 0);
  return all.sort((a, b) => basin(a, b) || value(a) - value(b) || named(a, b));
}
