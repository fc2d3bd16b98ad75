"""The stop button during finetuning: the cell says that it was interrupted, and the kernel keeps its variables."""

import sys
import time
from pathlib import Path

from chromium import screenshot
from lab import Lab
from notebook_page import STATE, errors_of, open_notebook, text_of

# The cells of interrupt.ipynb.
FINETUNE, AFTER = 2, 3


def main(folder, state):
    with Lab(folder, state, LMC_HOME=state / "store") as lab, open_notebook(lab, "interrupt.ipynb") as notebook:
        notebook.run_all()
        notebook.wait(f"() => ({STATE})().cells[{FINETUNE}].outputs.length > 0", 240)
        progress = text_of(notebook.cells()[FINETUNE]["outputs"])
        assert "finetuning" in progress, f"the cell shows something else than its progress: {progress!r}"
        pressed = time.monotonic()
        notebook.press_stop()
        notebook.wait_until_done(60)
        print(f"the cell stopped {time.monotonic() - pressed:.1f} s after the button was pressed")
        screenshot(notebook.page, "interrupt")
        stopped, after = notebook.cells()[FINETUNE:]
        said = text_of(errors_of(stopped["outputs"]))
        assert "interrupted" in said.lower(), f"no error output says `interrupted`: {stopped['outputs']}"
        assert after["count"] is None, "the cell after the interrupted one ran"
        notebook.run_cell(AFTER, 120)
        said = text_of(notebook.cells()[AFTER]["outputs"])
        assert "before is 41" in said, f"the variables are gone: {said!r}"


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
