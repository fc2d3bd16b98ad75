//! The batch script of an array: the resources of each task, its environment, and the command that it runs.

use std::path::{Path, PathBuf};

use super::Slurm;
use crate::provenance::libtorch_folder;
use lmc_base::error::{LmcError, Result};

/// Variables of the environment that decide what a task finds. Secrets are not among them: `--export=ALL`
/// passes those on, and they are never written to a file.
const VARIABLES: [&str; 15] = [
    "LMC_DATA",
    "HF_HOME",
    "HF_HUB_CACHE",
    "HF_ENDPOINT",
    "HF_HUB_OFFLINE",
    "HF_TOKEN_PATH",
    "XDG_CACHE_HOME",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    "LMC_ARITHMETIC",
    "MKL_CBWR",
    "ATEN_CPU_CAPABILITY",
    "ONEDNN_MAX_CPU_ISA",
];

/// The parts of a batch script.
#[derive(Debug)]
#[doc(hidden)]
pub struct Script<'a> {
    /// The resources of each task.
    pub slurm: &'a Slurm,
    /// The name of the jobs.
    pub name: &'a str,
    /// The folder of the plan, the script and the logs.
    pub folder: &'a Path,
    /// The root of the store.
    pub store: &'a Path,
    /// The command `lmc` on the nodes.
    pub program: &'a Path,
}

impl Script<'_> {
    /// The file of the plan in its folder.
    pub const PLAN: &'static str = "plan.json";

    /// The folder of the logs in the folder of the plan.
    pub const LOGS: &'static str = "logs";

    /// Returns the script of all tasks; `sbatch --array` says which tasks run.
    pub fn text(&self) -> String {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let set = VARIABLES.iter().filter_map(|&name| Some((name, variable(name)?)));
        let libraries = [libtorch_folder(), variable("LD_LIBRARY_PATH").map(PathBuf::from)];
        let libraries: Vec<String> =
            libraries.iter().flatten().map(|path| path.display().to_string()).collect();
        self.with_environment(set.collect(), &libraries.join(":"))
    }

    fn with_environment(&self, set: Vec<(&str, String)>, libraries: &str) -> String {
        let Slurm { partition, account, qos, constraint, gres, cpus, memory, time, arguments, setup, .. } =
            self.slurm;
        let mut lines = vec!["#!/bin/bash".to_owned()];
        lines.extend(arguments.iter().map(|argument| format!("#SBATCH {argument}")));
        let logs = self.folder.join(Self::LOGS);
        // In names of files a per cent sign stands for something else.
        let logs = format!("{}/%a-%A.log", logs.display().to_string().replace('%', "%%"));
        let here = std::env::current_dir().ok().map(|folder| folder.display().to_string());
        let options = [
            ("job-name", Some(self.name.to_owned())),
            ("output", Some(logs)),
            ("chdir", here),
            ("partition", partition.clone()),
            ("account", account.clone()),
            ("qos", qos.clone()),
            ("constraint", constraint.clone()),
            ("gres", gres.clone()),
            ("cpus-per-task", cpus.map(|cpus| cpus.to_string())),
            ("mem", memory.clone()),
            ("time", time.clone()),
        ];
        let given = options.into_iter().filter_map(|(name, value)| Some((name, value?)));
        lines.extend(given.map(|(name, value)| format!("#SBATCH --{name}={}", quoted_for_sbatch(&value))));
        lines.push("#SBATCH --nodes=1 --ntasks=1 --requeue --open-mode=append --export=ALL".to_owned());
        lines.push(String::new());
        let store = ("LMC_HOME", self.store.display().to_string());
        let set = std::iter::once(store).chain(set);
        lines.extend(set.map(|(name, value)| format!("export {name}={}", quoted(&value))));
        if !libraries.is_empty() {
            lines.push(format!("export LD_LIBRARY_PATH={}", quoted(libraries)));
        }
        lines.push("export LMC_THREADS=\"${SLURM_CPUS_ON_NODE:-1}\"".to_owned());
        lines.extend(setup.iter().cloned());
        let (program, plan) = (self.program.display().to_string(), self.folder.join(Self::PLAN));
        let plan = quoted(&plan.display().to_string());
        lines.push(format!("exec {} work {plan} --task \"$SLURM_ARRAY_TASK_ID\"\n", quoted(&program)));
        lines.join("\n")
    }
}

