//! Bytes as a text file of a corpus: the first byte chooses the corpus and one of its forms.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lmc::data::corpus::Corpus;
use lmc::data::manifest::{Columns, Format, Manifest, ShortRows};
use lmc::data::reader::read_text;
use lmc_fuzz as _;

/// The columns of every form that is text, also as comma-separated text, with the labels of its corpus.
static FORMS: LazyLock<Vec<(Columns, Vec<String>)>> = LazyLock::new(|| {
    let manifests = Corpus::names().into_iter().map(|name| Manifest::builtin(name).expect("it is built in"));
    let forms = manifests.flat_map(|manifest| {
        let labels = manifest.labels;
        let columns = manifest.columns.into_iter().chain(manifest.forms.into_iter().map(|form| form.columns));
        columns.map(move |columns| (columns, labels.clone())).collect::<Vec<_>>()
    });
    let texts = forms.filter(|(columns, _)| columns.format != Format::Parquet);
    // The same columns with commas and quotes between them.
    let with_commas = |(columns, labels): (Columns, Vec<String>)| {
        let is_tabbed = columns.format == Format::Tsv;
        let csv = Columns { format: Format::Csv, short_rows: ShortRows::Refuse, ..columns.clone() };
        [Some(columns), is_tabbed.then_some(csv)]
            .into_iter()
            .flatten()
            .map(move |columns| (columns, labels.clone()))
    };
    texts.flat_map(with_commas).collect()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((&form, text)) = bytes.split_first() else { return };
    let (columns, labels) = &FORMS[usize::from(form) % FORMS.len()];
    match read_text(text, Path::new("fuzz.tsv"), columns, labels, None, "fuzz") {
        Ok(reading) => reading.dataset.check().expect("what was read is consistent"),
        Err(error) => assert!(error.to_string().len() < 4 * text.len() + 4000, "an endless message"),
    }
});
