use std::path::Path;

use tch::Kind;

use super::*;

fn file() -> File<'static> {
    File { path: Path::new("x.bin"), remedy: "make it again" }
}

fn run(pickle: &[u8]) -> Result<std::collections::BTreeMap<String, Described>> {
    state_dict(pickle, &file())
}

/// Returns the problem of a pickle, without the file.
fn problem(pickle: &[u8]) -> String {
    let error = run(pickle).unwrap_err().to_string();
    error.strip_prefix("x.bin: ").unwrap_or_else(|| panic!("{error}")).to_owned()
}

/// The opcodes of a text of at most 255 bytes.
fn text(text: &str) -> Vec<u8> {
    [&b"X"[..], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

/// The opcodes of one tensor as torch.save writes them, with `shape` and `strides` the opcodes of tuples.
fn tensor(storage: &str, offset: u8, shape: &[u8], strides: &[u8]) -> Vec<u8> {
    let id = [b"((", text("storage").as_slice(), b"ctorch\n", storage.as_bytes(), b"\n"].concat();
    let id = [id, text("7"), text("cpu"), b"K\x06tQ".to_vec()].concat();
    let rest = [&[b'K', offset], shape, strides, b"\x89ccollections\nOrderedDict\n)RtR"].concat();
    [b"ctorch._utils\n_rebuild_tensor_v2\n".to_vec(), id, rest].concat()
}

/// A pickle of a dict with one item.
fn dict(key: &[u8], value: &[u8]) -> Vec<u8> {
    [b"\x80\x02}", key, value, b"s."].concat()
}

#[test]
fn a_tensor_is_described_as_torch_save_wrote_it() {
    let opcodes = tensor("HalfStorage", 1, b"K\x02\x85", b"K\x03\x85");
    let expected = Described {
        storage: "7".into(),
        n_storage: 6,
        kind: Kind::Half,
        strided: Strided { offset: 1, shape: vec![2], strides: vec![3] },
    };
    let found = run(&dict(&text("w"), &opcodes)).unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [("w".into(), expected.clone())]);
    // As a parameter, in a nested dict beside something else.
    let parameter = [b"ctorch._utils\n_rebuild_parameter\n(", opcodes.as_slice(), b"\x88NtR"].concat();
    let inner = [b"}", text("v").as_slice(), &parameter, b"s"].concat();
    let outer =
        [b"\x80\x02}(", text("epoch").as_slice(), b"K\x03", &text("state_dict"), &inner, b"u."].concat();
    assert_eq!(run(&outer).unwrap().into_iter().collect::<Vec<_>>(), [("v".into(), expected)]);
    assert!(run(b"\x80\x02}.").unwrap().is_empty());
}

#[test]
fn no_global_but_those_of_a_state_dict_is_known() {
    let end = ", which no state dict of tensors needs; nothing was executed; \
               do not load the file elsewhere unless you trust where it is from";
    // The call os.system("id") in each of the three spellings.
    let call = [b"\x80\x02cos\nsystem\n", text("id").as_slice(), b"\x85R."].concat();
    assert_eq!(problem(&call), format!("the pickle's GLOBAL at byte 2 names `os.system`{end}"));
    let stack = [b"\x80\x04", text("posix").as_slice(), &text("system"), b"\x93."].concat();
    assert_eq!(problem(&stack), format!("the pickle's STACK_GLOBAL at byte 23 names `posix.system`{end}"));
    let inst = [b"\x80\x02(", text("id").as_slice(), b"ios\nsystem\n."].concat();
    assert_eq!(problem(&inst), format!("the pickle's INST at byte 10 names `os.system`{end}"));
    for global in
        ["builtins\neval", "torch\nload", "torch.storage\n_load_from_bytes", "collections\nCounter", "\n"]
    {
        let shown = global.replace('\n', ".");
        let pickle = [b"\x80\x02c", global.as_bytes(), b"\n."].concat();
        assert!(problem(&pickle).contains(&format!("names `{shown}`")), "{shown}");
    }
}

#[test]
fn calls_and_states_of_anything_else_are_refused() {
    let tensor = tensor("FloatStorage", 0, b")", b")");
    let joined = |parts: &[&[u8]]| [b"\x80\x02", parts.concat().as_slice(), b"."].concat();
    for (pickle, expected) in [
        (joined(&[b"ccollections\nOrderedDict\n", &text("x"), b"\x85R"]), "calls OrderedDict with (a text)"),
        (
            joined(&[b"ctorch._utils\n_rebuild_parameter\nNNN\x87R"]),
            "calls _rebuild_parameter with (None, None",
        ),
        (joined(&[b"ctorch\nFloatStorage\n)R"]), "calls a type of storage with ()"),
        (joined(&[&text("x"), b")R"]), "calls a text"),
        (joined(&[b"}]R"]), "REDUCE at byte 4 has a list for arguments"),
        (joined(&[&tensor, b"}b"]), "sets the state of a tensor to a dict"),
        (joined(&[b"}]b"]), "sets the state of a dict to a list"),
        (joined(&[&tensor, b"NNs"]), "sets items of a tensor"),
        (joined(&[b"}Na"]), "appends to a dict"),
        (joined(&[b"NQ"]), "has an id of something else than a storage"),
        (
            joined(&[b"(", &text("module"), b"ctorch\nFloatStorage\n", &text("0"), b"NK\x01tQ"]),
            "names a `module`",
        ),
        (joined(&[b"N)\x81"]), "NEWOBJ at byte 4 makes an object"),
        (joined(&[b"C\x01x"]), "SHORT_BINBYTES at byte 2 holds 1 bytes"),
        (joined(&[b"\x8f(N\x90"]), "EMPTY_SET at byte 2 makes a set"),
        (joined(&[b"N(N\x90"]), "ADDITEMS at byte 5 adds items to None"),
        (joined(&[b"(cos\nsystem\no"]), "GLOBAL at byte 3 names `os.system`"),
        (joined(&[b"N2"]), "DUP at byte 3 (opcode 0x32) is met"),
        (joined(&[b"\x82\x01"]), "EXT1 at byte 2 (opcode 0x82) is met"),
        (joined(&[b"\xff"]), "unknown opcode at byte 2 (opcode 0xff) is met"),
    ] {
        let found = problem(&pickle);
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn objects_beside_a_state_dict_are_skipped_and_those_in_it_are_not() {
    let tensor = tensor("FloatStorage", 0, b"K\x02\x85", b"K\x01\x85");
    let state = [b"}", text("w").as_slice(), &tensor, b"s"].concat();
    // A call of os.system, an instance with a state, an extension of a list and items, a set, bytes, a number
    // of ten bytes, a tuple that is dropped.
    let objects: [&[u8]; 8] = [
        b"cos\nsystem\nN\x85R",
        b"cargparse\nNamespace\n)\x81}b",
        b"cmine\nList\n)\x81(NNe",
        b"cmine\nDict\n)RNNs",
        b"\x8f(NN\x90",
        b"C\x03abc",
        b"\x8a\x0a0123456789",
        b"NN0",
    ];
    for key in ["state_dict", "model_state_dict", "model", "module"] {
        for object in objects {
            let dict = [b"\x80\x02}(", text("other").as_slice(), object, &text(key), &state, b"u."].concat();
            let names: Vec<String> = run(&dict).unwrap().into_keys().collect();
            assert_eq!(names, ["w"], "{key} {object:?}");
        }
    }
    // In the state dict itself, and without one.
    let call = objects[0];
    let inner = [b"}(", text("w").as_slice(), &tensor, &text("x"), call, b"u"].concat();
    let held = dict(&text("state_dict"), &inner);
    assert!(problem(&held).starts_with("`x` is an object, expected a tensor"));
    let plain = [b"\x80\x02", inner.as_slice(), b"."].concat();
    assert!(problem(&plain).contains("names `os.system`, which no state dict of tensors needs"));
    // Two models.
    let two = [b"\x80\x02}(", text("model").as_slice(), &state, &text("state_dict"), &state, b"u."].concat();
    assert!(problem(&two).starts_with("there are tensors in `model` and in `state_dict`; "));
    let settings =
        [b"\x80\x02}(", text("model").as_slice(), b"}", &text("state_dict"), &state, b"u."].concat();
    assert_eq!(run(&settings).unwrap().len(), 1);
}

#[test]
fn dicts_of_python_2_are_read() {
    let tensor = tensor("FloatStorage", 0, b")", b")");
    let pairs = [b"](](U\x01w", tensor.as_slice(), b"ee"].concat();
    let pickle = [b"\x80\x02ccollections\nOrderedDict\n", pairs.as_slice(), b"\x85R."].concat();
    assert_eq!(run(&pickle).unwrap().into_keys().collect::<Vec<_>>(), ["w"]);
    assert!(problem(b"\x80\x02ccollections\nOrderedDict\n](Ne\x85R.").contains("something else than pairs"));
}

#[test]
fn damaged_pickles_are_refused_with_the_opcode() {
    let long_key =
        [b"(".to_vec(), text("storage"), b"ctorch\nFloatStorage\n".to_vec(), text(&"7".repeat(65))];
    let long_key = [long_key.concat().as_slice(), b"NK\x01tQ"].concat();
    let axes = tensor("FloatStorage", 0, b"(K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01K\x01t", b")");
    for (opcodes, expected) in [
        (&b""[..], "PROTO at byte 0 needs 1 more bytes, 0 are left"),
        (b".", "STOP at byte 2 finds nothing on the stack"),
        (b"NN.", "STOP at byte 4 comes before everything was used"),
        (b"(N.", "STOP at byte 4 comes before everything was used"),
        (b"N.N", "STOP at byte 3 comes before everything was used"),
        (b"(t(.", "STOP at byte 5 finds nothing on the stack"),
        (b"t", "TUPLE at byte 2 finds no mark"),
        (b"N(\x85", "TUPLE1 at byte 4 finds nothing on the stack"),
        (b"q\x00", "BINPUT at byte 2 finds nothing on the stack"),
        (b"h\x05", "BINGET at byte 2 recalls 5, which was not memoised"),
        (b"X\xff\xff\xff\xffab", "BINUNICODE at byte 2 needs 4294967295 more bytes, 2 are left"),
        (b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff", "BINUNICODE8 at byte 2 needs"),
        (b"\x8c\x01\xff", "SHORT_BINUNICODE at byte 2 is not UTF-8"),
        (b"cos", "GLOBAL at byte 2 has a line without end"),
        (b"\x8a\x09123456789.", "LONG1 at byte 2 is an integer of 9 bytes"),
        (b"\x8a\x09", "LONG1 at byte 2 needs 9 more bytes, 0 are left"),
        (b"C\x05x", "SHORT_BINBYTES at byte 2 needs 5 more bytes, 1 are left"),
        (b"N\x81", "NEWOBJ at byte 3 finds nothing on the stack"),
        (b"\x80\x01", "PROTO at byte 2 tells protocol 1, not 2 to 5"),
        (b"\x95\x09\x00\x00\x00\x00\x00\x00\x00N.", "FRAME at byte 2 tells 9 bytes, 2 are left"),
        (b"}(Nu", "SETITEMS at byte 5 has a key without a value"),
        (b"NN\x93", "STACK_GLOBAL at byte 4 finds None instead of a name"),
        (&long_key, "has a storage with an endless name"),
        (&axes, "has a tensor of more than 8 axes"),
        (&tensor("FloatStorage", 0, b"N\x85", b")"), "has None in the shape of a tensor"),
    ] {
        let found = problem(&[b"\x80\x02", opcodes].concat());
        assert!(
            found.starts_with(&format!("the pickle's {expected}")) || found.contains(expected),
            "{found}"
        );
    }
    assert!(problem(b"(dp0\n.").contains("not a pickle of protocol 2 to 5"));
}

#[test]
fn what_is_no_state_dict_is_refused() {
    let none = b"N";
    for (pickle, expected) in [
        (b"\x80\x02].".to_vec(), "the pickle is a list, expected a dict of tensors"),
        (dict(&text("epoch"), b"K\x03"), "`epoch` is an integer, expected a tensor"),
        (dict(none, none), "the state dict has None for a key"),
    ] {
        let found = problem(&pickle);
        assert!(found.starts_with(expected) && found.ends_with("with torch.save"), "{found}");
    }
    let tensor = tensor("FloatStorage", 0, b")", b")");
    let twice = [b"\x80\x02}(", text("w").as_slice(), &tensor, &text("w"), &tensor, b"u."].concat();
    assert!(problem(&twice).starts_with("tensor `w` is there twice"));
}

#[test]
fn integers_of_every_width() {
    let shape = |opcodes: &[u8]| {
        let tensor = tensor("FloatStorage", 0, &[b"(", opcodes, b"t"].concat(), b")");
        run(&dict(&text("w"), &tensor)).unwrap()["w"].strided.shape.clone()
    };
    assert_eq!(shape(b"K\xffM\xff\xffJ\xff\xff\xff\xff"), [255, 65535, -1]);
    assert_eq!(shape(b"\x8a\x00\x8a\x01\xff\x8a\x02\xff\x00"), [0, -1, 255]);
    assert_eq!(shape(b"\x8b\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80"), [i64::MIN]);
}

#[test]
fn stack_marks_and_length_are_bounded() {
    let deep = [&b"\x80\x02"[..], &[b'N'; MAX_STACK + 1], b"."].concat();
    assert!(problem(&deep).contains("is beyond 65536 values on the stack"));
    let nested = [&b"\x80\x02"[..], &[b'('; MAX_MARKS + 1], b"."].concat();
    assert!(problem(&nested).contains("is nested in 256 others"));
    let long = vec![b'N'; MAX_BYTES + 1];
    assert!(problem(&long).starts_with("a pickle of 4194305 bytes, at most 4194304 are read"));
    // A million tuples within each other, and a dict within itself.
    let tuples = [&b"\x80\x02N"[..], &[0x85; 1_000_000], b"."].concat();
    assert!(problem(&tuples).starts_with("the pickle is a tuple"));
    let knot = [b"\x80\x02}q\x00", text("state_dict").as_slice(), b"h\x00s."].concat();
    assert!(problem(&knot).starts_with("`state_dict` is a dict, expected a tensor"));
}
