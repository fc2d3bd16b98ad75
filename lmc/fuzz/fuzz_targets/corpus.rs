//! Bytes as a text file of a corpus: the first byte chooses the corpus and one of its forms.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use lmc::data::corpus::Corpus;
use lmc::data::manifest::{Columns, Format, Manifest};
use lmc::data::reader::read_text;
use lmc_fuzz as _;

/// The columns of every form that is text, with the labels of its corpus.
static FORMS: LazyLock<Vec<(Columns, Vec<String>)>> = LazyLock::new(|| {
    let manifests = Corpus::names().into_iter().map(|name| Manifest::builtin(name).expect("it is built in"));
    let forms = manifests.flat_map(|manifest| {
        let labels = manifest.labels;
        let columns = manifest.columns.into_iter().chain(manifest.forms.into_iter().map(|form| form.columns));
        columns.map(move |columns| (columns, labels.clone())).collect::<Vec<_>>()
    });
    forms.filter(|(columns, _)| columns.format != Format::Parquet).collect()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((&form, text)) = bytes.split_first() else { return };
    let (columns, labels) = &FORMS[usize::from(form) % FORMS.len()];
    match read_text(text, Path::new("fuzz.tsv"), columns, labels, None, "fuzz") {
        Ok(reading) => reading.dataset.check().expect("what was read is consistent"),
        Err(error) => assert!(error.to_string().len() < 4 * text.len() + 4000, "an endless message"),
    }
});