/// Returns a text as one word of a shell.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:,=+@%".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// Returns a text as one argument in an `#SBATCH` line, which knows quotes and backslashes.
fn quoted_for_sbatch(text: &str) -> String {
    match text.contains([' ', '\t', '"', '\'', '\\', '#']) {
        true => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        false => text.to_owned(),
    }
}

/// Returns the command `lmc` that tasks run: the one that is asked for, the running program, or the one in
/// `PATH`.
///
/// # Errors
/// [`LmcError::InvalidParameter`] if there is none.
#[doc(hidden)]
pub fn program(slurm: &Slurm) -> Result<PathBuf> {
    let is_lmc = |path: &PathBuf| path.file_name().is_some_and(|name| name == "lmc") && path.is_file();
    if let Some(program) = &slurm.program {
        let found = std::path::absolute(program).ok().filter(|path| path.is_file());
        let expected = "the file of the command lmc, on a file system that all nodes share";
        return found.ok_or_else(|| LmcError::invalid("slurm.program", program.display(), expected));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).map(|folder| folder.join("lmc"));
    let found = std::env::current_exe().into_iter().chain(in_path).find(is_lmc);
    let expected = "the path of the command lmc (`cargo build -p lmc --bin lmc` makes it), or an lmc in PATH";
    found.ok_or_else(|| LmcError::invalid("slurm.program", "none", expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_has_what_was_asked_for_and_the_environment() {
        let slurm = Slurm {
            partition: Some("gpu".into()),
            gres: Some("gpu:1".into()),
            time: Some("4:00:00".into()),
            cpus: Some(4),
            constraint: Some("a100|h100".into()),
            arguments: vec!["--exclude=node7".into(), "--job-name=other".into()],
            setup: vec!["module load cuda".into()],
            ..Slurm::default()
        };
        let script = Script {
            slurm: &slurm,
            name: "lmc-sweep-0123456789",
            folder: Path::new("/shared/a store/slurm/sweep-0123456789"),
            store: Path::new("/shared/a store"),
            program: Path::new("/opt/lmc"),
        };
        let set = vec![("LMC_DATA", "/data/it's".to_owned()), ("HF_HUB_OFFLINE", "1".to_owned())];
        let text = script.with_environment(set, "/torch/lib:/usr/lib");
        let here = std::env::current_dir().unwrap();
        let expected = format!(
            "#!/bin/bash\n\
             #SBATCH --exclude=node7\n\
             #SBATCH --job-name=other\n\
             #SBATCH --job-name=lmc-sweep-0123456789\n\
             #SBATCH --output=\"/shared/a store/slurm/sweep-0123456789/logs/%a-%A.log\"\n\
             #SBATCH --chdir={}\n\
             #SBATCH --partition=gpu\n\
             #SBATCH --constraint=a100|h100\n\
             #SBATCH --gres=gpu:1\n\
             #SBATCH --cpus-per-task=4\n\
             #SBATCH --time=4:00:00\n\
             #SBATCH --nodes=1 --ntasks=1 --requeue --open-mode=append --export=ALL\n\
             \n\
             export LMC_HOME='/shared/a store'\n\
             export LMC_DATA='/data/it'\\''s'\n\
             export HF_HUB_OFFLINE=1\n\
             export LD_LIBRARY_PATH=/torch/lib:/usr/lib\n\
             export LMC_THREADS=\"${{SLURM_CPUS_ON_NODE:-1}}\"\n\
             module load cuda\n\
             exec /opt/lmc work '/shared/a store/slurm/sweep-0123456789/plan.json' --task \"$SLURM_ARRAY_TASK_ID\"\n",
            here.display()
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn no_secret_is_written() {
        assert!(!VARIABLES.contains(&"HF_TOKEN"));
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("a$b"), "'a$b'");
    }

    #[test]
    fn a_command_that_is_not_there_is_named() {
        let slurm = Slurm { program: Some("/nowhere/lmc".into()), ..Slurm::default() };
        let message = program(&slurm).unwrap_err().to_string();
        assert!(message.starts_with("`slurm.program`: got /nowhere/lmc, expected the file"), "{message}");
    }
}
