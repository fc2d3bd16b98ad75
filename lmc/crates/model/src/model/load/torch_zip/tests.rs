use std::io::Write;
use std::path::Path;

use zip::write::{SimpleFileOptions, ZipWriter};

use super::*;

fn file() -> File<'static> {
    File { path: Path::new("x.bin"), remedy: "make it again" }
}

/// A zip archive of stored entries.
fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A tensor: name, storage, number of elements there, offset, shape, strides.
type Row<'a> = (&'a str, &'a str, u32, u32, &'a [u32], &'a [u32]);

/// The pickle of tensors, all f32.
fn pickle(tensors: &[Row]) -> Vec<u8> {
    let text = |text: &str| [&b"X"[..], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat();
    let integer = |n: &u32| [&b"J"[..], &n.to_le_bytes()].concat();
    let tuple =
        |axes: &[u32]| [b"(", axes.iter().flat_map(integer).collect::<Vec<u8>>().as_slice(), b"t"].concat();
    let mut pickle = b"\x80\x02}(".to_vec();
    for (name, storage, n, offset, shape, strides) in tensors {
        pickle.extend(
            [text(name), b"ctorch._utils\n_rebuild_tensor_v2\n((".to_vec(), text("storage")].concat(),
        );
        pickle
            .extend([b"ctorch\nFloatStorage\n", text(storage).as_slice(), b"N", &integer(n), b"tQ"].concat());
        pickle.extend([integer(offset), tuple(shape), tuple(strides), b"\x89NtR".to_vec()].concat());
    }
    [&pickle, &b"u."[..]].concat()
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn problem(bytes: &[u8]) -> String {
    let error = tensors(bytes, &file()).unwrap_err().to_string();
    error.strip_prefix("x.bin: ").unwrap_or_else(|| panic!("{error}")).to_owned()
}

#[test]
fn tensors_of_a_shared_storage_are_copies_of_their_own() {
    let described = pickle(&[
        ("all", "0", 6, 0, &[2, 3], &[3, 1]),
        ("transposed", "0", 6, 0, &[3, 2], &[1, 3]),
        ("end", "0", 6, 5, &[], &[]),
        ("empty", "0", 6, 0, &[0, 4], &[4, 1]),
        ("other", "k", 1, 0, &[1], &[1]),
    ]);
    let numbers = floats(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    let (little, one) = (b"little", floats(&[9.0]));
    let entries: [(&str, &[u8]); 5] = [
        ("a/data.pkl", &described),
        ("a/byteorder", little),
        ("a/data/0", &numbers),
        ("a/data/k", &one),
        ("a/version", b"3\n"),
    ];
    let tensors = tensors(&archive(&entries), &file()).unwrap();
    let flat = |name: &str| Vec::<f32>::try_from(tensors[name].reshape([-1])).unwrap();
    assert_eq!(flat("all"), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(
        (flat("transposed"), tensors["transposed"].size()),
        (vec![0.0, 3.0, 1.0, 4.0, 2.0, 5.0], vec![3, 2])
    );
    assert_eq!((flat("end"), flat("other")), (vec![5.0], vec![9.0]));
    assert_eq!(tensors["empty"].size(), [0, 4]);
    let _ = tensors["all"].shallow_clone().fill_(7.0);
    assert_eq!(flat("end"), [5.0]);
}

#[test]
fn tensors_that_do_not_fit_their_storage_are_refused() {
    let numbers = floats(&[0.0; 6]);
    let mut found = Vec::new();
    for tensor in [
        ("w", "0", 6, 1, &[2, 3][..], &[3, 1][..]),
        ("w", "0", 6, 0, &[2, 3], &[4, 1]),
        ("w", "0", 6, 0, &[u32::MAX], &[1]),
        ("w", "0", 6, 0, &[2, 3], &[1]),
        ("w", "0", 5, 0, &[5], &[1]),
        ("w", "0", 6, 0, &[25], &[0]),
        ("w", "1", 6, 0, &[6], &[1]),
    ] {
        found.push(problem(&archive(&[("a/data.pkl", &pickle(&[tensor])), ("a/data/0", &numbers)])));
    }
    for found in &found[..4] {
        assert!(
            found.starts_with("tensor w: Strided {") && found.contains("does not lie in a storage of 6"),
            "{found}"
        );
    }
    assert!(found[4].starts_with("tensor w: a storage of 5 Float has 24 bytes"), "{}", found[4]);
    assert!(found[5].contains("more than 4 times as many elements"), "{}", found[5]);
    assert!(found[6].starts_with("tensor w: the archive has no data/1"), "{}", found[6]);
    let five = ["a", "b", "c", "d", "e"].map(|name| (name, "0", 6, 0, &[6][..], &[1][..]));
    let tied = |n: usize| archive(&[("a/data.pkl", &pickle(&five[..n])), ("a/data/0", &numbers)]);
    assert_eq!(tensors(&tied(4), &file()).unwrap().len(), 4);
    assert!(problem(&tied(5)).starts_with("tensor e: the tensors of one storage have more than 4 times"));
}

#[test]
fn damaged_archives_are_refused() {
    let (described, numbers) = (pickle(&[("w", "0", 1, 0, &[1], &[1])]), floats(&[0.5]));
    let entries: [(&str, &[u8]); 2] = [("a/data.pkl", &described), ("a/data/0", &numbers)];
    let whole = archive(&entries);
    assert_eq!(tensors(&whole, &file()).unwrap()["w"], Tensor::from_slice(&[0.5f32]));
    for n in 0..whole.len() {
        assert!(!problem(&whole[..n]).is_empty());
    }
    // One bit of an element: the checksum finds it.
    let at = whole.windows(4).position(|window| window == numbers).unwrap();
    let mut flipped = whole.clone();
    flipped[at] ^= 1;
    assert!(problem(&flipped).starts_with("zip entry a/data/0: "));
    // A size that the archive cannot have, in its list of entries.
    let mut larger = whole.clone();
    let directory = whole.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    larger[directory + 20..directory + 28].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f]);
    let found = problem(&larger);
    assert!(found.starts_with("the zip entries have 2147") || found.contains("zip"), "{found}");
}

#[test]
fn files_that_are_no_state_dict_of_a_little_endian_machine_are_refused() {
    let described = pickle(&[]);
    for (entries, expected) in [
        (vec![("a/x", &b""[..])], "the archive has 0 data.pkl instead of one"),
        (vec![("a/data.pkl", &described), ("b/data.pkl", &described)], "the archive has 2 data.pkl"),
        (vec![("a/data.pkl", &described), ("a/byteorder", b"big")], "byte order `big`, expected `little`"),
        (vec![("a/data.pkl", b"\x80\x02cos\nsystem\n.")], "the pickle's GLOBAL at byte 2 names `os.system`"),
        (
            vec![("a/data.pkl", &vec![b'N'; MAX_BYTES + 1])],
            "zip entry a/data.pkl: has 4194305 bytes, at most",
        ),
    ] {
        let found = problem(&archive(&entries));
        assert!(found.starts_with(expected), "{found}");
    }
    assert!(problem(b"").starts_with("not a complete zip archive of torch.save"));
}
