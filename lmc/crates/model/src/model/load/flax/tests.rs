use std::path::Path;

use super::*;

fn file() -> File<'static> {
    File { path: Path::new("x.msgpack"), remedy: "make it again" }
}

fn problem(bytes: &[u8]) -> String {
    let error = tensors(bytes, &file()).unwrap_err().to_string();
    error.strip_prefix("x.msgpack: ").unwrap_or_else(|| panic!("{error}")).to_owned()
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmp::encode::write_str(&mut bytes, text).unwrap();
    bytes
}

/// A map of encoded values.
fn map(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmp::encode::write_map_len(&mut bytes, entries.len() as u32).unwrap();
    entries.iter().for_each(|(key, value)| bytes.extend([text(key).as_slice(), value].concat()));
    bytes
}

/// An extension of flax.serialization: (shape, dtype, elements).
fn extension(code: i8, shape: &[u32], dtype: &str, elements: &[u8]) -> Vec<u8> {
    let (mut inner, mut bytes) = (Vec::new(), Vec::new());
    rmp::encode::write_array_len(&mut inner, 3).unwrap();
    rmp::encode::write_array_len(&mut inner, shape.len() as u32).unwrap();
    for axis in shape {
        rmp::encode::write_uint(&mut inner, u64::from(*axis)).unwrap();
    }
    inner.extend(text(dtype));
    rmp::encode::write_bin(&mut inner, elements).unwrap();
    rmp::encode::write_ext_meta(&mut bytes, inner.len() as u32, code).unwrap();
    [bytes, inner].concat()
}

fn floats(shape: &[u32], values: &[f32]) -> Vec<u8> {
    extension(1, shape, "float32", &values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>())
}

#[test]
fn names_and_axes_become_those_of_pytorch() {
    let dense =
        map(&[("kernel", floats(&[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0])), ("bias", floats(&[1], &[6.0]))]);
    let layers = map(&[("0", map(&[("dense", dense)]))]);
    let scalar = extension(3, &[], "float64", &0.5f64.to_le_bytes());
    let tree = map(&[
        ("layer", layers),
        ("LayerNorm", map(&[("scale", floats(&[1], &[7.0]))])),
        ("words", map(&[("embedding", floats(&[2, 1], &[8.0, 9.0])), ("factor", scalar)])),
    ]);
    for bytes in [tree.clone(), map(&[("params", tree)])] {
        let tensors = tensors(&bytes, &file()).unwrap();
        let found: Vec<(&str, Vec<i64>, Vec<f32>)> = tensors
            .iter()
            .map(|(name, t)| (name.as_str(), t.size(), Vec::try_from(t.reshape([-1])).unwrap()))
            .collect();
        let expected = [
            ("LayerNorm.weight", vec![1], vec![7.0]),
            ("layer.0.dense.bias", vec![1], vec![6.0]),
            ("layer.0.dense.weight", vec![3, 2], vec![0.0, 3.0, 1.0, 4.0, 2.0, 5.0]),
            ("words.factor", vec![], vec![0.5]),
            ("words.weight", vec![2, 1], vec![8.0, 9.0]),
        ];
        assert_eq!(found, expected);
    }
}

#[test]
fn chunks_are_joined_in_the_order_of_their_numbers() {
    let one = |n: u8| vec![n];
    let chunked = |shape: Vec<u8>, chunks: Vec<u8>| {
        map(&[("w", map(&[(CHUNKED, vec![0xc3]), ("chunks", chunks), ("shape", shape)]))])
    };
    let shape = || map(&[("1", one(2)), ("0", one(2))]);
    let chunks = map(&[("1", floats(&[1], &[3.0])), ("0", floats(&[3], &[0.0, 1.0, 2.0]))]);
    let tensors = tensors(&chunked(shape(), chunks.clone()), &file()).unwrap();
    assert_eq!(tensors["w"], Tensor::from_slice(&[0.0f32, 1.0, 2.0, 3.0]).view([2, 2]));
    let half = extension(1, &[1], "float16", &[0, 0]);
    for (shape, chunks, expected) in [
        (map(&[("0", one(5))]), chunks.clone(), "tensor w of shape [5] and dtype Float has 16 bytes"),
        (map(&[("0", text("x"))]), chunks.clone(), "w: the chunked array has a text in its shape"),
        (map(&[("1", one(4))]), chunks.clone(), "w: the chunked array misses a part of its shape"),
        (text("x"), chunks.clone(), "w: the chunked array has no shape"),
        (shape(), map(&[("0", one(1))]), "w: the chunked array has an integer for a chunk"),
        (
            shape(),
            map(&[("0", floats(&[1], &[0.0])), ("1", half)]),
            "w: the chunked array has chunks of several",
        ),
    ] {
        let found = problem(&chunked(shape, chunks));
        assert!(found.starts_with(expected), "{found}");
    }
}

