//! Files of corpora as they are in the wild: parts of corpora, other line ends, other folders, Parquet of
//! other programs.

use std::path::PathBuf;

use crate::case::{Case, Place};
use crate::corpus::{cola, hans};
use crate::model::Model;

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case { row: "parts", what: "a head of HANS", test: head_of_hans },
    Case { row: "parts", what: "a head of CoLA's development set", test: head_of_cola },
    Case { row: "parts", what: "a part of GLUE's development set of CoLA", test: part_of_glue },
    Case { row: "parts", what: "a subset of HANS of which the part has no pair", test: empty_subset },
    Case { row: "parts", what: "a header and no rows", test: no_rows },
    Case { row: "parts", what: "a head of CoLA's training set", test: finetune_a_part },
    Case { row: "parts", what: "more examples than published", test: more_than_published },
    Case { row: "line ends", what: "CRLF, byte order mark, UTF-16, old Mac, blank lines", test: line_ends },
    Case { row: "line ends", what: "compressed by gzip", test: compressed },
    Case { row: "line ends", what: "blanks after the last column", test: trailing_blanks },
    Case { row: "columns", what: "rows of QQP with too few and too many columns", test: qqp_columns },
    Case { row: "columns", what: "rows of CoLA with too few columns", test: cola_columns },
    Case { row: "folders", what: "GLUE's names, any case, the folder and the ones above", test: folders },
    Case { row: "folders", what: "folders that are not there", test: no_folders },
    Case { row: "folders", what: "files for a task that reads none", test: generated },
    Case { row: "texts", what: "byte strings as Python 3 prints them", test: byte_strings },
    Case { row: "digest", what: "as many examples as published with another content", test: damaged },
];

const HANS: &str = "evaluate base --corpus hans --split hans-lo --data data";

/// Writes a classifier of acceptability and returns the arguments that evaluate it.
fn acceptability(place: &Place) -> &'static str {
    Model::bert().outputs(&["unacceptable", "acceptable", "neutral"]).two_outputs().save(place, "base");
    "evaluate base --corpus cola --data data --split"
}

fn generated(place: &Place) {
    let study = "--n-train 64 --length 1it --seeds 1";
    let problem = "none: the examples of mini-nli are generated, no files are read";
    for task in ["mini-nli", "mini-nli-lp-ft"] {
        place.lmc(&format!("finetune {task} {study} --data nowhere")).refused(&[
            "`data`: got",
            "nowhere",
            problem,
        ]);
        place
            .lmc(&format!("finetune {task} {study} --unverified"))
            .refused(&["`unverified`: got true", problem]);
    }
    place.write("study.toml", "task = 'mini-nli'\ndata = 'x'\n");
    place.lmc(&format!("finetune study.toml {study}")).refused(&["`data`: got", problem]);
    assert_eq!(place.n_stored(), 0);
}

fn byte_strings(place: &Place) {
    let evaluate = acceptability(place);
    let rows = |quoted: fn(&str) -> String| {
        ["The doctors slept .", "They saw the judges .", "It's the lawyers ."]
            .map(|text| format!("gj04\t1\t\t{}\n", quoted(text)))
            .concat()
    };
    let file = "data/in_domain_dev.tsv";
    for quoted in [|text: &str| format!("b'{text}'"), |text: &str| format!("b\"{text}\"")] {
        place.write(file, rows(quoted));
        place.lmc(&format!("{evaluate} id")).refused(&[
            "in_domain_dev.tsv: every text of a column is a byte string as Python 3 prints it (b'...')",
            "decode the texts",
        ]);
    }
    // Quotes around the column change nothing, nor does a second column that is as it should be.
    place.write(file, rows(|text| format!("\"b'{text}'\"")));
    place.lmc(&format!("{evaluate} id")).refused(&["every text of a column is a byte string"]);
    let questions = "id\tsentence1\tsentence2\tlabel\n1\tthe doctors\tb'the judges'\t0\n2\tthe actors\tb'the actors'\t1\n";
    place.write("paws/dev_and_test.tsv", questions);
    place
        .lmc("evaluate base --corpus paws-qqp --split id --data paws --labels not_duplicate,duplicate")
        .refused(&["dev_and_test.tsv: every text of a column is a byte string"]);
    assert_eq!(place.n_stored(), 0);
    // A text that is quoted alone stays as it is.
    place.write(file, rows(|text| text.to_owned()) + "gj04\t1\t\tb'the'\n");
    place.lmc(&format!("{evaluate} id")).handled();
}

