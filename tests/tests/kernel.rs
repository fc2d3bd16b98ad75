//! What the installed kernel says to Jupyter, in conversations that `tests/kernel` has with it.

use std::path::Path;

use lmc_tests::{notebook, script};

/// Has a conversation.
fn talk(name: &str, arguments: &[&Path]) {
    let mut command = script::command(&[], &notebook::python(), &format!("kernel/{name}"));
    script::run(command.args(arguments));
}

#[test]
fn a_cell_that_fails_is_an_error_and_stops_what_waits() {
    talk("failures.py", &[]);
}

#[test]
fn an_interrupt_stops_a_cell_and_keeps_variables_and_work() {
    let store = tempfile::tempdir().unwrap();
    talk("interrupts.py", &[store.path()]);
}
