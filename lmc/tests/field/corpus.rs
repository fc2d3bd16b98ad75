//! Small corpora in the forms in which they are published, with invented sentences.

use std::fmt::Write;
use std::path::PathBuf;

use crate::case::Place;

const HANS_HEADER: &str = "gold_label\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse\tsentence1\tsentence2\tpairID\theuristic\tsubcase\ttemplate\n";

/// Writes `data/heuristics_evaluation_set.txt` with the first `n` pairs of an endless list and returns
/// `data`.
///
/// Every second pair is an entailment; all are of the heuristic lexical overlap.
pub fn hans(place: &Place, n: usize) -> PathBuf {
    let people = ["doctors", "lawyers", "judges", "actors", "artists", "authors", "bankers", "managers"];
    let verbs = ["helped", "saw", "thanked", "supported", "recommended", "admired", "advised"];
    let mut text = HANS_HEADER.to_owned();
    for i in 0..n {
        let (a, b) = (people[i % 8], people[(i + 1 + i / 8 % 7) % 8]);
        let verb = verbs[i / 16 % 7];
        let (gold, second, subcase) = match i % 2 {
            0 => ("non-entailment", format!("The {b} {verb} the {a} ."), "ln_subject/object_swap"),
            _ => ("entailment", format!("The {b} were {verb} by the {a} ."), "le_passive"),
        };
        let first = format!("The {a} {verb} the {b} .");
        let rest = format!("ex{i}\tlexical_overlap\t{subcase}\ttemp{}", i % 2);
        writeln!(text, "{gold}\t( x )\t( x )\t(ROOT x)\t(ROOT x)\t{first}\t{second}\t{rest}").unwrap();
    }
    place.write("data/heuristics_evaluation_set.txt", text);
    place.path("data")
}

/// Writes a raw file of CoLA with `n` sentences, whose publications come from `codes` in turn, and returns
/// its path.
pub fn cola(place: &Place, name: &str, codes: &[&str], n: usize) -> PathBuf {
    let people = ["doctors", "lawyers", "judges", "actors", "artists", "authors", "bankers", "managers"];
    let verbs = ["helped", "saw", "thanked", "supported", "recommended", "admired", "advised"];
    let mut text = String::new();
    for i in 0..n {
        let (a, b, verb) = (people[i % 8], people[(i + 1 + i / 56) % 8], verbs[i / 8 % 7]);
        let (label, mark, sentence) = match i % 3 {
            0 => (0, "*", format!("The {verb} {a} the {b}.")),
            _ => (1, "", format!("The {a} {verb} the {b}.")),
        };
        writeln!(text, "{}\t{label}\t{mark}\t{sentence}", codes[i % codes.len()]).unwrap();
    }
    place.write(name, text)
}

/// Writes HANS as [`hans`] does, but only the first `n` pairs invite the lexical overlap. Returns `data`.
///
/// The other pairs are of one word each; the split `hans-lo` has every second of the first ones.
pub fn hans_of(place: &Place, n: usize) -> PathBuf {
    let path = hans(place, n).join("heuristics_evaluation_set.txt");
    let mut text = std::fs::read_to_string(&path).unwrap();
    for i in n..30_000 {
        writeln!(
            text,
            "entailment\t( x )\t( x )\t(ROOT x)\t(ROOT x)\tthe\tthe\tex{i}\tconstituent\tce_after\ttemp1"
        )
        .unwrap();
    }
    std::fs::write(path, text).unwrap();
    place.path("data")
}

/// Writes `data/dev.tsv` with CoLA's development sentences as GLUE has them, of the splits `id` and `ood`,
/// and returns `data`.
pub fn glue_cola(place: &Place) -> PathBuf {
    let mut text = String::new();
    for i in 0..1043 {
        let end = ["slept", "helped the judges", "by near that", "the the", "saw actors"][i % 5];
        // The publications of the two splits differ.
        let source = if i < 527 { "gj04" } else { "w_80" };
        let mark = if i % 3 == 2 { "" } else { "*" };
        writeln!(text, "{source}\t{}\t{mark}\tthe doctors {end} .", i % 3 / 2).unwrap();
    }
    place.write("data/dev.tsv", text);
    place.path("data")
}

/// Writes `data/dev_matched.tsv` with MNLI's development set as GLUE has it, of the split
/// `validation_matched`, and returns `data`.
pub fn mnli(place: &Place) -> PathBuf {
    let mut text = "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\t\
                    sentence2_parse\tsentence1\tsentence2\tlabel1\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label\n"
        .to_owned();
    for i in 0..9_815 {
        let label = ["entailment", "neutral", "contradiction"][i % 3];
        writeln!(text, "{i}\t{i}\t{i}\tfiction\t\t\t\t\tthe doctors\tthe judges\t\t\t\t\t\t{label}").unwrap();
    }
    place.write("data/dev_matched.tsv", text);
    place.path("data")
}
