// One table at a time: sorted by a column, filtered, and saved as CSV.

const PAGE = 100;
const MOST_ON_A_LINE = 24;
const view = { name: "models", table: null, rows: [], sorted: null, falling: false, shown: PAGE };

function openTable(name) {
  Object.assign(view, { name, table: TABLES[name](), sorted: null, falling: false, shown: PAGE });
  for (const tab of byId("tabs").children) {
    const isChosen = tab.dataset.table === name;
    tab.setAttribute("aria-selected", isChosen);
    tab.tabIndex = isChosen ? 0 : -1;
  }
  byId("table-panel").setAttribute("aria-labelledby", `tab-${name}`);
  filterRows();
}

/** Keeps the rows in which every word of the filter occurs, in the order of the sorted column. */
function filterRows() {
  const { columns, n } = view.table;
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const searched = columns.filter((column) => column.isText);
  const rows = [];
  for (let row = 0; row < n; row++) {
    const text = words.length ? searched.map((column) => String(column.of(row) ?? "")).join("\n").toLowerCase() : "";
    if (words.every((word) => text.includes(word))) rows.push(row);
  }
  if (view.sorted !== null) sortRows(rows, columns[view.sorted]);
  view.rows = rows;
  drawTable();
}

function sortRows(rows, { of, isText }) {
  const sign = view.falling ? -1 : 1;
  const missing = (value) => value === null || value === undefined || Number.isNaN(value);
  rows.sort((i, j) => {
    const [x, y] = [of(i), of(j)];
    // Rows without a value are last in either direction.
    if (missing(x) || missing(y)) return missing(x) - missing(y) || i - j;
    return sign * (isText ? byName.compare(x, y) : x - y) || i - j;
  });
}

function drawTable() {
  const { table, rows, sorted, falling } = view;
  const header = table.columns.map(({ name, isText }, at) => {
    const click = () => {
      Object.assign(view, { falling: sorted === at && !falling, sorted: at });
      filterRows();
      byId("table").querySelectorAll("thead button")[at].focus();
    };
    const order = sorted === at ? (falling ? "descending" : "ascending") : "none";
    const arrow = { none: "", ascending: " ▲", descending: " ▼" }[order];
    return element("th", { scope: "col", "aria-sort": order, class: isText ? null : "number" }, element("button", { type: "button", click }, name + arrow));
  });
  const body = rows.slice(0, view.shown).map((row) => {
    const cells = table.columns.map(({ of, isText }, at) => {
      const value = of(row);
      const text = isText ? (value ?? MISSING) : shown(value);
      const kind = isText ? (text.length <= MOST_ON_A_LINE ? "short" : null) : "number";
      return at === 0 ? element("th", { scope: "row", class: kind }, cellOf(row, text)) : element("td", { class: kind }, text);
    });
    return element("tr", { "data-row": row }, cells);
  });
  byId("table").replaceChildren(
    element("caption", { class: "unseen" }, view.name), element("thead", {}, element("tr", {}, header)), element("tbody", {}, body),
  );
  markChosen();
  byId("more").hidden = rows.length <= view.shown;
  byId("count").textContent = `${rows.length} of ${table.n} rows`;
}

/** Marks the rows of the chosen model or pair. */
function markChosen() {
  const { isChosen } = view.table;
  for (const row of byId("table").tBodies[0].rows) {
    if (isChosen?.(Number(row.dataset.row))) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

/** The first cell of a row: a button where a row can be chosen. */
function cellOf(row, text) {
  const { choose } = view.table;
  if (!choose) return text;
  const click = () => {
    choose(row);
    announce(view.name === "pairs" ? tellPair() : tellModel());
  };
  return element("button", { type: "button", click }, text);
}

/** A value as CSV (RFC 4180). */
function csvCell(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  const text = typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(9))) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function csv() {
  const { columns } = view.table;
  const lines = [columns.map(({ name }) => csvCell(name)), ...view.rows.map((row) => columns.map(({ of }) => csvCell(of(row))))];
  return lines.map((cells) => `${cells.join(",")}\r\n`).join("");
}

function saveCsv() {
  const url = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
  const link = element("a", { href: url, download: `${view.name}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function moveTab(event) {
  const tabs = [...byId("tabs").children];
  const at = tabs.findIndex((tab) => tab.dataset.table === view.name);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const next = tabs[(to + tabs.length) % tabs.length];
  openTable(next.dataset.table);
  next.focus();
}

function startTables() {
  const tab = (name) => element(
    "button", { type: "button", role: "tab", id: `tab-${name}`, "data-table": name, "aria-controls": "table-panel", click: () => openTable(name) }, name,
  );
  byId("tabs").append(...Object.keys(TABLES).map(tab));
  byId("tabs").addEventListener("keydown", moveTab);
  byId("filter").addEventListener("input", () => {
    view.shown = PAGE;
    filterRows();
  });
  byId("more").addEventListener("click", () => {
    view.shown += 5 * PAGE;
    drawTable();
  });
  byId("export").addEventListener("click", saveCsv);
  on(["measure", "set"], () => {
    const { sorted, falling } = view;
    view.table = TABLES[view.name]();
    Object.assign(view, { sorted, falling });
    filterRows();
  });
  on(["model", "a", "b"], markChosen);
  openTable("models");
}
