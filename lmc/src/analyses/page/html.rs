//! The page as text: its parts in one file, and a policy that lets nothing else in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lmc_base::show::escape;
use sha2::{Digest, Sha256};

use super::block::Blocks;

const TEMPLATE: &str = include_str!("../../../assets/report/page.html");
const STYLE: &str = include_str!("../../../assets/report/style.css");
/// plotly.js-basic-dist-min 4.1.1 from npm, MIT licence: scatter, bar and pie.
const PLOTLY: &str = include_str!("../../../assets/plotly/plotly-basic.min.js");
/// The script, each part after those that it uses.
const SCRIPT: &str = concat!(
    include_str!("../../../assets/report/format.js"),
    include_str!("../../../assets/report/data.js"),
    include_str!("../../../assets/report/colours.js"),
    include_str!("../../../assets/report/scores.js"),
    include_str!("../../../assets/report/state.js"),
    include_str!("../../../assets/report/heatmap.js"),
    include_str!("../../../assets/report/plot.js"),
    include_str!("../../../assets/report/pair.js"),
    include_str!("../../../assets/report/scatter.js"),
    include_str!("../../../assets/report/model.js"),
    include_str!("../../../assets/report/drift.js"),
    include_str!("../../../assets/report/layers.js"),
    include_str!("../../../assets/report/simplices.js"),
    include_str!("../../../assets/report/training.js"),
    include_str!("../../../assets/report/tables.js"),
    include_str!("../../../assets/report/table_view.js"),
    include_str!("../../../assets/report/main.js"),
);

/// The start of the value of `meta name="generator"` in every page.
pub(super) const GENERATOR: &str = "<meta name=\"generator\" content=\"lmc ";

/// Returns the page with that title: `data` is its JSON.
pub(super) fn page(title: &str, data: &str, blocks: &Blocks) -> String {
    let policy = format!(
        "default-src 'none'; script-src {} {}; style-src 'unsafe-inline'; img-src data: blob:; \
         base-uri 'none'; form-action 'none'",
        digest(PLOTLY),
        digest(SCRIPT)
    );
    let mut html = String::with_capacity(2 * PLOTLY.len());
    for part in TEMPLATE.split("{{") {
        let (name, after) = part.split_once("}}").unwrap_or(("", part));
        match name {
            "policy" => html.push_str(&policy),
            "version" => html.push_str(env!("CARGO_PKG_VERSION")),
            "title" => html.push_str(&escape(title)),
            "style" => html.push_str(STYLE),
            "plotly" => html.push_str(PLOTLY),
            "script" => html.push_str(SCRIPT),
            "data" => write_data(&mut html, data, blocks),
            _ => {}
        }
        html.push_str(after);
    }
    html
}

/// Writes the JSON, in which no text can end the element, and the blocks.
fn write_data(html: &mut String, data: &str, blocks: &Blocks) {
    html.push_str("<script type=\"application/json\" id=\"data\">");
    html.push_str(&data.replace('<', "\\u003c"));
    html.push_str("</script>\n");
    for (id, text) in blocks.texts() {
        html.push_str(&format!("<script type=\"text/plain\" id=\"{id}\">{text}</script>\n"));
    }
}

/// Returns the digest of a script as the policy names it.
fn digest(script: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_styles_can_lie_in_a_page() {
        for script in [PLOTLY, SCRIPT] {
            for part in ["</script", "<!--", "\r"] {
                assert!(!script.contains(part), "{part:?}");
            }
        }
        assert!(!STYLE.contains("</style"));
        assert!(PLOTLY.contains("plotly.js (basic - minified) v4.1.1") && PLOTLY.contains("MIT license"));
    }

    #[test]
    fn texts_cannot_become_elements() {
        let title = "</title><script>alert(1)</script> {{data}}";
        let data = serde_json::json!({"models": ["</script><img onerror=x>", "{{script}}"]}).to_string();
        let html = page(title, &data, &Blocks::default());
        let (head, body) = html.split_once("<style>").unwrap();
        assert!(head.contains("<title>&lt;/title&gt;") && !head.contains("<script"), "{head}");
        assert!(!body.contains("<script>alert") && !body.contains("<img onerror"));
        let (_, after) = html.split_once("id=\"data\">").unwrap();
        let (json, _) = after.split_once("</script>").unwrap();
        assert_eq!(json.parse::<serde_json::Value>().unwrap(), data.parse::<serde_json::Value>().unwrap());
        assert!(html.contains(GENERATOR));
    }
}
