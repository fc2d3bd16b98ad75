//! Msgpack as `flax.serialization` writes it: nested maps with text keys, numbers, and arrays as extensions.

use rmp::Marker;
use rmp::decode::{read_array_len, read_bin_len, read_ext_meta, read_int, read_map_len, read_str_len};
use tch::Kind;

use crate::model::load::File;
use crate::model::load::elements::MAX_AXES;
use lmc_base::error::{LmcError, Result};

/// The deepest nesting: the tree of BERT has 8 levels.
const MAX_DEPTH: usize = 32;

/// The most keys of all maps together: BERT-large has about 1000.
const MAX_NODES: usize = 1 << 18;

/// The extensions of `flax.serialization`; complex numbers are its third.
const ARRAY: i8 = 1;
const SCALAR: i8 = 3;

/// A part of the tree.
pub(super) enum Node<'a> {
    Map(Vec<(&'a str, Node<'a>)>),
    Array(Array<'a>),
    Integer(i64),
    /// A value that does not occur in a tree of parameters; holds its kind.
    Other(&'static str),
}

impl Node<'_> {
    /// Returns the kind of the value, for errors.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Map(_) => "a map",
            Self::Array(_) => "an array",
            Self::Integer(_) => "an integer",
            Self::Other(kind) => kind,
        }
    }
}

/// An array, its elements as they are in the file, row by row.
pub(super) struct Array<'a> {
    pub shape: Vec<i64>,
    pub kind: Kind,
    pub bytes: &'a [u8],
}

/// Reads the one value of a msgpack file.
pub(super) fn parse<'a>(bytes: &'a [u8], file: &File) -> Result<Node<'a>> {
    let mut reader = Reader { file, rest: bytes, n_bytes: bytes.len(), base: 0, n_nodes: 0 };
    let node = reader.node(0)?;
    if !reader.rest.is_empty() {
        return Err(reader.wrong(format!("{} bytes follow the end", reader.rest.len())));
    }
    Ok(node)
}

struct Reader<'a, 'f> {
    file: &'f File<'f>,
    rest: &'a [u8],
    n_bytes: usize,
    /// The place in the file at which the bytes start.
    base: usize,
    n_nodes: usize,
}

impl<'a> Reader<'a, '_> {
    fn at(&self) -> usize {
        self.base + self.n_bytes - self.rest.len()
    }

    fn wrong(&self, problem: impl std::fmt::Display) -> LmcError {
        self.file.damaged(format!("the msgpack at byte {}: {problem}", self.at()))
    }

    /// Returns the value that a function of rmp reads from the front.
    fn read<T, E: std::fmt::Display>(
        &mut self,
        what: &str,
        read: impl Fn(&mut &'a [u8]) -> Result<T, E>,
    ) -> Result<T> {
        let mut rest = self.rest;
        let value = read(&mut rest).map_err(|e| self.wrong(format!("expected {what} ({e})")))?;
        self.rest = rest;
        Ok(value)
    }

    fn take(&mut self, n: u32) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.rest.split_at_checked(n as usize) else {
            return Err(self.wrong(format!("{n} more bytes are needed, {} are left", self.rest.len())));
        };
        self.rest = rest;
        Ok(taken)
    }

    fn text(&mut self) -> Result<&'a str> {
        let n = self.read("a text", read_str_len)?;
        let bytes = self.take(n)?;
        std::str::from_utf8(bytes).map_err(|_| self.wrong("a text that is not UTF-8"))
    }

    fn node(&mut self, depth: usize) -> Result<Node<'a>> {
        let Some(&first) = self.rest.first() else { return Err(self.wrong("the end comes too early")) };
        if depth > MAX_DEPTH {
            return Err(self.wrong(format!("maps are nested more than {MAX_DEPTH} deep")));
        }
        match Marker::from_u8(first) {
            Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => {
                let n = self.read("a map", read_map_len)?;
                let mut entries: Vec<(&str, Node)> = Vec::new();
                for _ in 0..n {
                    self.n_nodes += 1;
                    if self.n_nodes > MAX_NODES {
                        return Err(self.wrong(format!("more than {MAX_NODES} keys")));
                    }
                    entries.push((self.text()?, self.node(depth + 1)?));
                }
                Ok(Node::Map(entries))
            }
            Marker::FixPos(_) | Marker::U8 | Marker::U16 | Marker::U32 | Marker::U64 => self.integer(),
            Marker::FixNeg(_) | Marker::I8 | Marker::I16 | Marker::I32 | Marker::I64 => self.integer(),
            Marker::True | Marker::False => self.other(1, "a bool"),
            Marker::Null => self.other(1, "nothing"),
            Marker::F32 => self.other(5, "a float"),
            Marker::F64 => self.other(9, "a float"),
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => {
                self.text()?;
                Ok(Node::Other("a text"))
            }
            Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32 => self.extension(),
            marker => Err(self.wrong(format!("{marker:?} is no part of a tree of parameters"))),
        }
    }

    fn integer(&mut self) -> Result<Node<'a>> {
        Ok(Node::Integer(self.read("an integer", read_int)?))
    }

    fn other(&mut self, n_bytes: u32, kind: &'static str) -> Result<Node<'a>> {
        self.take(n_bytes)?;
        Ok(Node::Other(kind))
    }

    /// Returns an extension: a msgpack of its own, (shape, name of the dtype, elements), of an array or a
    /// scalar.
    fn extension(&mut self) -> Result<Node<'a>> {
        let meta = self.read("an extension", read_ext_meta)?;
        let base = self.at();
        let bytes = self.take(meta.size)?;
        if meta.typeid != ARRAY && meta.typeid != SCALAR {
            return Ok(Node::Other("an extension that is no array"));
        }
        let mut inner = Reader { file: self.file, rest: bytes, n_bytes: bytes.len(), base, n_nodes: 0 };
        let n = inner.read("an array of three", read_array_len)?;
        if n != 3 {
            return Err(
                inner.wrong(format!("an array is told in {n} parts, expected shape, dtype and elements"))
            );
        }
        let n_axes = inner.read("a shape", read_array_len)?;
        if n_axes as usize > MAX_AXES {
            return Err(inner.wrong(format!("a shape of {n_axes} axes, at most {MAX_AXES}")));
        }
        let shape = (0..n_axes).map(|_| inner.read("the length of an axis", read_int));
        let shape = shape.collect::<Result<Vec<i64>>>()?;
        let dtype = inner.text()?;
        let kind = match dtype {
            "float64" => Kind::Double,
            "float32" => Kind::Float,
            "float16" => Kind::Half,
            "bfloat16" => Kind::BFloat16,
            "int64" => Kind::Int64,
            "int32" => Kind::Int,
            "int16" => Kind::Int16,
            "int8" => Kind::Int8,
            "uint8" | "bool" => Kind::Uint8,
            _ => return Err(inner.wrong(format!("dtype `{}`, expected a float", dtype.escape_debug()))),
        };
        let n = inner.read("the elements", read_bin_len)?;
        let bytes = inner.take(n)?;
        if !inner.rest.is_empty() {
            return Err(inner.wrong(format!("{} bytes follow the elements", inner.rest.len())));
        }
        Ok(Node::Array(Array { shape, kind, bytes }))
    }
}
