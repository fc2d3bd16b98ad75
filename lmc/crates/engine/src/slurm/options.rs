//! The options for Slurm: the resources of each task and the number of tasks.

use std::path::PathBuf;

use lmc_base::error::{LmcError, Result};
use lmc_base::options::Options;
use lmc_model::compute::Devices;

/// The way in which work is given to a Slurm cluster: the resources of each task of a job array, and the
/// number of tasks.
///
/// Options that are left out take the cluster's defaults. Values go to `sbatch` as they are, and it reports
/// the ones that it does not know.
///
/// # Examples
/// ```
/// # mod lmc { pub use lmc_base::{LmcError, options::Options}; pub mod study { pub use lmc_engine::slurm::Slurm; } }
/// use lmc::Options;
/// use lmc::study::Slurm;
/// let slurm = Slurm {
///     partition: Some("gpu".into()),
///     gres: Some("gpu:1".into()),
///     time: Some("4:00:00".into()),
///     ..Slurm::default()
/// };
/// let slurm = slurm.check()?;
/// # Ok::<(), lmc::LmcError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slurm {
    /// The partition.
    pub partition: Option<String>,
    /// The account that is charged.
    pub account: Option<String>,
    /// The quality of service.
    pub qos: Option<String>,
    /// Features that the nodes must have.
    pub constraint: Option<String>,
    /// Generic resources of each task, such as `gpu:1`.
    pub gres: Option<String>,
    /// The processors of each task.
    pub cpus: Option<usize>,
    /// The memory of each task, such as `16G`.
    pub memory: Option<String>,
    /// The time limit of each task, such as `4:00:00`.
    pub time: Option<String>,
    /// The devices of its machine on which each task computes.
    pub devices: Devices,
    /// Further arguments of `sbatch`, such as `--exclude=node7`.
    pub arguments: Vec<String>,
    /// Lines of shell that each task runs first, such as `module load cuda`.
    pub setup: Vec<String>,
    /// The command `lmc` on the nodes; by default the running program if that is `lmc`, or the `lmc` in
    /// `PATH`.
    pub program: Option<PathBuf>,
    /// The number of tasks that share the work; by default one for each stack of copies, or as many as make
    /// half an hour each (with a time limit half of it) at the speed of this machine, at most
    /// [`Slurm::MOST_TASKS`].
    pub tasks: Option<usize>,
    /// The most tasks that run at the same time.
    pub at_once: Option<usize>,
    /// The number of times that a failed task is submitted again; a failure after progress does not count.
    pub retries: usize,
}

impl Default for Slurm {
    /// Returns options that leave everything to the cluster; a task that fails is submitted again twice.
    fn default() -> Self {
        Self {
            partition: None,
            account: None,
            qos: None,
            constraint: None,
            gres: None,
            cpus: None,
            memory: None,
            time: None,
            devices: Devices::Auto,
            arguments: Vec::new(),
            setup: Vec::new(),
            program: None,
            tasks: None,
            at_once: None,
            retries: 2,
        }
    }
}

/// The time that a task should take if no time limit is given, in seconds.
const TASK_SECONDS: f64 = 1800.0;

impl Slurm {
    /// The most tasks unless more are asked for.
    pub const MOST_TASKS: usize = 100;

    fn values(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let one = [
            ("slurm.partition", &self.partition),
            ("slurm.account", &self.account),
            ("slurm.qos", &self.qos),
            ("slurm.constraint", &self.constraint),
            ("slurm.gres", &self.gres),
            ("slurm.memory", &self.memory),
            ("slurm.time", &self.time),
        ];
        let many = [("slurm.arguments", &self.arguments), ("slurm.setup", &self.setup)];
        let one = one.into_iter().filter_map(|(field, value)| value.as_ref().map(|value| (field, value)));
        one.chain(many.into_iter().flat_map(|(field, values)| values.iter().map(move |value| (field, value))))
    }

    /// Returns the number of tasks for `n_parts` parts that take `seconds` each, if that time is known;
    /// `most` is the cluster's limit.
    ///
    /// # Errors
    /// [`LmcError::InvalidParameter`] if more tasks are asked for than the cluster allows.
    #[doc(hidden)]
    pub fn n_tasks(&self, n_parts: usize, seconds: Option<f64>, most: Option<usize>) -> Result<usize> {
        if let (Some(tasks), Some(most)) = (self.tasks, most)
            && tasks > most
        {
            let expected = format!("at most {most}, the MaxArraySize of this cluster");
            return Err(LmcError::invalid("slurm.tasks", tasks, expected));
        }
        let limit = self.time.as_deref().and_then(seconds_of);
        let each = limit.map_or(TASK_SECONDS, |limit| limit as f64 / 2.0).max(1.0);
        let sensible = match seconds {
            Some(seconds) => ((n_parts as f64 * seconds / each).ceil() as usize).min(Self::MOST_TASKS),
            None => n_parts,
        };
        Ok(self.tasks.unwrap_or(sensible).min(most.unwrap_or(usize::MAX)).clamp(1, n_parts.max(1)))
    }
}

