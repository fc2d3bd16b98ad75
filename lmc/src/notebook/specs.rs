//! The display of studies in a notebook.

use std::path::PathBuf;

use lmc_base::show::{Fields, Forms, Show, listed, seeds};

use crate::spec::{Embedded, Encoder, beginning, pooler};
use crate::study::{Study, StudySpec};

impl Show for StudySpec {
    fn forms(&self) -> Forms {
        Fields { heading: "StudySpec".into(), rows: rows_of(self) }.forms()
    }
}

impl Show for Study {
    fn forms(&self) -> Forms {
        let task = self.task();
        let sets: Vec<String> =
            task.sets.iter().map(|set| format!("{} ({})", set.dataset.name, set.encoded.len())).collect();
        let mut rows = rows_of(self.spec());
        let digest = format!("{}{}", beginning(&task.model.sha256), pooler(&task.model));
        let of = if task.pretrained.is_some() { "digest of the encoder" } else { "digest of the models" };
        rows.extend([
            ("evaluation sets", sets.join(", ")),
            ("parameters", task.classifier.layout().n_parameters().to_string()),
            ("digest of the training set", beginning(&task.train_sha256)),
            (of, digest),
            ("store", self.store().root().display().to_string()),
        ]);
        Fields { heading: format!("Study of {}", task.model.name), rows }.forms()
    }
}

fn shown_encoder(encoder: &Encoder) -> String {
    match encoder {
        Encoder::Embedded(Embedded::Bert) => "embedded".to_owned(),
        other => other.to_string(),
    }
}

fn rows_of(spec: &StudySpec) -> Vec<(&'static str, String)> {
    let StudySpec { task, recipe, seeds: all, data, unverified, encoder, stack, models } = spec;
    let folder = |folder: &Option<PathBuf>| {
        folder.as_ref().map_or_else(|| "embedded".to_owned(), |folder| folder.display().to_string())
    };
    let files = if *unverified { " (unverified)" } else { "" };
    if let Some(given) = models {
        let names = given.names().unwrap_or_default();
        return vec![
            ("task", format!("{}, {} training examples", task.name(), task.n_train())),
            ("models from elsewhere", given.models.len().to_string()),
            ("names", listed(&names)),
            ("data", folder(data) + files),
        ];
    }
    vec![
        ("task", format!("{}, {} training examples", task.name(), task.n_train())),
        ("recipe", format!("{}, {} in batches of {}", recipe.name, recipe.length, recipe.batch_size)),
        ("copies", all.len().to_string()),
        ("seeds", seeds(all)),
        ("trained side by side", stack.to_string()),
        ("data", folder(data) + files),
        ("encoder", shown_encoder(encoder)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(shown: &impl Show) -> String {
        let forms = shown.forms();
        assert_eq!((forms[0].0, forms[1].0), ("text/html", "text/plain"));
        assert!(forms[0].1.starts_with("<table>") && !forms[0].1.contains('\n'));
        forms[1].1.clone()
    }

    #[test]
    fn a_study_in_words() {
        let text = text(&StudySpec { data: Some("/data <cola>".into()), ..StudySpec::mini_nli(0) });
        assert!(text.contains("seeds                 100 to 115"), "{text}");
        assert!(text.contains("/data <cola>") && text.contains("embedded"), "{text}");
        let html = &StudySpec { data: Some("/data <cola>".into()), ..StudySpec::mini_nli(0) }.forms()[0].1;
        assert!(html.contains("/data &lt;cola&gt;"), "{html}");
    }
}
