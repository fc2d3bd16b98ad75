//! The opcodes of pickle (Python's `pickletools`): the actions of those in a state dict, and the names of the
//! others.

use super::value::Value;
use super::{Machine, shown};
use lmc_base::error::Result;

/// The protocols that `torch.save` can write: from 2, its default, on.
const PROTOCOLS: std::ops::RangeInclusive<u64> = 2..=5;

impl Machine<'_> {
    /// Runs the pickle to its STOP and returns the one value that it builds.
    pub(super) fn run(&mut self) -> Result<Value> {
        if self.bytes.get(self.at) != Some(&0x80) {
            return Err(self.wrong("is not there: not a pickle of protocol 2 to 5"));
        }
        loop {
            let at = self.at;
            let code = self.take(1)?[0];
            self.opcode = (name(code), at);
            if code == b'.' {
                break;
            }
            self.step(code)?;
        }
        let value = self.pop()?;
        if !self.stack.is_empty() || !self.marks.is_empty() {
            return Err(self.wrong("comes before everything was used"));
        }
        Ok(value)
    }

    fn step(&mut self, code: u8) -> Result<()> {
        match code {
            0x80 => {
                let protocol = self.number(1)?;
                let known = PROTOCOLS.contains(&protocol);
                known
                    .then_some(())
                    .ok_or_else(|| self.wrong(format!("tells protocol {protocol}, not 2 to 5")))
            }
            0x95 => {
                let (n, left) = (self.number(8)?, self.bytes.len() - self.at);
                let fits = n <= left as u64;
                fits.then_some(()).ok_or_else(|| self.wrong(format!("tells {n} bytes, {left} are left")))
            }
            b'N' => self.push(Value::None),
            0x88 | 0x89 => self.push(Value::Bool(code == 0x88)),
            b'J' => {
                let n = self.number(4)? as u32;
                self.push(Value::Int(i64::from(n as i32)))
            }
            b'K' => self.push_unsigned(1),
            b'M' => self.push_unsigned(2),
            0x8a => self.push_long(1),
            0x8b => self.push_long(4),
            b'G' => {
                self.take(8)?;
                self.push(Value::Float)
            }
            // Python 2 writes its texts as strings of bytes.
            b'U' | 0x8c => self.push_sized_text(1),
            b'T' | b'X' => self.push_sized_text(4),
            0x8d => self.push_sized_text(8),
            b'(' => self.mark(),
            b')' => self.push_tuple(Vec::new()),
            b't' => {
                let values = self.pop_mark()?;
                self.push_tuple(values)
            }
            0x85..=0x87 => {
                let n = usize::from(code - 0x84);
                let mut values = (0..n).map(|_| self.pop()).collect::<Result<Vec<_>>>()?;
                values.reverse();
                self.push_tuple(values)
            }
            b']' => {
                self.sequences.push(Vec::new());
                self.push(Value::List(self.sequences.len() - 1))
            }
            b'a' => {
                let value = self.pop()?;
                self.append(&[value])
            }
            b'e' => {
                let values = self.pop_mark()?;
                self.append(&values)
            }
            b'}' => self.push_dict(),
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set_items(&[key, value])
            }
            b'u' => {
                let values = self.pop_mark()?;
                self.set_items(&values)
            }
            b'q' => self.memoize(1),
            b'r' => self.memoize(4),
            0x94 => {
                let (key, value) = (self.memo.len() as u32, self.top()?);
                self.memo.insert(key, value);
                Ok(())
            }
            b'h' => self.recall(1),
            b'j' => self.recall(4),
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.push_global(module, name)
            }
            0x93 => match (self.pop()?, self.pop()?) {
                (Value::Text(name), Value::Text(module)) => {
                    self.push_global(self.text(module), self.text(name))
                }
                (_, other) => Err(self.wrong(format!("finds {} instead of a name", other.kind()))),
            },
            b'R' => self.reduce(),
            b'Q' => self.storage(),
            b'b' => self.build(),
            b'0' => self.pop().map(|_| ()),
            b'1' => self.pop_mark().map(|_| ()),
            _ => self.skip(code),
        }
    }

    /// Takes an opcode that makes an object which no state dict needs, without making it.
    fn skip(&mut self, code: u8) -> Result<()> {
        match code {
            b'C' => self.skip_bytes(1),
            b'B' => self.skip_bytes(4),
            0x8e | 0x96 => self.skip_bytes(8),
            0x81 | 0x92 => {
                for _ in 0..if code == 0x81 { 2 } else { 3 } {
                    self.pop()?;
                }
                self.push_object("makes an object")
            }
            b'o' | 0x91 => {
                self.pop_mark()?;
                self.push_object("makes an object")
            }
            b'i' => {
                let (module, name) = (self.line()?, self.line()?);
                self.pop_mark()?;
                self.push_object(format!("names `{}.{}`", shown(module), shown(name)))
            }
            0x8f => self.push_object("makes a set"),
            0x90 => {
                self.pop_mark()?;
                match self.top()? {
                    Value::Object => Ok(()),
                    other => Err(self.refused(format!("adds items to {}", other.kind()))),
                }
            }
            _ => Err(self.refused(format!("(opcode 0x{code:02x}) is met"))),
        }
    }

    fn skip_bytes(&mut self, n_bytes: usize) -> Result<()> {
        let n = self.number(n_bytes)?;
        self.take(usize::try_from(n).unwrap_or(usize::MAX))?;
        self.push_object(format!("holds {n} bytes"))
    }

    fn push_unsigned(&mut self, n_bytes: usize) -> Result<()> {
        let n = self.number(n_bytes)?;
        self.push(Value::Int(n as i64))
    }

    /// Pushes a signed little-endian integer; `n_bytes` bytes give its length, one of more than 8 bytes is
    /// skipped.
    fn push_long(&mut self, n_bytes: usize) -> Result<()> {
        let length = self.number(n_bytes)?;
        if length > 8 {
            self.take(length as usize)?;
            return self.push_object(format!("is an integer of {length} bytes"));
        }
        let unsigned = self.number(length as usize)?;
        let unused = 64 - 8 * length as u32;
        // Shifted up and down again, the sign bit fills the bytes that are not there.
        let signed = if length == 0 { 0 } else { ((unsigned << unused) as i64) >> unused };
        self.push(Value::Int(signed))
    }

    fn push_sized_text(&mut self, n_bytes: usize) -> Result<()> {
        let n = self.number(n_bytes)?;
        self.push_text(n)
    }

    fn memoize(&mut self, n_bytes: usize) -> Result<()> {
        let (key, value) = (self.number(n_bytes)? as u32, self.top()?);
        self.memo.insert(key, value);
        Ok(())
    }

    fn recall(&mut self, n_bytes: usize) -> Result<()> {
        let key = self.number(n_bytes)? as u32;
        match self.memo.get(&key) {
            Some(value) => self.push(*value),
            None => Err(self.wrong(format!("recalls {key}, which was not memoised"))),
        }
    }
}

