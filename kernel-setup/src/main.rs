//! The launcher of the kernel "Rust (lmc)".
fn main() {}
