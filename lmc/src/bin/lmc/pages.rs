//! Checks the pages of the guide against the command: every command in them is one that it takes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory, Parser};

use crate::arguments::joined;
use crate::cli::Cli;
use crate::result_files::FILES;

/// Returns the README and the pages of the guide, with their text.
fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = std::fs::read_dir(root.join("docs")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "md"));
    paths.extend(["../README.md", "benches/README.md"].map(|page| root.join(page)));
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

/// Returns the boxes of a page that a shell would read, and the code within its lines.
fn code(page: &str) -> (Vec<String>, Vec<String>) {
    let (mut boxes, mut prose, mut kind) = (Vec::new(), String::new(), None);
    for line in page.lines() {
        match (line.strip_prefix("```"), kind) {
            (Some(name), None) => {
                kind = Some(name);
                boxes.extend((name == "sh").then(String::new));
            }
            (Some(_), Some(_)) => kind = None,
            (None, Some("sh")) => boxes.last_mut().unwrap().extend([line, "\n"]),
            (None, Some(_)) => {}
            (None, None) => prose.extend([line, " "]),
        }
    }
    (boxes, prose.split('`').skip(1).step_by(2).map(str::to_owned).collect())
}

/// Returns the words of the calls of `lmc` in lines of a shell: quotes are taken away, comments, redirections
/// and variables in front left out.
fn calls(script: &str) -> Vec<Vec<String>> {
    let (mut all, mut words): (Vec<Vec<String>>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut word, mut quote) = (None::<String>, None);
    let mut letters = script.chars().chain(['\n']).peekable();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            (_, Some(end)) if letter == end => quote = None,
            (_, Some(_)) => word.get_or_insert_default().push(letter),
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            ('\\', None) => drop(letters.next_if_eq(&'\n')),
            ('#', None) if word.is_none() => while letters.next_if(|next| *next != '\n').is_some() {},
            (' ' | '\n' | ';' | '|' | '&' | '>', None) => {
                words.extend(word.take());
                match letter {
                    ' ' => {}
                    '>' => words.push(">".to_owned()),
                    _ => all.push(std::mem::take(&mut words)),
                }
            }
            (_, None) => word.get_or_insert_default().push(letter),
        }
    }
    let call = |words: Vec<String>| -> Vec<String> {
        let named = words.into_iter().skip_while(|word| word.contains('=') && !word.starts_with('-'));
        named.take_while(|word| word != ">").collect()
    };
    all.into_iter().map(call).filter(|words| words.first().is_some_and(|word| word == "lmc")).collect()
}

/// Returns the command of those words: a verb, or the verb below a verb.
fn verb<'a>(lmc: &'a Command, words: &[String]) -> Option<&'a Command> {
    let verb = lmc.find_subcommand(words.first()?)?;
    words.get(1).and_then(|word| verb.find_subcommand(word)).or(Some(verb))
}

fn has(verb: &Command, option: &str) -> bool {
    option == "--help"
        || verb.get_arguments().any(|argument| argument.get_long() == option.strip_prefix("--"))
}

#[test]
fn every_command_of_the_pages_is_taken() {
    let (mut faults, mut n) = (Vec::new(), 0);
    for (path, page) in pages() {
        for words in code(&page).0.iter().flat_map(|lines| calls(lines)) {
            n += 1;
            let line = words.join(" ");
            if let Err(error) = Cli::try_parse_from(joined(words.into_iter().map(Into::into)))
                && error.exit_code() != 0
            {
                faults.push(format!("{}: {line}\n{error}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(n > 50, "{n} commands");
}

#[test]
fn verbs_and_options_within_lines_are_those_of_the_command() {
    let (lmc, mut faults) = (Cli::command(), Vec::new());
    for (path, page) in pages() {
        for words in code(&page).1.iter().flat_map(|span| calls(span)) {
            let named = &words[1..];
            let about_all =
                named.first().is_none_or(|word| word == "VERB" || has(&lmc, word) || word == "--version");
            let known = verb(&lmc, named).is_some_and(|verb| {
                let mut options = named.iter().filter(|word| word.starts_with("--"));
                options.all(|option| has(verb, option.split('=').next().unwrap()))
            });
            if !about_all && !known {
                faults.push(format!("{}: `{}`", path.display(), words.join(" ")));
            }
        }
    }
    assert!(faults.is_empty(), "no such verb or option:\n{}", faults.join("\n"));
}

#[test]
fn the_page_of_verbs_has_every_verb_with_its_options_and_files() {
    let lmc = Cli::command();
    let page = include_str!("../../../docs/verbs.md");
    let spans =
        |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let rows: Vec<Vec<Vec<String>>> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split('|').skip(1).map(spans).collect())
        .collect();
    let (options, verbs): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row[0][0].starts_with("--"));
    let named: BTreeSet<&str> = verbs.iter().map(|row| row[0][0].as_str()).collect();
    let known: BTreeSet<&str> = lmc.get_subcommands().map(Command::get_name).collect();
    assert_eq!(named, known, "lmc/docs/verbs.md names other verbs than there are");
    for row in &verbs {
        let written = FILES.iter().find(|(verb, _)| *verb == row[0][0]).map_or(&[][..], |(_, files)| *files);
        for file in row[2].iter().filter(|span| span.contains('.')) {
            assert!(written.contains(&file.as_str()), "{} does not write {file}", row[0][0]);
        }
    }
    assert!(options.len() > 5, "{options:?}");
    for row in options {
        for verb in &row[2] {
            let command = lmc.find_subcommand(verb).unwrap_or_else(|| panic!("no verb {verb}"));
            let absent: Vec<&String> = row[0].iter().filter(|option| !has(command, option)).collect();
            assert!(absent.is_empty(), "{verb} has no {absent:?}");
        }
    }
}

#[test]
fn calls_are_found_in_lines_of_a_shell() {
    let lines =
        "cd x && A=1 lmc sweep 'a b' --set \"id\" > file   # lmc none\nlmc spec \\\n  cola | head; echo lmc";
    let expected: [&[&str]; 2] = [&["lmc", "sweep", "a b", "--set", "id"], &["lmc", "spec", "cola"]];
    assert_eq!(calls(lines), expected);
    let page = "Say `lmc sweep` and\n```sh\nlmc spec\n```\n```rust\nlmc none\n```\nthen `--out\nx`.\n";
    let expected = (vec!["lmc spec\n".to_owned()], vec!["lmc sweep".to_owned(), "--out x".to_owned()]);
    assert_eq!(code(page), expected);
}
