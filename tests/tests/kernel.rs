//! Checks the messages of the installed kernel to Jupyter, in conversations that `tests/kernel` has with it.

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
fn cells_with_bad_input_say_what_the_page_says() {
    talk("bad_input.py", &[&notebook::clone_root().join("lmc/docs/bad-input.md")]);
}

#[test]
fn an_interrupt_stops_a_cell_and_keeps_variables_and_work() {
    let store = tempfile::tempdir().unwrap();
    talk("interrupts.py", &[store.path()]);
}

#[test]
fn what_cells_print_and_show_arrives_whole_in_order_and_form() {
    talk("outputs.py", &[]);
}

#[test]
fn requests_are_answered_beside_a_cell_and_the_end_leaves_nothing() {
    talk("protocol.py", &[]);
}

#[test]
fn kernels_have_slots_of_their_own_and_clones_their_own_library() {
    let clone = tempfile::tempdir().unwrap();
    talk("slots.py", &[clone.path()]);
}

#[test]
fn without_set_up_the_first_cell_says_what_to_do() {
    let cache = tempfile::tempdir().unwrap();
    talk("not_set_up.py", &[cache.path()]);
}
