//! The display of figures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lmc_base::show::{Forms, Show};
use lmc_base::shown;

use super::Figure;

shown!(Figure);

impl Show for Figure {
    fn forms(&self) -> Forms {
        let mut text = format!("{self:?}");
        let mut forms = vec![("application/vnd.plotly.v1+json", self.to_json())];
        // Viewers show the image at its own size until it becomes interactive, so the sizes of the two are
        // the same.
        match self.to_png_at(1.0) {
            Ok(png) => forms.push(("image/png", STANDARD.encode(png))),
            Err(error) => text = format!("{text}: {error}"),
        }
        forms.push(("text/plain", text));
        forms
    }
}

#[cfg(test)]
mod tests {
    use plotly::{Layout, Plot, Scatter};

    use lmc_base::kernel::Host;
    use lmc_base::show::within_cell;
    use serde_json::Value;

    use super::*;

    fn figure() -> Figure {
        let mut plot = Plot::new();
        plot.add_trace(Scatter::new(vec![0.0, 1.0], vec![2.0, 3.0]));
        plot.set_layout(Layout::new().title("EVCXR_END_CONTENT").width(120).height(100));
        Figure::new(plot).unwrap()
    }

    #[test]
    fn a_figure_is_interactive_an_image_and_text() {
        let forms = figure().forms();
        let types: Vec<_> = forms.iter().map(|(mime, _)| *mime).collect();
        assert_eq!(types, ["application/vnd.plotly.v1+json", "image/png", "text/plain"]);
        let json: serde_json::Value = serde_json::from_str(&forms[0].1).unwrap();
        assert_eq!(json["data"][0]["y"], serde_json::json!([2.0, 3.0]));
        let image = resvg::tiny_skia::Pixmap::decode_png(&STANDARD.decode(&forms[1].1).unwrap()).unwrap();
        assert_eq!((image.width(), image.height()), (120, 100), "the size of the interactive figure");
        assert_eq!(forms[2].1, "Figure(\"EVCXR_END_CONTENT\", 1 traces)");
    }

    #[test]
    fn within_a_cell_of_this_kernel_all_forms_are_one_record() {
        let record = within_cell(Host::Lmc, &figure().forms());
        let json = record.strip_prefix("\x1b_lmc;").unwrap().strip_suffix("\x1b\\").unwrap();
        let message: Value = serde_json::from_str(json).unwrap();
        assert_eq!(message["type"], "display_data");
        let data = &message["content"]["data"];
        assert_eq!(data["application/vnd.plotly.v1+json"]["data"][0]["y"], serde_json::json!([2.0, 3.0]));
        assert!(STANDARD.decode(data["image/png"].as_str().unwrap()).unwrap().starts_with(b"\x89PNG"));
        assert_eq!(data["text/plain"], "Figure(\"EVCXR_END_CONTENT\", 1 traces)");
        assert_eq!(data.as_object().unwrap().len(), 3);
    }
}
