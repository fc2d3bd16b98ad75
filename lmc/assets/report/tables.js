// The tables of the page: columns, and the values of each row.

/** A column of text or of numbers: `{name, of: row => value, text}`. */
function column(name, of, isText = false) {
  return { name, of, isText };
}

/** A table of n rows in which each row is about the model `of` it. */
function ofModels(columns, n, of) {
  return { columns, n, choose: (i) => change({ model: of(i) }), isChosen: (i) => of(i) === state.model };
}

function modelsTable() {
  const { own, all, outlier } = standing(state.measure, state.set);
  const columns = [column("model", (i) => data.models[i], true)];
  if (hasBasins) columns.push(column("basin", (i) => basinName(clusterOf(i)), true));
  if (isDivided) {
    const { membership, low, high, stability } = data.basins;
    columns.push(column("membership", (i) => membership[i]));
    if (low) columns.push(column("membership low", (i) => low[i]), column("membership high", (i) => high[i]));
    if (stability) columns.push(column("stability", (i) => stability[i]));
    columns.push(column(`mean ${nameOf(state.measure)} in its basin on ${state.set}`, (i) => own[i]));
    const said = (i) => (outlier[i] ? "yes" : "no");
    columns.push(column("outlier", (i) => (clusterOf(i) === null ? null : said(i)), true));
  }
  columns.push(column(`mean ${nameOf(state.measure)} to all on ${state.set}`, (i) => all[i]));
  for (const scored of scores.filter((scored) => scored.metric)) columns.push(column(scored.name, (i) => scored.values[i]));
  for (const fact of data.facts) {
    columns.push(column(fact.name, (i) => fact.values[i], fact.values.some((value) => typeof value === "string")));
  }
  return ofModels(columns, nModels, (i) => i);
}

function pairsTable() {
  const [firsts, seconds] = [new Uint16Array(nPairs), new Uint16Array(nPairs)];
  let row = 0;
  for (const [a, b] of pairs()) [firsts[row], seconds[row++]] = [a, b];
  const columns = [column("a", (i) => data.models[firsts[i]], true), column("b", (i) => data.models[seconds[i]], true)];
  if (hasBasins) columns.push(column("kind", (i) => kindOf(firsts[i], seconds[i]), true));
  for (const { set } of data.lines) {
    for (const [measure, name] of MEASURES.slice(0, 3)) {
      const values = measured(measure, set);
      columns.push(column(`${name} on ${set}`, (i) => values[i]));
      if (data.intervals?.set !== set) continue;
      ["low", "high"].forEach((end, e) => {
        const ends = ofPairs(data.intervals[measure][e]);
        columns.push(column(`${name} on ${set}, ${end}`, (i) => ends[i]));
      });
    }
  }
  const distances = measured("distance", state.set);
  columns.push(column("distance", (i) => distances[i]));
  const chosen = () => pairNumber(state.a, state.b);
  return { columns, n: nPairs, choose: (i) => choosePair(firsts[i], seconds[i]), isChosen: (i) => i === chosen() };
}

function evaluationsTable() {
  const place = (i) => [i % nModels, Math.floor(i / nModels)];
  const columns = [
    column("model", (i) => data.models[place(i)[0]], true), column("set", (i) => data.sets[place(i)[1]].name, true),
    column("examples", (i) => data.sets[place(i)[1]].n),
    ...METRICS.map((metric) => column(NAMES[metric], (i) => data.evaluations[metric][place(i)[1]][place(i)[0]])),
  ];
  return ofModels(columns, nModels * data.sets.length, (i) => place(i)[0]);
}

function kindsTable() {
  const place = (i) => [i % nModels, data.kinds[Math.floor(i / nModels)]];
  const columns = [
    column("model", (i) => data.models[place(i)[0]], true), column("set", (i) => place(i)[1].set, true),
    column("kind", (i) => place(i)[1].kind, true), column("examples", (i) => place(i)[1].n),
    column("accuracy", (i) => place(i)[1].right[place(i)[0]] / place(i)[1].n),
  ];
  return ofModels(columns, nModels * data.kinds.length, (i) => place(i)[0]);
}

function driftTable() {
  const place = (i) => [i % nModels, data.stages[Math.floor(i / nModels)]];
  const columns = [
    column("model", (i) => data.models[place(i)[0]], true), column("stage", (i) => Math.floor(i / nModels)),
    column("step", (i) => place(i)[1].name, true), column("basin", (i) => basinName(place(i)[1].cluster[place(i)[0]]), true),
    column("membership", (i) => place(i)[1].membership[place(i)[0]]),
    column(`${NAMES[data.metric]} on ${data.scored}`, (i) => place(i)[1].score[place(i)[0]]),
  ];
  return ofModels(columns, nModels * data.stages.length, (i) => place(i)[0]);
}

function layersTable() {
  const rows = data.layers.flatMap(({ set, rows }) => rows.map((row) => ({ set, ...row })));
  const columns = [
    column("part", (i) => rows[i].part, true), column("set", (i) => rows[i].set, true), column("kind", (i) => rows[i].kind, true),
    column("averages", (i) => rows[i].n), column("excess", (i) => rows[i].excess), column("excess low", (i) => rows[i].low),
    column("excess high", (i) => rows[i].high), column("distance", (i) => rows[i].distance),
  ];
  return { columns, n: rows.length };
}

function convexityTable() {
  const { set, rows } = data.simplices;
  const ends = (name, key) => ["", " low", " high"].map((end, e) => column(name + end, (i) => rows[i][key][e]));
  const columns = [
    column("kind", (i) => simplexKind(rows[i]), true), column("set", () => set, true), column("models", (i) => rows[i].n_models),
    column("subsets", (i) => rows[i].n_subsets), column("points", (i) => rows[i].n_points),
    column("largest excess", (i) => rows[i].largest), ...ends("held-out excess", "held_out"), ...ends("mean excess", "mean"),
  ];
  return { columns, n: rows.length };
}

function rowsOf(names, rows) {
  return { columns: names.map((name, at) => column(name, (i) => rows[i][at], at === 0 || typeof rows[0]?.[at] === "string")), n: rows.length };
}

/** Every table by its name. */
const TABLES = {
  models: modelsTable,
  pairs: pairsTable,
  evaluations: evaluationsTable,
  ...(data.kinds.length ? { kinds: kindsTable } : {}),
  ...(data.stages.length > 1 ? { drift: driftTable } : {}),
  ...(data.layers.length ? { layers: layersTable } : {}),
  ...(data.simplices ? { convexity: convexityTable } : {}),
  ...(data.findings.length ? { findings: () => rowsOf(["finding", "value"], data.findings) } : {}),
  provenance: () => rowsOf(["what", "value"], data.provenance),
};