fn head_of_hans(place: &Place) {
    hans(place, 1000);
    Model::bert().save(place, "base");
    let printed = place
        .lmc(HANS)
        .noted(&["note: data/heuristics_evaluation_set.txt: 1000 examples, a part of the published 30000"]);
    // Every second pair is no entailment.
    assert!(printed.contains("500"), "{printed}");
}

fn head_of_cola(place: &Place) {
    let evaluate = acceptability(place);
    cola(place, "data/in_domain_dev.tsv", &["gj04"], 100);
    let parts = [
        "note: data/in_domain_dev.tsv: 100 examples, a part of the published 527",
        "(SHA-256 ",
        "… instead of 77176f6a…)",
    ];
    place.lmc(&format!("{evaluate} id")).noted(&parts);
}

fn part_of_glue(place: &Place) {
    let evaluate = acceptability(place);
    // The publications are some in the domain of the training set and some outside, mixed.
    cola(place, "data/CoLA/dev.tsv", &["gj04", "swb04", "ks08", "c-05", "w_80"], 50);
    let printed = place
        .lmc(&format!("{evaluate} id,ood"))
        .noted(&["20 examples, a part of the published 527", "30 examples, a part of the published 516"]);
    assert!(printed.contains("20") && printed.contains("30"), "{printed}");
    cola(place, "data/CoLA/dev.tsv", &["gj04", "new09"], 10);
    place.lmc(&format!("{evaluate} id")).refused(&["dev.tsv:2: `new09` instead of one of ad03"]);
}

fn empty_subset(place: &Place) {
    hans(place, 1000);
    Model::bert().save(place, "base");
    place.lmc("evaluate base --corpus hans --split hans-lo,hans-constituent --data data").refused(&[
        "hans-constituent, of which the 1000 examples of the file have none",
        "hans-lo (500), hans-lo-entailed (500)",
    ]);
    assert_eq!(place.n_stored(), 0);
}

fn no_rows(place: &Place) {
    hans(place, 0);
    Model::bert().save(place, "base");
    place.lmc(HANS).refused(&["heuristics_evaluation_set.txt: no examples"]);
    place.write("data/heuristics_evaluation_set.txt", "");
    place.lmc(HANS).refused(&["heuristics_evaluation_set.txt:1: no header"]);
}

fn finetune_a_part(place: &Place) {
    acceptability(place);
    for (file, codes) in
        [("in_domain_train", &["gj04"]), ("in_domain_dev", &["ks08"]), ("out_of_domain_dev", &["swb04"])]
    {
        cola(place, &format!("data/CoLA/{file}.tsv"), codes, 40);
    }
    let finetune = "finetune cola --data data --encoder base --seeds 1 --length 2it";
    let printed = place
        .lmc(finetune)
        .noted(&["data/CoLA/in_domain_train.tsv: 40 examples, a part of the published 8551"]);
    // Other content is another run. The same content is found again, whatever the ends of its lines.
    let run = |printed: &str| printed.lines().nth(1).unwrap().to_owned();
    let text = std::fs::read_to_string(place.path("data/CoLA/in_domain_train.tsv")).unwrap();
    place.write("data/CoLA/in_domain_train.tsv", format!("\u{feff}{}\r\n\r\n", text.replace('\n', "\r\n")));
    assert_eq!(run(&place.lmc(finetune).handled()), run(&printed));
    place.write("data/CoLA/in_domain_train.tsv", text.replacen("doctors", "lawyers", 1));
    assert_ne!(run(&place.lmc(finetune).handled()), run(&printed));
    place
        .lmc("finetune cola --data data --encoder base --seeds 1 --n-train 41")
        .refused(&["`n_train`: got 41, expected 1 to 40"]);
}

fn more_than_published(place: &Place) {
    hans(place, 30_002);
    Model::bert().save(place, "base");
    place.lmc(HANS).refused(&["30002 examples; the published file has 30000 examples", "--unverified"]);
    place.lmc(&format!("{HANS} --unverified")).noted(&["30002 examples, not those of the published file"]);
}