#[test]
fn trees_of_anything_but_arrays_are_refused() {
    let array = || floats(&[1], &[0.0]);
    let ends = map(&[("a", map(&[("kernel", floats(&[1, 1], &[0.0])), ("scale", array())]))]);
    for (bytes, expected) in [
        (array(), "the msgpack is an array, expected a tree of parameters"),
        (map(&[("step", vec![3])]), "step is an integer, expected an array"),
        (map(&[("a", map(&[("b", vec![0xc0])]))]), "a/b is nothing, expected an array"),
        (map(&[("a", extension(2, &[], "x", &[]))]), "a is an extension that is no array, expected an array"),
        (map(&[("kernel", array())]), "kernel has shape [1], expected the two axes of a dense layer"),
        (ends, "a/scale is a second tensor a.weight"),
        (map(&[("w", array()), ("w", array())]), "w is a second tensor w"),
        (
            map(&[("w", extension(1, &[2], "float32", &[0; 4]))]),
            "tensor w of shape [2] and dtype Float has 4 bytes",
        ),
        (map(&[("w", extension(1, &[u32::MAX; 8], "int8", &[]))]), "tensor w of shape [4294967295, "),
        (map(&[(&"x".repeat(600), array())]), "a name of 600 bytes, at most 512 are read"),
    ] {
        let found = problem(&bytes);
        assert!(found.starts_with(expected), "{found}");
    }
}

#[test]
fn damaged_msgpack_is_refused_with_the_byte() {
    let whole = map(&[("w", floats(&[2], &[0.0, 1.0]))]);
    assert_eq!(tensors(&whole, &file()).unwrap().len(), 1);
    for n in 0..whole.len() {
        assert!(problem(&whole[..n]).starts_with("the msgpack at byte "), "{n}");
    }
    let mut deep = map(&[]);
    for _ in 0..40 {
        deep = map(&[("a", deep)]);
    }
    for (bytes, expected) in [
        ([whole.as_slice(), &[0]].concat(), "the msgpack at byte 27: 1 bytes follow the end"),
        (vec![0x81, 1, 1], "the msgpack at byte 1: expected a text"),
        (vec![0x81, 0xa1, 0xff, 1], "the msgpack at byte 3: a text that is not UTF-8"),
        (vec![0x91, 1], "the msgpack at byte 0: FixArray(1) is no part of a tree of parameters"),
        (vec![0xdf, 0xff, 0xff, 0xff, 0xff], "the msgpack at byte 5: expected a text"),
        (deep, "the msgpack at byte 99: maps are nested more than 32 deep"),
        (
            map(&[("w", extension(1, &[1; 9], "float32", &[0; 4]))]),
            "the msgpack at byte 8: a shape of 9 axes, at most 8",
        ),
        (
            map(&[("w", extension(1, &[1], "S4", &[0; 4]))]),
            "the msgpack at byte 12: dtype `S4`, expected a float",
        ),
        (map(&[("w", vec![0xd4, 1, 0x92])]), "the msgpack at byte 6: an array is told in 2 parts"),
    ] {
        let found = problem(&bytes);
        assert!(found.starts_with(expected), "{found}");
    }
    let many = vec![("a", vec![1]); (1 << 18) + 1];
    assert!(problem(&map(&many)).contains("more than 262144 keys"));
}
