"""Runs notebooks with their kernel, from beginning to end, and says what came out.

A cell has failed if it ends with an error; one tagged `raises-exception` has failed if it does not. A cell tagged
`figure` has also failed if it shows no figure. What a cell writes to stderr is an output like any other.

A notebook whose data cannot be had (see notebook_data.py) is skipped, which is no failure.
"""

import argparse
import atexit
import json
import re
import sys
import time
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from nbclient import NotebookClient

from notebook_data import unavailable
from notebook_places import clean

PLOTLY = "application/vnd.plotly.v1+json"
ANSI = re.compile(r"\x1b\[[0-9;]*m")
REMEDY = "run ./kernel-setup/walkthrough or ./kernel-setup/test, which install it"


class CellFailed(Exception):
    """A cell failed, the notebook stops here."""


def text(value):
    return ANSI.sub("", "\n".join(value) if isinstance(value, list) else value)


def error_of(cell):
    """The text of what went wrong in an executed cell, or None."""
    for output in cell.get("outputs", []):
        if output["output_type"] == "error":
            return text(output.get("traceback") or output.get("evalue", "")) or "error"
    return None


def figures_of(cell):
    """Returns the number of outputs of a cell that are figures: interactive, and as a picture."""
    data = [output.get("data", {}) for output in cell.get("outputs", [])]
    return sum(1 for d in data if d.get("image/png") and d.get(PLOTLY, {}).get("data"))


def failure_of(cell):
    tags = cell.get("metadata", {}).get("tags", [])
    error = error_of(cell)
    if error and "raises-exception" not in tags:
        return error
    if not error and "raises-exception" in tags:
        return "tagged `raises-exception` but did not fail"
    if "figure" in tags and not figures_of(cell):
        return f"tagged `figure` but shows none (needs {PLOTLY} and image/png)"
    return None


class Runner(NotebookClient):
    """Executes a notebook, printing progress, and collects the failures of its cells."""

    def __init__(self, notebook, name, keep_going, **options):
        super().__init__(notebook, allow_errors=True, record_timing=False, **options)
        self.name, self.keep_going = name, keep_going
        self.failures, self.seconds = [], []
        self.n_code = sum(cell.cell_type == "code" for cell in notebook.cells)

    async def async_execute_cell(self, cell, cell_index, *args, **kwargs):
        if cell.cell_type != "code":
            return cell
        start = time.monotonic()
        cell = await super().async_execute_cell(cell, cell_index, *args, **kwargs)
        self.seconds.append(time.monotonic() - start)
        failure = failure_of(cell)
        verdict = "FAILED" if failure else "ok"
        say(f"{self.name}: cell {len(self.seconds)}/{self.n_code} {self.seconds[-1]:6.1f} s  {verdict}")
        if failure:
            self.failures.append({"cell": cell_index, "source": cell.source, "error": failure})
            print(indent(cell.source, "    | ") + "\n" + indent(failure, "    ! "), flush=True)
            if not self.keep_going:
                raise CellFailed
        return cell


def say(line):
    print(time.strftime("[%H:%M:%S] ") + line, flush=True)


def indent(lines, prefix):
    return "\n".join(prefix + line for line in lines.splitlines()[:60])


def run(path, options):
    notebook = nbformat.read(path, as_version=4)
    n_all = len(notebook.cells)
    runner = Runner(
        notebook,
        path.stem,
        options.keep_going,
        kernel_name=options.kernel,
        timeout=options.timeout,
        startup_timeout=300,
        resources={"metadata": {"path": str(path.parent)}},
    )
    start = time.monotonic()
    cause = unavailable(notebook)
    if cause:
        say(f"{path.stem}: skipped: {cause}")
        return report(path, n_all, runner, start) | {"skipped": cause}
    say(f"{path.stem}: starting the kernel")
    log = options.out / f"{path.stem}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("wb") as terminal:
            runner.execute(stdout=terminal, stderr=terminal)
    except CellFailed:
        pass
    except Exception as error:  # The kernel died or did not answer, and nbclient may fail to clean up after that.
        atexit.unregister(runner._cleanup_kernel)
        cause = error.__context__ or error
        message = f"{type(cause).__name__}: {cause}\n{tail(log)}"
        say(f"{path.stem}: {message}")
        runner.failures.append({"cell": len(runner.seconds), "source": "", "error": message})
    write(notebook, path if options.in_place and not runner.failures else options.out / path.name)
    n_figures = sum(figures_of(cell) for cell in notebook.cells if cell.cell_type == "code")
    return report(path, n_all, runner, start) | {"figures": n_figures}


def report(path, n_all, runner, start):
    return {
        "notebook": path.stem,
        "cells": n_all,
        "code_cells": runner.n_code,
        "executed": len(runner.seconds),
        "first_cell_seconds": round(runner.seconds[0], 2) if runner.seconds else None,
        "seconds": round(time.monotonic() - start, 2),
        "figures": 0,
        "failures": runner.failures,
        "skipped": None,
    }


def tail(log):
    """The end of what the kernel wrote to its terminal."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])


def write(notebook, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".ipynb.new")
    clean(notebook)
    nbformat.write(notebook, new)
    new.replace(path)


def table(reports):
    print(f"\n{'notebook':<28} {'cells':>7} {'first cell':>11} {'total':>9} {'figures':>8}  result")
    for r in reports:
        first = f"{r['first_cell_seconds']:.1f} s" if r["first_cell_seconds"] is not None else "-"
        cells = f"{r['executed']}/{r['code_cells']}"
        result = f"{len(r['failures'])} FAILED" if r["failures"] else "skipped" if r["skipped"] else "ok"
        print(f"{r['notebook']:<28} {cells:>7} {first:>11} {r['seconds']:>7.1f} s {r['figures']:>8}  {result}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder of executed copies, logs and report.json")
    parser.add_argument("--in-place", action="store_true", help="write the outputs into the notebooks that succeed")
    parser.add_argument("--kernel", default="lmc")
    parser.add_argument("--timeout", type=int, default=900, help="seconds that one cell may take")
    parser.add_argument("--keep-going", action="store_true", help="go on after a cell that failed")
    options = parser.parse_args()
    try:
        KernelSpecManager().get_kernel_spec(options.kernel)
    except NoSuchKernel:
        sys.exit(f"error: the kernel `{options.kernel}` is not installed\n  remedy: {REMEDY}")
    missing = [str(path) for path in options.notebooks if not path.is_file()]
    if missing:
        sys.exit(f"error: no such notebook: {', '.join(missing)}\n  remedy: check the path")
    reports = [run(path.resolve(), options) for path in options.notebooks]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "report.json").write_text(json.dumps(reports, indent=1))
    table(reports)
    print(f"executed notebooks and report.json: {'in place, ' if options.in_place else ''}{options.out}")
    sys.exit(any(r["failures"] for r in reports))


if __name__ == "__main__":
    main()