fn line_ends(place: &Place) {
    hans(place, 200);
    Model::bert().save(place, "base");
    let path = place.path("data/heuristics_evaluation_set.txt");
    let text = std::fs::read_to_string(&path).unwrap();
    let expected = place.lmc(HANS).handled();
    let crlf = text.replace('\n', "\r\n");
    let utf_16 = |unit: fn(u16) -> [u8; 2]| {
        "\u{feff}"
            .chars()
            .chain(crlf.chars())
            .collect::<String>()
            .encode_utf16()
            .flat_map(unit)
            .collect::<Vec<u8>>()
    };
    let others: [Vec<u8>; 8] = [
        crlf.clone().into(),
        format!("\u{feff}{text}").into(),
        format!("\u{feff}{crlf}\r\n\r\n").into(),
        utf_16(u16::to_le_bytes),
        utf_16(u16::to_be_bytes),
        text.replace('\n', "\r").into(),
        format!("{text}\n \n\t\n").into(),
        text.trim_end().into(),
    ];
    for (i, other) in others.into_iter().enumerate() {
        std::fs::write(&path, other).unwrap();
        assert_eq!(place.lmc(HANS).handled(), expected, "form {i}");
    }
    std::fs::write(
        &path,
        text.replacen("doctors", "d\u{f8}ctors", 1).chars().map(|c| c as u8).collect::<Vec<u8>>(),
    )
    .unwrap();
    place.lmc(HANS).refused(&["heuristics_evaluation_set.txt:2: not UTF-8"]);
}

fn compressed(place: &Place) {
    hans(place, 200);
    Model::bert().save(place, "base");
    let expected = place.lmc(HANS).handled();
    let path = place.path("data/heuristics_evaluation_set.txt");
    assert!(std::process::Command::new("gzip").arg(&path).status().unwrap().success());
    assert_eq!(place.lmc(HANS).handled(), expected);
    let packed = std::fs::read(place.path("data/heuristics_evaluation_set.txt.gz")).unwrap();
    place.write("data/heuristics_evaluation_set.txt.gz", &packed[..packed.len() / 2]);
    place.lmc(HANS).refused(&["unpack data/heuristics_evaluation_set.txt.gz: "]);
}

fn trailing_blanks(place: &Place) {
    hans(place, 200);
    Model::bert().save(place, "base");
    let path = place.path("data/heuristics_evaluation_set.txt");
    let text = std::fs::read_to_string(&path).unwrap();
    let expected = place.lmc(HANS).handled();
    for end in [" \n", "\t\n", "\t\t \r\n"] {
        std::fs::write(&path, text.replace('\n', end)).unwrap();
        assert_eq!(place.lmc(HANS).handled(), expected, "{end:?}");
    }
    std::fs::write(&path, text.replacen("entailment\t", "entailment \t", 3)).unwrap();
    assert_eq!(place.lmc(HANS).handled(), expected);
}

fn qqp_columns(place: &Place) {
    Model::bert().outputs(&["not_duplicate", "duplicate", "other"]).two_outputs().save(place, "base");
    let head = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n";
    let row = "1\t2\t3\tthe doctors\tthe judges\t1\n2\t3\t4\tthe actors\tthe actors\t0\n";
    let evaluate = "evaluate base --corpus qqp --split validation --data data";
    place.write("data/QQP/dev.tsv", format!("{head}{row}"));
    let expected = place.lmc(evaluate).noted(&["2 examples, a part of the published 40430"]);
    // A line break inside a question makes two short rows, a tab inside makes a long one.
    let broken =
        format!("{head}3\t4\t5\tWho\nsaw\tthe judges\t1\n{row}4\t5\t6\tthe\tdoctors\tthe judges\t0\n");
    place.write("data/QQP/dev.tsv", broken);
    let notes = ["dev.tsv:6: 1 row is skipped, with more columns", "2 examples, a part"];
    assert_eq!(place.lmc(evaluate).noted(&notes), expected);
}

