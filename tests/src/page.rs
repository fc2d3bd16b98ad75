//! The numbers in a page of a report, read as its scripts read them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The content of a page and its blocks of numbers.
#[derive(Debug)]
pub struct Content {
    /// The JSON.
    pub data: Value,
    html: String,
}

impl Content {
    /// Reads a page.
    ///
    /// # Panics
    ///
    /// If the page has no content.
    pub fn of(html: &str) -> Self {
        let text = inside(html, "<script type=\"application/json\" id=\"data\">").expect("a page has data");
        Self { data: serde_json::from_str(text).expect("the data are JSON"), html: html.to_owned() }
    }

    /// Returns the numbers of a block that the JSON has at a path.
    ///
    /// # Panics
    ///
    /// If there is no such block.
    pub fn block(&self, path: &str) -> Vec<f64> {
        let block = self.data.pointer(path).unwrap_or_else(|| panic!("no {path}"));
        let start = format!("<script type=\"text/plain\" id=\"{}\">", block["id"].as_str().expect("an id"));
        let text = inside(&self.html, &start).unwrap_or_else(|| panic!("no block {start}"));
        let bytes = STANDARD.decode(text).expect("Base64");
        let scale = block["scale"].as_f64().expect("a scale");
        match block["type"].as_str() {
            Some("f32") => bytes.as_chunks().0.iter().map(|&b| f64::from(f32::from_le_bytes(b))).collect(),
            _ => bytes.as_chunks().0.iter().map(|&b| f64::from(u16::from_le_bytes(b)) * scale).collect(),
        }
    }

    /// Returns the numbers of an array at a path.
    ///
    /// # Panics
    ///
    /// If there is no such array.
    pub fn numbers(&self, path: &str) -> Vec<f64> {
        let array = self.data.pointer(path).and_then(Value::as_array);
        let array = array.unwrap_or_else(|| panic!("no array {path}"));
        array.iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
    }
}

/// Returns the text of the element that starts like that.
fn inside<'a>(html: &'a str, start: &str) -> Option<&'a str> {
    html.split_once(start)?.1.split_once("</script>").map(|(text, _)| text)
}
