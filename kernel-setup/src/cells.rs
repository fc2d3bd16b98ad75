//! The cells that warm the template: run in the environment of a notebook, without Jupyter.

use std::path::Path;
use std::thread;

use anyhow::{Result, anyhow, bail};
use evcxr::{CommandContext, Error};

/// Makes a tensor, so that libtorch is loaded; a variable, so that types are inferred; and a `?`.
const USE: &str = r#"use lmc::LmcError;
let warm_sum = lmc::tch::Tensor::f_from_slice(&[1.0f64, 2.0])?.f_sum(lmc::tch::Kind::Double)?.double_value(&[]);
println!("warm: {warm_sum}");"#;

/// Runs the cells; an error if libtorch's answer does not come back.
pub fn run(clone: &Path) -> Result<()> {
    let (mut context, outputs) = CommandContext::new().map_err(readable)?;
    let stderr = thread::spawn(move || outputs.stderr.iter().for_each(|line| eprintln!("{line}")));
    let stdout = thread::spawn(move || outputs.stdout.iter().collect::<Vec<_>>());
    let dependency = format!(":dep lmc = {{ path = \"{}\" }}", clone.join("lmc").display());
    let result = [":load_config --quiet", &dependency, USE, USE]
        .iter()
        .try_for_each(|cell| context.execute(cell).map(drop).map_err(readable));
    // Ends the process of the cells, and with it both channels.
    drop(context);
    let (lines, _) = (stdout.join().map_err(|_| anyhow!("stdout reader"))?, stderr.join());
    result?;
    if !lines.iter().any(|line| line == "warm: 3") {
        bail!("a cell that adds 1 and 2 with libtorch printed {lines:?}, not 3");
    }
    Ok(())
}

fn readable(error: Error) -> anyhow::Error {
    match error {
        Error::CompilationErrors(errors) => {
            anyhow!(errors.iter().map(|error| error.rendered()).collect::<Vec<_>>().join("\n"))
        }
        error => anyhow!("{error}"),
    }
}
