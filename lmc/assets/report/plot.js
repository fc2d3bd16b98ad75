// What all plots share: their look in the light and the dark scheme, and their drawing.

function axis(title, more = {}) {
  return {
    title: { text: plain(title), standoff: 8 }, gridcolor: themed("grid"), linecolor: themed("line"),
    zerolinecolor: themed("line"), automargin: true, ...more,
  };
}

function drawPlot(id, traces, layout) {
  const isNarrow = byId(id).clientWidth < 480;
  const common = {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: 'system-ui, "DejaVu Sans", sans-serif', size: isNarrow ? 11 : 13, color: themed("text") },
    margin: { l: isNarrow ? 44 : 60, r: 12, t: 8, b: 44 },
    hoverlabel: { bgcolor: themed("text"), font: { color: themed("page") } },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
    dragmode: isNarrow ? false : "zoom",
  };
  const config = { responsive: true, displaylogo: false, displayModeBar: false };
  return Plotly.react(byId(id), traces, { ...common, ...layout }, config);
}

/** A colour with that opacity. */
function faded(colour, opacity) {
  return `rgba(${hex(colour).join(", ")}, ${opacity})`;
}
