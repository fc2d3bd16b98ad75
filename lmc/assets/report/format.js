// Numbers and names as they are shown.

const MISSING = "–";

/** A number with four decimals, or three digits where it is very small or large. */
function shown(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return MISSING;
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return String(value);
  if (size !== 0 && size < 1e-3) return value.toPrecision(3);
  return size < 100 ? value.toFixed(4) : size < 1e6 ? value.toFixed(1) : value.toPrecision(4);
}

function interval(value, low, high) {
  const isKnown = Number.isFinite(low) && Number.isFinite(high);
  return isKnown ? `${shown(value)} [${shown(low)}, ${shown(high)}]` : shown(value);
}

/** A name of at most that many characters: its two ends, because names often differ at the end. */
function shortened(name, most) {
  const letters = [...name];
  if (letters.length <= most) return name;
  const tail = Math.ceil((most - 1) / 2);
  return `${letters.slice(0, most - 1 - tail).join("")}…${letters.slice(-tail).join("")}`;
}

/** Text that stays text in plotly, which reads some HTML. */
function plain(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** An element with attributes, properties that are functions, and children; text is never read as HTML. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null));
  return made;
}

function byId(id) {
  return document.getElementById(id);
}

/** Fills a select with `[value, label]` pairs. */
function fill(select, options, chosen) {
  select.replaceChildren(...options.map(([value, label]) => element("option", { value }, label)));
  select.value = chosen;
}
