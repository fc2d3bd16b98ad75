"""Cells that fail: what Jupyter is told, what stays, and what runs after them."""

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from conversation import NOTEBOOKS, Kernel

PANIC = 'let purpose: &str = "purpose";\npanic!("on {}", purpose);'


def check(answer, name, message, place=None):
    """A failed cell says so once, in few lines, in the right place."""
    error = answer.error(name)
    assert message in error["evalue"], f"{message!r} is expected: {answer}"
    lines = error["traceback"]
    assert 1 <= len(lines) <= 12, f"the traceback has {len(lines)} lines: {lines}"
    assert message in "\n".join(lines), lines
    assert place is None or place in lines[-1], f"the place {place!r} is expected in {lines}"
    assert not answer.text("stderr"), f"the error is told twice: {answer}"
    return error


def variables_stay(kernel):
    kernel.ok('let kept: Vec<i32> = vec![40, 2];\nlet words: String = "some words".to_owned();')
    check(kernel.run('let n: i32 = "seven".parse()?;'), "Error", "invalid digit found in string")
    check(kernel.run(PANIC), "Panic", "on purpose", 'panic!("on {}", purpose);')
    check(kernel.run('let text: i32 = "text";'), "Error", "mismatched types")
    after = kernel.ok('format!("{} {words}", kept.iter().sum::<i32>())')
    assert after.result() == '"42 some words"', after


def what_came_before_a_failure_is_shown(kernel):
    answer = kernel.run('println!("whole line"); print!("no line feed"); panic!("after text");')
    assert answer.outputs() == [("stdout", "whole line\nno line feed"), ("error", "after text")], answer
    answer = kernel.run('eprintln!("a warning"); print!("half"); let n: i32 = "eight".parse()?; print!("never");')
    assert answer.text("stdout") == "half" and answer.outputs()[-1][0] == "error", answer


def waiting_cells_are_aborted(kernel):
    first, failing, third = (kernel.send(code) for code in ('println!("first");', PANIC, 'println!("third");'))
    kernel.finish(first, failing, third)
    assert first.text("stdout") == "first\n", first
    check(failing, "Panic", "on purpose")
    assert third.status == "aborted" and not third.outputs() and not third.of("execute_input"), third
    later = kernel.ok('println!("later");')
    assert later.text("stdout") == "later\n", later
    assert later.reply["content"]["execution_count"] == failing.reply["content"]["execution_count"] + 1, later


def waiting_cells_run_if_the_client_says_so(kernel):
    failing, second = kernel.send(PANIC, stop_on_error=False), kernel.send('println!("second");')
    kernel.finish(failing, second)
    check(failing, "Panic", "on purpose")
    assert second.status == "ok" and second.text("stdout") == "second\n", second


def an_ended_process_says_that_variables_are_lost(kernel):
    kernel.ok("let lost: i32 = 1;")
    answer = kernel.run('println!("before"); std::process::abort();')
    error = check(answer, "Died", "all variables are lost")
    assert "run the cells that define them again" in error["evalue"], error
    assert answer.text("stdout") == "before\n", answer
    assert kernel.ok("1 + 1").result() == "2"
    check(kernel.run("lost"), "Error", "cannot find value `lost`")


def a_notebook_ends_at_the_failing_cell():
    cells = [new_code_cell(code) for code in ('println!("first");', PANIC, 'println!("third");')]
    client = NotebookClient(new_notebook(cells=cells), kernel_name="lmc", resources={"metadata": {"path": NOTEBOOKS}})
    try:
        client.execute()
    except CellExecutionError as error:
        assert (error.ename, error.evalue) == ("Panic", "on purpose"), error
    else:
        raise AssertionError("nbclient did not notice the failing cell")
    assert cells[0].outputs[0]["text"] == "first\n", cells[0]
    assert [output["output_type"] for output in cells[1].outputs] == ["error"], cells[1]
    assert not cells[2].outputs and cells[2].execution_count is None, f"the cell after the failing one ran: {cells[2]}"


def main():
    with Kernel() as kernel:
        variables_stay(kernel)
        what_came_before_a_failure_is_shown(kernel)
        waiting_cells_are_aborted(kernel)
        waiting_cells_run_if_the_client_says_so(kernel)
        an_ended_process_says_that_variables_are_lost(kernel)
    a_notebook_ends_at_the_failing_cell()


if __name__ == "__main__":
    main()
