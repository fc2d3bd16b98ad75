//! The sections of the benchmark `gpu` that lmc itself does, each in a process of its own. They print rows, one
//! JSON object a line, which `table.py` reads.
//!
//! usage: `inputs FILE [DATA ENCODER]`, `prepare WORK SIZE`, `check WORK DEVICE SIZE`, or
//! `points | finetuning WORK DEVICE SIZE PRECISION`

mod check;
mod finetuning;
#[path = "../in_memory/mod.rs"]
mod in_memory;
mod inputs;
mod points;
mod prepare;
mod rows;
mod setting;

use std::path::Path;

use lmc::compute::Compute;

use setting::{Setting, Size};

/// The result of a section.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Runs the section that the arguments name.
pub fn run(arguments: &[String]) -> Result<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["inputs", file] => inputs::write(Path::new(file), inputs::synthetic()?),
        ["inputs", file, data, encoder] => {
            inputs::write(Path::new(file), inputs::of_mnli(Path::new(data), Path::new(encoder))?)
        }
        ["prepare", work, size] => prepare::prepare(Path::new(work), &Size::named(size)?),
        ["check", work, device, size] => {
            let compute = Compute::cpu().on(&device.parse()?)?;
            check::check(&Setting::new(Path::new(work), compute, size)?)?;
            rows::memory()
        }
        [section @ ("points" | "finetuning"), work, device, size, precision] => {
            let precision = precision.parse()?;
            let compute = Compute { precision, training: precision, ..Compute::cpu().on(&device.parse()?)? };
            let setting = Setting::new(Path::new(work), compute, size)?;
            match section {
                "points" => points::points(&setting)?,
                _ => finetuning::finetuning(&setting)?,
            }
            rows::memory()
        }
        _ => Err("usage: see the head of lmc/benches/gpu".into()),
    }
}