impl Options for Slurm {
    fn validate(&self) -> Result<()> {
        let counts =
            [("slurm.cpus", self.cpus), ("slurm.tasks", self.tasks), ("slurm.at_once", self.at_once)];
        for (field, count) in counts {
            if count == Some(0) {
                return Err(LmcError::invalid(field, 0, "at least 1"));
            }
        }
        for (field, value) in self.values() {
            if value.chars().any(char::is_control) {
                return Err(LmcError::invalid(field, format!("{value:?}"), "one line of text"));
            }
        }
        Ok(())
    }
}

/// Returns the seconds of a time limit in the forms that `sbatch` knows: minutes, minutes:seconds,
/// hours:minutes:seconds, days-hours, days-hours:minutes, days-hours:minutes:seconds.
fn seconds_of(limit: &str) -> Option<u64> {
    let (days, rest) = match limit.split_once('-') {
        Some((days, rest)) => (Some(days.parse::<u64>().ok()?), rest),
        None => (None, limit),
    };
    let parts: Vec<u64> = rest.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match (days, parts.as_slice()) {
        (None, &[minutes]) => (0, minutes, 0),
        (None, &[minutes, seconds]) => (0, minutes, seconds),
        (Some(_), &[hours]) => (hours, 0, 0),
        (Some(_), &[hours, minutes]) => (hours, minutes, 0),
        (_, &[hours, minutes, seconds]) => (hours, minutes, seconds),
        _ => return None,
    };
    let hours = days.unwrap_or(0).checked_mul(24)?.checked_add(hours)?;
    hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60)?.checked_add(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_limits_are_read_as_sbatch_reads_them() {
        let seconds = ["90", "90:30", "4:00:00", "2-12", "2-12:30", "1-00:00:01", "UNLIMITED", "1:2:3:4", ""]
            .map(seconds_of);
        let expected = [
            Some(5400),
            Some(5430),
            Some(14400),
            Some(216_000),
            Some(217_800),
            Some(86_401),
            None,
            None,
            None,
        ];
        assert_eq!(seconds, expected);
    }

    #[test]
    fn tasks_take_half_an_hour_or_half_of_the_limit() {
        let slurm =
            |tasks, time: Option<&str>| Slurm { tasks, time: time.map(str::to_owned), ..Slurm::default() };
        let n = |slurm: Slurm, parts, seconds, most| slurm.n_tasks(parts, seconds, most).unwrap();
        assert_eq!(n(slurm(None, None), 4950, Some(10.0), Some(1001)), 28);
        assert_eq!(n(slurm(None, Some("4:00:00")), 4950, Some(10.0), Some(1001)), 7);
        assert_eq!(n(slurm(None, None), 4950, Some(1000.0), None), Slurm::MOST_TASKS);
        assert_eq!(n(slurm(None, None), 4950, Some(1000.0), Some(20)), 20);
        assert_eq!(n(slurm(None, None), 120, Some(0.01), None), 1);
        assert_eq!(n(slurm(Some(8), None), 120, Some(0.01), None), 8);
        assert_eq!(n(slurm(Some(8), None), 3, Some(0.01), None), 3);
        assert_eq!(n(slurm(None, None), 300, None, None), 300);
        let message = slurm(Some(2000), None).n_tasks(4950, None, Some(1001)).unwrap_err().to_string();
        assert_eq!(
            message,
            "`slurm.tasks`: got 2000, expected at most 1001, the MaxArraySize of this cluster"
        );
    }

    #[test]
    fn what_no_script_can_hold_is_refused() {
        let message = |slurm: Slurm| slurm.check().unwrap_err().to_string();
        Slurm::default().validate().unwrap();
        assert!(message(Slurm { cpus: Some(0), ..Slurm::default() }).starts_with("`slurm.cpus`: got 0"));
        assert!(message(Slurm { tasks: Some(0), ..Slurm::default() }).starts_with("`slurm.tasks`: got 0"));
        let broken = Slurm { gres: Some("gpu:1\n#SBATCH -w x".into()), ..Slurm::default() };
        assert!(message(broken).starts_with("`slurm.gres`: got \"gpu:1\\n#SBATCH"));
        let broken = Slurm { setup: vec!["module load cuda".into(), "a\nb".into()], ..Slurm::default() };
        assert!(message(broken).starts_with("`slurm.setup`"));
    }
}
