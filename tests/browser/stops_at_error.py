"""Run All stops at a cell that fails, whichever way it fails: the cells after it do not run."""

import sys
from pathlib import Path

from chromium import screenshot
from lab import Lab
from notebook_page import errors_of, open_notebook, text_of


def check(lab, path):
    with open_notebook(lab, path.name) as notebook:
        notebook.run_all()
        notebook.wait_until_done(120)
        screenshot(notebook.page, path.stem)
        first, failing, third = notebook.cells()
        assert "first" in text_of(first["outputs"]), first
        said = text_of(failing["outputs"])
        assert "on purpose" in said, f"{path.stem}: the cell does not say what went wrong: {said!r}"
        assert errors_of(failing["outputs"]), f"{path.stem}: the failure is no error output: {failing['outputs']}"
        assert not third["outputs"], f"{path.stem}: the cell after the failing one ran: {text_of(third['outputs'])!r}"
        assert third["count"] is None, f"{path.stem}: the cell after the failing one has number {third['count']}"


def main(folder, state):
    failures = []
    with Lab(folder, state) as lab:
        for path in sorted(folder.glob("*.ipynb")):
            try:
                check(lab, path)
            except AssertionError as failure:
                failures.append(str(failure))
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
