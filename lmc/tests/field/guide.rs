//! What the first pages of the guide do: their commands, on a small study and on the file that they show.

use crate::case::Case;

const START: &str = include_str!("../../docs/start.md");
const DATA: &str = include_str!("../../docs/data.md");
/// Makes a study that takes a second of the one that takes a minute.
const SMALL: &str = "--seeds 1,2,3,4 --n-train 64 --length 8it --points 3";

/// Returns the first box of a kind, without its borders.
fn first_box(page: &'static str, kind: &str) -> &'static str {
    let (_, rest) = page.split_once(&format!("```{kind}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

/// Returns the arguments of the lines of a page that call `lmc`.
fn calls(page: &'static str) -> impl Iterator<Item = &'static str> {
    page.lines().filter_map(|line| Some(line.strip_prefix("lmc ")?.split(" #").next().unwrap()))
}

/// The cases of this area.
pub const CASES: &[Case] = &[
    Case {
        row: "guide",
        what: "the commands of the first page",
        test: |place| {
            let told: Vec<String> =
                calls(START).map(|call| place.lmc(&format!("{call} {SMALL}")).handled()).collect();
            assert_eq!(told.len(), 3, "{told:?}");
            for line in first_box(START, "text").lines() {
                let name = line.split("  ").next().unwrap();
                assert!(told[0].contains(name), "`{name}` is not in\n{}", told[0]);
            }
            let (_, table) = START.split_once("| file | what to look at |").unwrap();
            let rows = table.split("\n\n").next().unwrap().lines().filter(|line| line.starts_with("| `"));
            let files: Vec<&str> =
                rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2)).collect();
            assert_eq!(files.len(), 8, "{files:?}");
            for file in files {
                assert!(place.path("first").join(file).exists(), "{file}");
            }
            assert!(place.path("first.html").exists() && place.path("sure/gap-intervals.png").exists());
        },
    },
    Case {
        row: "guide",
        what: "the file of the page about one's own data",
        test: |place| {
            place.write("films.csv", first_box(DATA, "csv"));
            let printed = place.lmc(calls(DATA).next().unwrap()).handled();
            assert_eq!(printed, first_box(DATA, "text"));
        },
    },
];
