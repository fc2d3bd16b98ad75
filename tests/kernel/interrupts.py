"""Interrupts, as the stop button sends them: what runs stops soon and goes on later, and the variables stay."""

import sys
import time

from conversation import LIBRARY, Kernel

# Short enough to be finished in a test, long enough to be interrupted in its middle.
STUDY = """let study: std::rc::Rc<Study> = Study::open(
    StudySpec::mini_nli(5).with_recipe(Recipe { length: Step::Iterations(60), ..Recipe::mini() })
)?;"""
FINETUNE = "let models: Models = study.finetune()?;"
SWEEP = 'let sweep: Sweep = models.sweep("id", Grid::TENTHS)?;'


def stop(kernel, answer, what, limit=2.0):
    """Interrupts a running cell, which must end within a time."""
    pressed = time.monotonic()
    request = kernel.interrupt()
    kernel.finish(answer, request)
    seconds = time.monotonic() - pressed
    print(f"{what} stopped after {seconds:.2f} s", flush=True)
    assert seconds < limit, f"{what} stopped only after {seconds:.2f} s"


def is_one_line(answer):
    """Progress is one output that changes; returns what it said."""
    shown, updates = answer.of("display_data"), answer.of("update_display_data")
    assert len(shown) == 1 and updates, answer
    names = {content["transient"]["display_id"] for content in shown + updates}
    assert len(names) == 1, f"progress has several display ids: {names}"
    return [content["data"]["text/plain"] for content in shown + updates]


def stop_in_the_middle(kernel, code, unit):
    """Interrupts work of the library once its progress has moved."""
    answer = kernel.send(code)
    kernel.wait(lambda: len(answer.of("update_display_data")) > 1, f"progress of {code}")
    stop(kernel, answer, code)
    said = answer.error("Interrupted")["evalue"]
    assert unit in said and "in the store" in said and "run the same call again" in said, said
    assert not answer.text("stderr"), answer
    lines = is_one_line(answer)
    assert "stopped at" in lines[-1] and unit.split()[-1] in said, lines
    return answer


def work_stops_and_goes_on(kernel):
    kernel.ok(LIBRARY)
    kernel.ok("let kept: i32 = 41;\n" + STUDY)
    stopped = stop_in_the_middle(kernel, FINETUNE, "of 120 updates")
    # An interrupt that comes too late is forgotten as well.
    idle = kernel.interrupt()
    kernel.finish(idle)
    assert kernel.ok("kept").result() == "41"
    again = kernel.ok(FINETUNE)
    last = is_one_line(again)[-1]
    assert "found in the store" in last and "(0 found" not in last, f"the work began anew: {last}"
    print(f"{is_one_line(stopped)[-1]}; again: {last}", flush=True)
    stop_in_the_middle(kernel, SWEEP, "of 120 lines")
    assert kernel.ok('format!("{kept} {}", models.models().len())').result() == '"41 16"'


def a_cell_that_compiles_is_stopped(kernel):
    answer = kernel.send('format!("{:?}", vec![(1, "one")])')
    kernel.listen(0.3)
    stop(kernel, answer, "a cell that was compiled", 5.0)
    assert "before it ran" in answer.error("Interrupted")["evalue"], answer
    assert kernel.ok("kept + 1").result() == "42"


def a_cell_that_does_not_listen_is_killed(kernel):
    answer = kernel.begin('println!("looping"); loop {}')
    kernel.finish(kernel.interrupt())
    kernel.wait(lambda: answer.text("stderr"), "a hint", 10)
    hint = answer.text("stderr")
    assert "interrupt again" in hint and "variables will be lost" in hint, hint
    assert not answer.is_complete, answer
    stop(kernel, answer, "a loop, at the second interrupt,")
    assert "all variables are lost" in answer.error("Killed")["evalue"], answer
    assert kernel.ok("1 + 1").result() == "2"


def main(store):
    with Kernel(LMC_HOME=store) as kernel:
        work_stops_and_goes_on(kernel)
        a_cell_that_compiles_is_stopped(kernel)
        a_cell_that_does_not_listen_is_killed(kernel)


if __name__ == "__main__":
    main(*sys.argv[1:])
