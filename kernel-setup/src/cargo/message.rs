//! Messages of the compiler about a cell, changed so that evcxr draws the right conclusion.

use serde_json::Value;

/// rustc's code for the use of a value that was moved.
const MOVED: &str = "E0382";
/// evcxr keeps the variables of a cell with this call at its end.
const KEEP: &str = ".put_variable::<";

/// Returns the message, without the places that mislead evcxr.
///
/// If the last expression of a cell moves a variable, as in `Figure::new(plot)`, keeping that variable fails.
/// evcxr rightly stops keeping it. But since the message also points at the expression, evcxr thinks that the
/// expression cannot be displayed, and shows it as plain text.
pub fn mended(mut message: Value) -> Value {
    if message["code"]["code"] != MOVED {
        return message;
    }
    let is_primary = |span: &Value| span["is_primary"] == true;
    let spans = message["spans"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let keeps = |span: &Value| {
        let lines = span["text"].as_array().into_iter().flatten();
        lines.filter_map(|line| line["text"].as_str()).any(|line| line.contains(KEEP))
    };
    if !spans.iter().any(|span| is_primary(span) && keeps(span)) {
        message["spans"] = Value::Array(spans);
        return message;
    }
    message["spans"] = spans.into_iter().filter(is_primary).collect();
    message["children"] = Value::Array(Vec::new());
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(code: &str, primary: &str) -> Value {
        let span =
            |is_primary: bool, text: &str| json!({ "is_primary": is_primary, "text": [{ "text": text }] });
        let spans = [span(false, "Figure::new(plot)"), span(true, primary)];
        let children = [json!({ "spans": [span(true, "Figure::new(plot)")] })];
        json!({ "code": { "code": code }, "spans": spans, "children": children })
    }

    #[test]
    fn only_a_variable_that_cannot_be_kept_stands_alone() {
        let keep = "evcxr_variable_store.put_variable::<Plot>(stringify!(plot), plot);";
        let alone = mended(message(MOVED, keep));
        assert_eq!((alone["spans"].as_array().unwrap().len(), &alone["children"]), (1, &json!([])));
        for other in [message(MOVED, "drop(plot);"), message("E0599", keep)] {
            assert_eq!(mended(other.clone()), other);
        }
    }
}
