use std::path::Path;

use super::*;

/// A storage of a file: its key, its type, its elements and their number in the pickle.
type Held<'a> = (&'a str, &'a str, Vec<u8>, u32);

fn text(text: &str) -> Vec<u8> {
    [&b"X"[..], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

fn integer(n: u32) -> Vec<u8> {
    [&b"J"[..], &n.to_le_bytes()].concat()
}

/// The opcodes of a vector `name` in a storage, from an element on, with the opcodes of the view.
fn vector(name: &str, (key, kind, _, n): &Held, offset: u32, length: u32, view: &[u8]) -> Vec<u8> {
    let id = [b"((", text("storage").as_slice(), b"ctorch\n", kind.as_bytes(), b"\n", &text(key)].concat();
    let id = [id, text("cpu"), integer(*n), view.to_vec(), b"tQ".to_vec()].concat();
    let place = [integer(offset), integer(length), b"\x85K\x01\x85\x89NtR".to_vec()].concat();
    [text(name), b"ctorch._utils\n_rebuild_tensor_v2\n".to_vec(), id, place].concat()
}

/// A file of these opcodes of a dict and these storages.
fn written(items: &[Vec<u8>], storages: &[Held]) -> Vec<u8> {
    let mut bytes = [b"\x80\x02", MAGIC].concat();
    bytes.extend(b"\x80\x02M\xe9\x03.");
    bytes.extend([b"\x80\x02}", text("little_endian").as_slice(), b"\x88s."].concat());
    bytes.extend([b"\x80\x02}(", items.concat().as_slice(), b"u."].concat());
    let keys: Vec<u8> = storages.iter().flat_map(|(key, ..)| text(key)).collect();
    bytes.extend([b"\x80\x02](", keys.as_slice(), b"e."].concat());
    for (_, _, elements, n) in storages {
        bytes.extend(u64::from(*n).to_le_bytes());
        bytes.extend(elements);
    }
    bytes
}

fn read(bytes: &[u8]) -> Result<BTreeMap<String, Tensor>> {
    let file = File { path: Path::new("x.bin"), remedy: "make it again" };
    tensors(bytes, after_magic(bytes).expect("a file of this format"), &file)
}

fn problem(bytes: &[u8]) -> String {
    let error = read(bytes).unwrap_err().to_string();
    error.strip_prefix("x.bin: ").unwrap_or_else(|| panic!("{error}")).to_owned()
}

fn storages() -> [Held<'static>; 3] {
    let floats = [0.0f32, 1.0, 2.0, 3.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let longs = [7i64].iter().flat_map(|x| x.to_le_bytes()).collect();
    // 1.5 and -2 in bfloat16.
    [
        ("94", "FloatStorage", floats, 4),
        ("95", "LongStorage", longs, 1),
        ("96", "BFloat16Storage", vec![0xc0, 0x3f, 0x00, 0xc0], 2),
    ]
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    Vec::try_from(tensor.reshape([-1])).unwrap()
}

#[test]
fn tensors_views_and_shared_storages_by_hand() {
    let held = storages();
    let view = [b"(".to_vec(), text("940"), integer(1), integer(3), b"t".to_vec()].concat();
    let items = [
        vector("all", &held[0], 0, 4, b"N"),
        vector("end", &held[0], 2, 2, b""),
        vector("in a view", &held[0], 1, 2, &view),
        vector("long", &held[1], 0, 1, b"N"),
        vector("brain", &held[2], 0, 2, b"N"),
    ];
    let tensors = read(&written(&items, &held)).unwrap();
    let found: Vec<(&str, Vec<f32>)> = tensors.iter().map(|(name, t)| (name.as_str(), flat(t))).collect();
    let expected = [
        ("all", vec![0.0, 1.0, 2.0, 3.0]),
        ("brain", vec![1.5, -2.0]),
        ("end", vec![2.0, 3.0]),
        ("in a view", vec![2.0, 3.0]),
        ("long", vec![7.0]),
    ];
    assert_eq!(found, expected);
    // A storage that only something beside the state dict needs is passed over.
    let inner = [text("model"), b"}(".to_vec(), items[3].clone(), b"u".to_vec()].concat();
    let tensors = read(&written(&[items[0].clone(), inner], &held[..2])).unwrap();
    assert_eq!(tensors.into_keys().collect::<Vec<_>>(), ["long"]);
}

#[test]
fn every_cut_is_one_error_with_its_place() {
    let held = storages();
    let items = [0, 1, 2].map(|i| vector(["a", "b", "c"][i], &held[i], 0, 1, b"N"));
    let whole = written(&items, &held);
    assert_eq!(read(&whole).unwrap().len(), 3);
    let start = after_magic(&whole).unwrap();
    for n in start..whole.len() {
        let found = problem(&whole[..n]);
        assert!(found.contains(" at byte ") && found.contains("; make it again"), "{n}: {found}");
    }
    // The number and half of the elements of the last storage, which lies in the last 12 bytes.
    let at = whole.len() - 12;
    let expected = format!("storage `96` at byte {at}: needs 4 more bytes, 2 are left; ");
    assert!(problem(&whole[..at + 10]).starts_with(&expected));
    let longer = problem(&[&whole[..], b"xyz"].concat());
    assert!(
        longer.starts_with(&format!("3 bytes after the last storage, which ends at byte {}", whole.len()))
    );
    let mut flipped = whole.clone();
    flipped[at] ^= 1;
    assert!(
        problem(&flipped)
            .starts_with(&format!("storage `96` at byte {at}: 3 elements, and the pickle says 2"))
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    let held = storages();
    let view =
        |first: u32, n: u32| [b"(".to_vec(), text("v"), integer(first), integer(n), b"t".to_vec()].concat();
    let of = |items: &[Vec<u8>], held: &[Held]| problem(&written(items, held));
    let one = |offset, length, view: &[u8]| of(&[vector("w", &held[0], offset, length, view)], &held[..1]);
    assert!(one(2, 3, b"N").contains("tensor w: Strided {"));
    for view in [view(1, 2), view(3, 3), view(u32::MAX, 3)] {
        assert!(one(0, 3, &view).starts_with("tensor w: a view of "), "{}", one(0, 3, &view));
    }
    assert!(one(0, 1, b"(NNt").contains("has a view that is no part of a storage"));
    let item = [vector("w", &held[0], 0, 1, b"N")];
    assert!(of(&item, &held[1..2]).starts_with("storage `95` at byte "));
    assert!(of(&item, &[]).starts_with("tensor w: the file has no storage `94`"));
    let mut other = written(&item, &held[..1]);
    let version = other.windows(2).position(|window| window == b"\xe9\x03").unwrap();
    other[version] = 0xe8;
    assert!(problem(&other).starts_with("version 1000 of the format"));
    let big = written(&item, &held[..1]);
    let flag = big.windows(2).position(|window| window == b"\x88s").unwrap();
    let mut big = big;
    big[flag] = 0x89;
    assert!(problem(&big).starts_with("byte order `big`"));
    let call = b"cos\nsystem\nN\x85R".to_vec();
    let called = of(&[[text("w"), call].concat()], &[]);
    assert!(called.contains("names `os.system`") && called.contains("nothing was executed"), "{called}");
}
