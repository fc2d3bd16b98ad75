use super::*;

/// The bytes of a file, its rows, and the lines at which they begin.
fn read(bytes: &[u8], dialect: Dialect) -> Result<Vec<(usize, Vec<String>)>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    std::fs::write(&path, bytes).unwrap();
    let mut rows = CsvRows::open(&path, dialect)?;
    let mut all = vec![(1, rows.names().to_vec())];
    while let Some(row) = rows.next_row()? {
        all.push((row.line, row.fields.iter().map(|field| (*field).to_owned()).collect()));
    }
    Ok(all)
}

fn rows(bytes: &[u8]) -> Vec<(usize, Vec<String>)> {
    read(bytes, Dialect::default()).unwrap()
}

fn row(line: usize, fields: &[&str]) -> (usize, Vec<String>) {
    (line, fields.iter().map(|field| (*field).to_owned()).collect())
}

fn problem(bytes: &[u8]) -> String {
    let message = read(bytes, Dialect::default()).unwrap_err().to_string();
    message.split_once("x.csv").unwrap().1.to_owned()
}

#[test]
fn quoted_fields_hold_delimiters_breaks_and_quotes() {
    let text = b"\xef\xbb\xbfid,text\r\n1,\"a, \"\"b\"\"\r\nc\"\r\n2,d\r\n\r\n3,\"\"\r\n";
    let expected =
        [row(1, &["id", "text"]), row(2, &["1", "a, \"b\"\r\nc"]), row(4, &["2", "d"]), row(6, &["3", ""])];
    assert_eq!(rows(text), expected);
}

#[test]
fn lines_are_counted_whatever_ends_them() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["a,b", "1,2", "", "\"x", "y\",3", "4,5"].join(end);
        let lines: Vec<usize> = rows(text.as_bytes()).iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [1, 2, 4, 6], "{end:?}");
    }
}

#[test]
fn other_delimiters_and_text_without_quoting() {
    let semicolon = Dialect { delimiter: b';', quotes: true };
    assert_eq!(read(b"a;b\n\"1;2\";3,4\n", semicolon).unwrap()[1], row(2, &["1;2", "3,4"]));
    let plain = Dialect { delimiter: b'\t', quotes: false };
    assert_eq!(read(b"a\tb\n\"x\t5\" y\n", plain).unwrap()[1], row(2, &["\"x", "5\" y"]));
}

#[test]
fn columns_without_a_name_and_blanks_beyond_them() {
    // The index that pandas writes, and the commas that a spreadsheet leaves.
    assert_eq!(rows(b",text,label\n0,x,1\n")[0], row(1, &["", "text", "label"]));
    assert_eq!(
        rows(b"text,label,,\nx,1,,\ny,2\n"),
        [row(1, &["text", "label"]), row(2, &["x", "1"]), row(3, &["y", "2"])]
    );
    assert_eq!(rows(b"text\nx\n\ny\n").len(), 3);
}

#[test]
fn what_is_wrong_is_reported_with_its_line() {
    for (text, expected) in [
        (&b""[..], ":1: no header: the file is empty; "),
        (b"a,b,a\n1,2,3\n", ":1: column `a` is there twice; "),
        (b"a,b\n1,\"x\n2,y\n3,z\n", ":2: a quote that opens here is never closed; "),
        (b"a,b\n1,x\n\n\"2,y\n", ":4: a quote that opens here is never closed; "),
        (b"a,b\n1,\"x\ny\xe9\"\n", ":3: not UTF-8: byte 4 of column `b` is 0xE9; convert it: iconv"),
        (b"a,b\n1,x\0y\n", ":2: a NUL byte at byte 2 of column `b`"),
    ] {
        let problem = problem(text);
        assert!(problem.starts_with(expected), "{problem}");
    }
}

#[test]
fn a_row_of_another_length_may_come_from_an_open_quote() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    std::fs::write(&path, "a,b\n1,\"x\n2,y\n3,\"z\",4\n").unwrap();
    let mut rows = CsvRows::open(&path, Dialect::default()).unwrap();
    let n = rows.next_row().unwrap().unwrap().fields.len();
    let message = rows.other_length(n).to_string();
    assert!(
        message.contains(":2: 3 fields instead of 2 (a, b); a quote that opens at line 2 may not be closed"),
        "{message}"
    );
}

#[test]
fn no_row_takes_more_memory_than_is_allowed() {
    let mut text = b"a,b\n1,\"".to_vec();
    text.resize(LONGEST + 3 * BLOCK, b'x');
    assert!(problem(&text).starts_with(":2: a quote that opens here is not closed within 16 MB"));
    let text = vec![b'x'; LONGEST + 3 * BLOCK];
    assert!(problem(&text).starts_with(":1: a row of more than 16 MB"));
}

#[test]
fn a_row_that_lies_across_blocks_is_whole() {
    let long = "long ".repeat(BLOCK / 2);
    let text = format!("a,b\n\"{long}\",2\n{long}\"\",3\n");
    assert_eq!(rows(text.as_bytes())[1..], [row(2, &[&long, "2"]), row(3, &[&format!("{long}\"\""), "3"])]);
}

#[test]
fn a_name_that_is_nearly_a_column_is_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    std::fs::write(&path, "sentence,label\nx,1\n").unwrap();
    let rows = CsvRows::open(&path, Dialect::default()).unwrap();
    let message = rows.position("sentense").unwrap_err().to_string();
    assert!(
        message
            .contains("x.csv:1: unknown column `sentense`; known: sentence, label; did you mean `sentence`?"),
        "{message}"
    );
}
