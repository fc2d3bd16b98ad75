//! The values that a pickle of a state dict builds.

use tch::Kind;

/// A text, by its place in the pickle.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    pub start: usize,
    pub end: usize,
}

/// A value; values that hold others are indices into an arena.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float,
    Text(Text),
    Tuple(usize),
    List(usize),
    Dict(usize),
    Global(Global),
    Storage(usize),
    Tensor(usize),
    /// An object that no state dict needs. Nothing of it was made.
    Object,
}

impl Value {
    /// Returns the kind of the value, for errors.
    pub fn kind(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a bool",
            Self::Int(_) => "an integer",
            Self::Float => "a float",
            Self::Text(_) => "a text",
            Self::Tuple(_) => "a tuple",
            Self::List(_) => "a list",
            Self::Dict(_) => "a dict",
            Self::Global(global) => global.name(),
            Self::Storage(_) => "a storage",
            Self::Tensor(_) => "a tensor",
            Self::Object => "an object",
        }
    }
}

/// The elements of one or more tensors: an entry of the zip archive, or a part of an older file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Storage {
    pub key: Text,
    pub kind: Kind,
    pub n_elements: usize,
    /// The first element and the number of elements of a view, as files before PyTorch 1.6 have them.
    pub view: Option<(i64, i64)>,
}

/// A global that a state dict needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Global {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Storage(Kind),
}

impl Global {
    /// Returns the global of that name, if it is one of the few.
    pub fn known(module: &str, name: &str) -> Option<Self> {
        Some(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2") => Self::RebuildTensor,
            ("torch._utils", "_rebuild_parameter") => Self::RebuildParameter,
            ("torch", storage) => Self::Storage(match storage {
                "DoubleStorage" => Kind::Double,
                "FloatStorage" => Kind::Float,
                "HalfStorage" => Kind::Half,
                "BFloat16Storage" => Kind::BFloat16,
                "LongStorage" => Kind::Int64,
                "IntStorage" => Kind::Int,
                "ShortStorage" => Kind::Int16,
                "CharStorage" => Kind::Int8,
                "ByteStorage" | "BoolStorage" => Kind::Uint8,
                _ => return None,
            }),
            _ => return None,
        })
    }

    /// Returns its name, for errors.
    pub fn name(self) -> &'static str {
        match self {
            Self::OrderedDict => "OrderedDict",
            Self::RebuildTensor => "_rebuild_tensor_v2",
            Self::RebuildParameter => "_rebuild_parameter",
            Self::Storage(_) => "a type of storage",
        }
    }
}