fn cola_columns(place: &Place) {
    let evaluate = acceptability(place);
    cola(place, "data/in_domain_dev.tsv", &["gj04"], 10);
    let path = place.path("data/in_domain_dev.tsv");
    let text = std::fs::read_to_string(&path).unwrap();
    // The file lacks the column of the author's mark, and its last line is cut off.
    std::fs::write(&path, text.replacen("\t\t", "\t", 1)).unwrap();
    place
        .lmc(&format!("{evaluate} id"))
        .refused(&["in_domain_dev.tsv:2: 3 columns instead of source, label, author_mark, sentence"]);
    std::fs::write(&path, format!("{text}gj04\t1")).unwrap();
    place.lmc(&format!("{evaluate} id")).refused(&["in_domain_dev.tsv:11: 2 columns instead of"]);
}

fn folders(place: &Place) {
    acceptability(place);
    for (i, folder) in ["glue_data/CoLA", "a/cola", "b/COLA", "c", "d/GLUE/CoLA", "e/cola_public/raw"]
        .into_iter()
        .enumerate()
    {
        for (file, code) in
            [("in_domain_train", "gj04"), ("in_domain_dev", "ks08"), ("out_of_domain_dev", "swb04")]
        {
            cola(place, &format!("{folder}/{file}.tsv"), &[code], 40 + i);
        }
        let parent = folder.split('/').next().unwrap();
        for data in [parent, folder] {
            place
                .lmc(&format!("evaluate base --corpus cola --split id --data {data}"))
                .noted(&[&format!("{} examples", 40 + i)]);
            place
                .lmc(&format!("finetune cola --data {data} --encoder base --seeds 1 --length 1it"))
                .handled();
        }
    }
    hans(place, 100);
    std::fs::create_dir(place.path("nli")).unwrap();
    std::fs::rename(place.path("data"), place.path("nli/HANS")).unwrap();
    Model::bert().save(place, "nli-base");
    for data in ["nli", "nli/HANS"] {
        place.lmc(&format!("evaluate nli-base --corpus hans --split hans-lo --data {data}")).handled();
    }
}

fn no_folders(place: &Place) {
    acceptability(place);
    std::fs::create_dir_all(place.path("glue_data/CoLA")).unwrap();
    let evaluate = "evaluate base --corpus cola --split id --data";
    let files = "it has none of in_domain_dev.tsv, dev.tsv, cola/validation-00000-of-00001.parquet";
    place.lmc(&format!("{evaluate} glue_data")).refused(&[files, "nor has its folder CoLA"]);
    place.lmc(&format!("{evaluate} base")).refused(&[files, "and no folder cola"]);
    place.lmc(&format!("{evaluate} nowhere")).refused(&["read nowhere: No such file or directory"]);
    place
        .lmc(&format!("{evaluate} base/config.json"))
        .refused(&["read base/config.json: it is a file, give the folder that has it"]);
    place
        .lmc("finetune cola --encoder base --data glue_data")
        .refused(&["in_domain_train.tsv", "nor has its folder CoLA"]);
    assert_eq!(place.n_stored(), 0);
}

fn damaged(place: &Place) {
    let evaluate = acceptability(place);
    let path: PathBuf = cola(place, "data/in_domain_dev.tsv", &["gj04"], 527);
    let parts = [
        "data/in_domain_dev.tsv: 527 examples in ",
        "the published in_domain_dev.tsv has 527 examples in 25957 bytes with SHA-256 77176f6a03",
        "--unverified",
    ];
    place.lmc(&format!("{evaluate} id")).refused(&parts);
    place
        .lmc(&format!("{evaluate} id --unverified"))
        .noted(&["note: data/in_domain_dev.tsv: 527 examples, not those of the published file"]);
    let parts = ["data/in_domain_dev.tsv: 527 examples in ", "--unverified"];
    for (file, code, n) in [("in_domain_train", "gj04", 40), ("out_of_domain_dev", "swb04", 40)] {
        cola(place, &format!("data/{file}.tsv"), &[code], n);
    }
    let finetune = "finetune cola --data data --encoder base --seeds 1 --length 1it";
    place.lmc(finetune).refused(&parts);
    let with_flag = place.lmc(&format!("{finetune} --unverified")).handled();
    let spec =
        place.lmc("spec cola --data data --encoder base --seeds 1 --length 1it --unverified").handled();
    assert!(spec.contains("unverified = true"), "{spec}");
    place.write("study.toml", spec);
    assert_eq!(place.lmc("finetune study.toml").handled(), with_flag);
    assert!(path.is_file());
}
