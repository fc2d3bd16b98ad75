//! The members of a description that are drawn, and those that only a browser needs.

use serde_json::Value;

use super::colours;

/// Members of any trace: its place, its name, and what a browser shows at the mouse.
const TRACE: &[&str] = &[
    "type",
    "name",
    "visible",
    "opacity",
    "x",
    "y",
    "xaxis",
    "yaxis",
    "showlegend",
    "legendgroup",
    "text",
    "ids",
    "hovertext",
    "hoverinfo",
    "hovertemplate",
    "hoverlabel",
    "hoveron",
    "customdata",
    "meta",
    "uid",
    "uirevision",
    "cliponaxis",
    "xhoverformat",
    "yhoverformat",
];
const SCATTER: &[&str] = &[
    "mode",
    "line.color",
    "line.width",
    "line.dash",
    "line.shape",
    "line.simplify",
    "marker.color",
    "marker.size",
    "marker.symbol",
    "marker.opacity",
    "marker.line.color",
    "marker.line.width",
    "textposition",
    "textfont.size",
    "textfont.color",
    "textfont.family",
    "connectgaps",
    "fill",
];
const BAR: &[&str] = &[
    "marker.color",
    "marker.opacity",
    "marker.line.color",
    "marker.line.width",
    "width",
    "offset",
    "orientation",
    "textposition",
    "offsetgroup",
    "alignmentgroup",
];
/// The bar of a scale of colours.
pub(super) const SCALE: &[&str] = &[
    "colorbar.title.text",
    "colorbar.title.side",
    "colorbar.title.font",
    "colorbar.thickness",
    "colorbar.x",
    "colorbar.xpad",
    "colorbar.ypad",
    "colorbar.tickvals",
    "colorbar.ticktext",
    "colorbar.tickmode",
    "colorbar.tickfont",
    "colorbar.len",
];
const HEATMAP: &[&str] = &[
    "z",
    "zmin",
    "zmax",
    "zauto",
    "zsmooth",
    "colorscale",
    "showscale",
    "hoverongaps",
    "zhoverformat",
    "connectgaps",
];
const AXIS: &[&str] = &[
    "type",
    "title.text",
    "title.font",
    "title.standoff",
    "range",
    "autorange",
    "domain",
    "anchor",
    "side",
    "showgrid",
    "gridcolor",
    "gridwidth",
    "zeroline",
    "zerolinecolor",
    "zerolinewidth",
    "showline",
    "linecolor",
    "linewidth",
    "ticks",
    "ticklen",
    "tickcolor",
    "tickwidth",
    "tickfont",
    "tickangle",
    "tickvals",
    "ticktext",
    "tickmode",
    "nticks",
    "dtick",
    "tick0",
    "showticklabels",
    "automargin",
    "fixedrange",
    "hoverformat",
    "visible",
    "constrain",
    "exponentformat",
    "showspikes",
    "spikecolor",
    "spikemode",
    "spikethickness",
    "spikedash",
    "spikesnap",
    "uirevision",
    "color",
];
pub(super) const ANNOTATION: &[&str] = &[
    "text",
    "x",
    "y",
    "xref",
    "yref",
    "xanchor",
    "yanchor",
    "xshift",
    "yshift",
    "showarrow",
    "ax",
    "ay",
    "axref",
    "ayref",
    "arrowhead",
    "arrowsize",
    "arrowwidth",
    "arrowcolor",
    "standoff",
    "startstandoff",
    "opacity",
    "font",
    "bgcolor",
    "borderpad",
    "textangle",
    "align",
    "visible",
    "hovertext",
    "hoverlabel",
    "captureevents",
    "name",
];
const LAYOUT: &[&str] = &[
    "title.text",
    "title.font",
    "title.x",
    "title.y",
    "title.xanchor",
    "title.yanchor",
    "font",
    "width",
    "height",
    "autosize",
    "margin",
    "paper_bgcolor",
    "plot_bgcolor",
    "legend.orientation",
    "legend.x",
    "legend.y",
    "legend.xanchor",
    "legend.yanchor",
    "legend.font",
    "legend.itemsizing",
    "legend.bgcolor",
    "legend.itemclick",
    "legend.itemdoubleclick",
    "legend.tracegroupgap",
    "showlegend",
    "hovermode",
    "hoverlabel",
    "hoverdistance",
    "dragmode",
    "barmode",
    "bargap",
    "colorway",
    "annotations",
    "modebar",
    "uirevision",
    "clickmode",
    "meta",
    "spikedistance",
    "selectdirection",
    "newshape",
];

