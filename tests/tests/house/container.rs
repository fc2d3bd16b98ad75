//! The container and the development container: what the set-up asks for is installed, and their commands exist.
//! `.ci/run` builds the container where podman or docker is at hand.

use lmc_tests::notebook::clone_root;
use serde_json::Value;

fn read(path: &str) -> String {
    std::fs::read_to_string(clone_root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the instructions of the Dockerfile, each on one line.
fn instructions() -> Vec<String> {
    let joined = read("Dockerfile").replace("\\\n", " ");
    let lines = joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn the_container_has_what_the_set_up_asks_for() {
    let all = instructions();
    let installs = all.iter().find(|line| line.contains("apt-get install")).unwrap();
    // The set-up names them where they are missing.
    let common = read("kernel-setup/common.sh");
    for package in ["g++", "python3", "python3-venv"] {
        assert!(common.contains(package), "{package} is no more asked for");
        assert!(installs.split(' ').any(|word| word == package), "{package}: {installs}");
    }
    // The toolchain comes with the clone: rust-toolchain.toml names it.
    assert!(all.iter().any(|line| line.contains("--default-toolchain none")));
    let copied = all.iter().position(|line| line.starts_with("COPY")).unwrap();
    assert!(all[copied + 1].starts_with("RUN ./kernel-setup/walkthrough --set-up"), "{}", all[copied + 1]);
}

#[test]
fn commands_of_the_containers_exist() {
    let usage = read("kernel-setup/walkthrough");
    let devcontainer: Value = serde_json::from_str(&read(".devcontainer/devcontainer.json")).unwrap();
    let created = devcontainer["postCreateCommand"].as_str().unwrap();
    let start = instructions().pop().unwrap();
    let words: Vec<String> = serde_json::from_str(start.strip_prefix("CMD ").unwrap()).unwrap();
    assert!(words[0] == "./kernel-setup/walkthrough" && words[1] == "--open", "{words:?}");
    for option in [created.split(' ').nth(1).unwrap(), words[1].as_str()] {
        assert!(
            usage.contains(&format!("\n  {option} ")) && usage.contains(&format!("{option})")),
            "{option}"
        );
    }
    let dockerfile = devcontainer["build"]["dockerfile"].as_str().unwrap();
    assert!(clone_root().join(".devcontainer").join(dockerfile).is_file());
    let user = devcontainer["remoteUser"].as_str().unwrap();
    assert!(instructions().contains(&format!("USER {user}")));
}
