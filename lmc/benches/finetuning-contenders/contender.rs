//! The contenders of the benchmark: programs that train, and the time and memory that a run of each takes.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use lmc::parallel::n_threads;
use serde_json::{Value, json};

use super::{Result, copies};

/// The number of updates of the embedded encoder.
const N_MINI_UPDATES: u32 = 40;

/// A way to train.
#[derive(Clone, Copy, PartialEq)]
pub enum Contender {
    /// `lmc` trains a copy on each thread.
    Copies,
    /// `lmc` trains one copy on all threads.
    OneCopy,
    /// The loop over transformers trains one copy on all threads.
    Trainer,
    /// The same loop trains one copy on all threads, by `torch.compile`.
    CompiledTrainer,
    /// The same loop trains one copy on each core, in a process of its own.
    TrainerProcesses,
    /// `lmc` trains stacks of that many seeds of the embedded encoder.
    Stacks(usize),
}

impl Contender {
    pub const ALL: [Self; 7] = [
        Self::Trainer,
        Self::CompiledTrainer,
        Self::TrainerProcesses,
        Self::OneCopy,
        Self::Copies,
        Self::Stacks(1),
        Self::Stacks(8),
    ];

    pub fn name(self) -> String {
        let n = n_threads();
        match self {
            Self::Copies => format!("lmc, {n} copies on 1 thread each"),
            Self::OneCopy => format!("lmc, 1 copy on {n} threads"),
            Self::Trainer => format!("transformers, 1 copy on {n} threads"),
            Self::CompiledTrainer => "the same by torch.compile".to_owned(),
            Self::TrainerProcesses => format!("transformers, {n} processes on 1 thread each"),
            Self::Stacks(1) => format!("mini-nli, one by one on {n} threads"),
            Self::Stacks(size) => format!("mini-nli, stacks of {size} on {n} threads"),
        }
    }

    /// Returns the contender that this one is compared with.
    pub fn baseline(self) -> Self {
        if matches!(self, Self::Stacks(_)) { Self::Stacks(1) } else { Self::Trainer }
    }

    /// Returns the commands that train, all at the same time.
    fn commands(self, inputs: &Path) -> Result<Vec<Command>> {
        let trainer = |copy: usize, n_threads: usize, options: &[&str]| {
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/finetuning-contenders/trainer.py");
            let python = std::env::var_os("LMC_REFERENCE_PYTHON").ok_or("LMC_REFERENCE_PYTHON is not set")?;
            let mut command = Command::new(python);
            command.arg(script).arg(inputs).arg(copy.to_string()).args(options);
            // Python brings a libtorch of its own.
            command.env_remove("LD_LIBRARY_PATH").env("OMP_NUM_THREADS", n_threads.to_string());
            Result::Ok(command)
        };
        match self {
            Self::Trainer => Ok(vec![trainer(0, n_threads(), &[])?]),
            Self::CompiledTrainer => Ok(vec![trainer(0, n_threads(), &["--compile"])?]),
            Self::TrainerProcesses => (0..n_threads()).map(|copy| trainer(copy, 1, &[])).collect(),
            Self::Copies | Self::OneCopy | Self::Stacks(_) => {
                let mut command = Command::new(std::env::current_exe()?);
                let number = Self::ALL.iter().position(|c| *c == self).unwrap_or_default();
                command.arg("train").arg(inputs).arg(number.to_string());
                Ok(vec![command])
            }
        }
    }

    /// Runs it once and returns the time and memory that it took.
    pub fn measure(self, inputs: &Path) -> Result<Measured> {
        let mut runs = self.commands(inputs)?.into_iter().map(Run::start).collect::<Result<Vec<_>>>()?;
        for run in &mut runs {
            let line = run.line()?;
            if line != "ready" {
                return Err(format!("{}: got {line:?} instead of ready", self.name()).into());
            }
        }
        for run in &mut runs {
            writeln!(run.input)?;
        }
        let mut all = Measured::default();
        for mut run in runs.into_iter().rev() {
            let result: Value = serde_json::from_str(&run.line()?)?;
            let real = |name: &str| result[name].as_f64().ok_or_else(|| format!("{name} is not a number"));
            all.examples_per_second += real("examples_per_second")?;
            all.peak_mib += real("peak_mib")?;
            all.losses = serde_json::from_value(result["losses"].clone())?;
            run.child.wait()?;
        }
        Ok(all)
    }

    /// Trains in this process; prints `ready` before the timed updates and waits for a line.
    pub fn train(self, inputs: &Path) -> Result<()> {
        let ready = || {
            println!("ready");
            std::io::stdin().read_line(&mut String::new())?;
            Ok(())
        };
        let took = match self {
            Self::Copies => copies::train_copies(inputs, n_threads(), ready)?,
            Self::OneCopy => copies::train_copies(inputs, 1, ready)?,
            Self::Stacks(size) => copies::train_stacks(size, N_MINI_UPDATES, ready)?,
            _ => return Err("Python trains the others".into()),
        };
        let rate = took.n_examples as f64 / took.time.as_secs_f64();
        let peak_mib = peak_mib()?;
        println!("{}", json!({"examples_per_second": rate, "losses": took.losses, "peak_mib": peak_mib}));
        Ok(())
    }
}

/// A process that trains.
struct Run {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Run {
    fn start(mut command: Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take().ok_or("no input")?;
        let output = BufReader::new(child.stdout.take().ok_or("no output")?);
        Ok(Self { child, input, output })
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

/// The measurements of one run; for several processes the sums, and the losses of the first.
#[derive(Default)]
pub struct Measured {
    pub examples_per_second: f64,
    pub peak_mib: f64,
    pub losses: Vec<f64>,
}

/// Returns the high-water mark of this process's resident memory, in MiB.
fn peak_mib() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.split_whitespace().next().ok_or("no number")?.parse::<f64>()? / 1024.0)
}
