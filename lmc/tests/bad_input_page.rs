//! The page about bad input, `lmc/docs/bad-input.md`, says what the command says.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

/// A box of the page: the lines of a shell, each with its output.
struct Session {
    line: usize,
    steps: Vec<(String, String)>,
}

fn sessions(page: &str) -> Vec<Session> {
    let mut sessions: Vec<Session> = Vec::new();
    let mut inside = false;
    for (i, line) in page.lines().enumerate() {
        match line {
            "```console" => {
                inside = true;
                sessions.push(Session { line: i + 1, steps: Vec::new() });
            }
            "```" => inside = false,
            _ if !inside => {}
            _ => {
                let steps = &mut sessions.last_mut().unwrap().steps;
                match line.strip_prefix("$ ") {
                    Some(command) => steps.push((command.to_owned(), String::new())),
                    None => {
                        let (_, output) = steps.last_mut().expect("a command comes before what it prints");
                        output.push_str(line);
                        output.push('\n');
                    }
                }
            }
        }
    }
    sessions
}

/// Runs a line of a shell; returns its exit code and what it prints.
fn run(command: &str, folder: &Path, home: &Path) -> (Option<i32>, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_lmc"));
    let mut path = OsString::from(program.parent().unwrap());
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec 2>&1; {command}")]).current_dir(folder).env("PATH", path);
    // The command finds the same things as that of a reader who follows the page.
    shell
        .env("LMC_HOME", home)
        .env("LMC_PROGRESS", "off")
        .env("HF_HUB_OFFLINE", "1")
        .env("HF_HOME", home.join("hub"));
    for name in [
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "https_proxy",
        "HTTPS_PROXY",
        "no_proxy",
        "NO_PROXY",
    ] {
        shell.env_remove(name);
    }
    shell.env_remove("LMC_DATA").env_remove("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE").stdin(Stdio::null());
    let output = shell.output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn every_command_of_the_page_says_what_the_page_says() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/bad-input.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let home = tempfile::tempdir().unwrap();
    let (mut differences, mut n_refused) = (Vec::new(), 0);
    for session in sessions(&text) {
        let folder = tempfile::tempdir().unwrap();
        for (command, expected) in session.steps {
            let (code, got) = run(&command, folder.path(), home.path());
            if got != expected {
                differences.push(format!("box at line {}: $ {command}\n{got}", session.line));
                continue;
            }
            let of_usage = got.starts_with("error: ");
            let expected_code = if got.is_empty() {
                0
            } else if of_usage {
                2
            } else {
                1
            };
            assert_eq!(code, Some(expected_code), "{command}");
            assert!(
                got.is_empty() || of_usage || got.starts_with("lmc: ") && got.lines().count() == 1,
                "{got}"
            );
            n_refused += usize::from(!got.is_empty());
        }
    }
    assert!(differences.is_empty(), "{} says otherwise than\n{}", page.display(), differences.join("\n"));
    assert!(n_refused >= 24, "{n_refused}");
}