/// The values that are drawn, for members of which not all values are drawn.
const VALUES: &[(&str, &[&str])] = &[
    ("line.shape", &["linear"]),
    ("fill", &["none"]),
    ("orientation", &["v"]),
    ("zsmooth", &["best"]),
    ("barmode", &["group", "overlay"]),
    ("colorbar.title.side", &["right"]),
    ("autorange", &["reversed"]),
    ("aspectmode", &["manual"]),
    ("camera.projection.type", &["orthographic"]),
    ("marker.symbol", SYMBOLS),
    ("line.dash", &["solid", "dot", "dash", "longdash", "dashdot", "longdashdot"]),
];
/// The symbols that are drawn. Each is also drawn as an outline, whose name ends in "-open".
const SYMBOLS: &[&str] = &["circle", "square", "diamond", "triangle-up", "triangle-down", "x", "cross"];

/// Checks the members of a part of a description: a trace by its type, an axis, an annotation or the layout.
pub(super) fn check(part: &Value, kind: &str) -> Result<(), String> {
    let known: &[&[&str]] = match kind {
        "scatter" => &[TRACE, SCATTER],
        "bar" => &[TRACE, BAR],
        "heatmap" => &[TRACE, HEATMAP, SCALE],
        "axis" => &[AXIS],
        "annotation" => &[ANNOTATION],
        _ => &[LAYOUT],
    };
    let is_part =
        |path: &str| kind == "layout" && (crate::json::is_axis(path) || crate::json::is_scene(path));
    walk(part, "", &|path| is_part(path) || known.iter().any(|paths| paths.contains(&path)))?;
    match (kind, part.get("text"), crate::json::text(part, "/textposition")) {
        ("bar", Some(_), position) if position != Some("none") => {
            Err("`text` on its bars; drawn is text for the mouse, with `textposition` none".to_owned())
        }
        _ => Ok(()),
    }
}

/// Checks that a part has no members but those of these lists.
pub(super) fn within(part: &Value, known: &[&[&str]]) -> Result<(), String> {
    walk(part, "", &|path| known.iter().any(|paths| paths.contains(&path)))
}

fn walk(value: &Value, before: &str, known: &dyn Fn(&str) -> bool) -> Result<(), String> {
    for (name, member) in value.as_object().into_iter().flatten() {
        let path = if before.is_empty() { name.clone() } else { format!("{before}.{name}") };
        if !known(&path) {
            match member {
                Value::Object(_) => walk(member, &path, known)?,
                _ => return Err(format!("`{path}`, which is not drawn")),
            }
            continue;
        }
        if name == "color" || name == "bgcolor" || name.ends_with("_bgcolor") {
            colours(member)?;
        }
        let allowed = VALUES.iter().find(|(of, _)| *of == path).map(|(_, allowed)| *allowed);
        let each = member.as_array().map_or(std::slice::from_ref(member), Vec::as_slice);
        let wrong = each.iter().filter_map(Value::as_str).find(|got| {
            let got = if path == "marker.symbol" { got.strip_suffix("-open").unwrap_or(got) } else { got };
            allowed.is_some_and(|allowed| !allowed.contains(&got))
        });
        if let (Some(wrong), Some(allowed)) = (wrong, allowed) {
            return Err(format!("`{path}` {wrong}; drawn are {}", allowed.join(", ")));
        }
    }
    Ok(())
}
