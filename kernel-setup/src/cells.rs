//! Cells that are run without Jupyter, in the environment of a notebook.

use std::path::Path;
use std::thread;

use anyhow::{Result, anyhow, bail};
use evcxr::{CommandContext, Error};

/// A cell that makes a tensor, so that libtorch is loaded; a variable, so that types are inferred; and a `?`.
const USE: &str = r#"use lmc::LmcError;
let warm_sum = lmc::tch::Tensor::f_from_slice(&[1.0f64, 2.0])?.f_sum(lmc::tch::Kind::Double)?.double_value(&[]);
println!("warm: {warm_sum}");"#;

/// A cell that adds on the first NVIDIA device, if libtorch sees one.
const DEVICE: &str = r#"{
    use lmc::tch::{Cuda, Device, Kind, Tensor};
    let ones = Tensor::f_ones([3], (Kind::Float, Device::cuda_if_available()))?;
    println!("devices: {}, sum: {}", Cuda::device_count(), ones.f_sum(Kind::Float)?.double_value(&[]));
}"#;

/// Compiles and runs the code that notebooks need first; fails if libtorch's answer does not come back.
pub fn warm(clone: &Path) -> Result<()> {
    let lines = run(clone, &[USE, USE])?;
    if !lines.iter().any(|line| line == "warm: 3") {
        bail!("a cell that adds 1 and 2 with libtorch printed {lines:?}, not 3");
    }
    Ok(())
}

/// Prints how many NVIDIA devices a cell can compute on.
pub fn probe(clone: &Path) -> Result<()> {
    for line in run(clone, &[DEVICE])? {
        println!("{line}");
    }
    Ok(())
}

/// Runs cells that use the clone's `lmc`; returns the lines that they print.
fn run(clone: &Path, cells: &[&str]) -> Result<Vec<String>> {
    let (mut context, outputs) = CommandContext::new().map_err(readable)?;
    let stderr = thread::spawn(move || outputs.stderr.iter().for_each(|line| eprintln!("{line}")));
    let stdout = thread::spawn(move || outputs.stdout.iter().collect::<Vec<_>>());
    let dependency = format!(":dep lmc = {{ path = \"{}\" }}", clone.join("lmc").display());
    let first = [":load_config --quiet", &dependency];
    let result =
        first.iter().chain(cells).try_for_each(|cell| context.execute(cell).map(drop).map_err(readable));
    // Ends the process of the cells, and with it both channels.
    drop(context);
    let (lines, _) = (stdout.join().map_err(|_| anyhow!("stdout reader"))?, stderr.join());
    result?;
    Ok(lines)
}

fn readable(error: Error) -> anyhow::Error {
    match error {
        Error::CompilationErrors(errors) => {
            anyhow!(errors.iter().map(|error| error.rendered()).collect::<Vec<_>>().join("\n"))
        }
        error => anyhow!("{error}"),
    }
}