/// Returns the name of an opcode.
fn name(code: u8) -> &'static str {
    match code {
        b'(' => "MARK",
        b'.' => "STOP",
        b'0' => "POP",
        b'1' => "POP_MARK",
        b'2' => "DUP",
        b'F' => "FLOAT",
        b'I' => "INT",
        b'J' => "BININT",
        b'K' => "BININT1",
        b'L' => "LONG",
        b'M' => "BININT2",
        b'N' => "NONE",
        b'P' => "PERSID",
        b'Q' => "BINPERSID",
        b'R' => "REDUCE",
        b'S' => "STRING",
        b'T' => "BINSTRING",
        b'U' => "SHORT_BINSTRING",
        b'V' => "UNICODE",
        b'X' => "BINUNICODE",
        b'a' => "APPEND",
        b'b' => "BUILD",
        b'c' => "GLOBAL",
        b'd' => "DICT",
        b'}' => "EMPTY_DICT",
        b'e' => "APPENDS",
        b'g' => "GET",
        b'h' => "BINGET",
        b'i' => "INST",
        b'j' => "LONG_BINGET",
        b'l' => "LIST",
        b']' => "EMPTY_LIST",
        b'o' => "OBJ",
        b'p' => "PUT",
        b'q' => "BINPUT",
        b'r' => "LONG_BINPUT",
        b's' => "SETITEM",
        b't' => "TUPLE",
        b')' => "EMPTY_TUPLE",
        b'u' => "SETITEMS",
        b'G' => "BINFLOAT",
        b'B' => "BINBYTES",
        b'C' => "SHORT_BINBYTES",
        0x80 => "PROTO",
        0x81 => "NEWOBJ",
        0x82 => "EXT1",
        0x83 => "EXT2",
        0x84 => "EXT4",
        0x85 => "TUPLE1",
        0x86 => "TUPLE2",
        0x87 => "TUPLE3",
        0x88 => "NEWTRUE",
        0x89 => "NEWFALSE",
        0x8a => "LONG1",
        0x8b => "LONG4",
        0x8c => "SHORT_BINUNICODE",
        0x8d => "BINUNICODE8",
        0x8e => "BINBYTES8",
        0x8f => "EMPTY_SET",
        0x90 => "ADDITEMS",
        0x91 => "FROZENSET",
        0x92 => "NEWOBJ_EX",
        0x93 => "STACK_GLOBAL",
        0x94 => "MEMOIZE",
        0x95 => "FRAME",
        0x96 => "BYTEARRAY8",
        0x97 => "NEXT_BUFFER",
        0x98 => "READONLY_BUFFER",
        _ => "unknown opcode",
    }
}
