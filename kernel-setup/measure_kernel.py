"""Measures the kernel as a notebook feels it: from its start to the first figure, and what a one-line cell costs.

Beside it, unless --alone is given, stands evcxr_jupyter as it is, of the same version and in the same run: its own
caching on, `lmc` linked statically, its first cell compiled before the measurement (that takes about 15 minutes; --keep
FOLDER keeps it for the next time). Prints a table; --json FILE writes the figures.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager

CLONE = Path(__file__).resolve().parent.parent
CACHE = Path(sys.prefix).parent
# In two cells: evcxr_jupyter shows a figure as text in the cell that makes its variable.
PLOT = """use lmc::plotly::{Plot, Scatter};
let mut plot: Plot = Plot::new();
plot.add_trace(Scatter::new(vec![0.0, 1.0], vec![2.0, 3.0]));"""
FIGURE = "Figure::new(plot.clone())?"
# One line each, as in the notebooks: variables, calls of the library, output, a display.
LINES = [
    "let x: i32 = 5;",
    'println!("{}", x + 1);',
    "let gap = gap::convexity_gap(&[1.0, 0.2, 0.6, 0.9, 1.0])?;",
    'println!("{gap}");',
    "let pair: (f64, i32) = (gap, x);",
    "pair",
    'let words: Vec<String> = vec!["a".to_owned()];',
    "words.len()",
    'polars::df!("x" => [1, 2])?',
]


class Kernel:
    """A kernel that runs cells."""

    def __init__(self, name, specs):
        self.manager = KernelManager(kernel_name=name, kernel_spec_manager=specs)
        self.manager.start_kernel(cwd=str(CLONE / "notebooks"))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=300)

    def run(self, code, timeout=3600):
        """The seconds that a cell takes, and the forms of what it shows."""
        start, forms = time.monotonic(), set()

        def hook(message):
            forms.update(message["content"].get("data", {}))
            if message["msg_type"] == "error":
                sys.exit(f"error: a cell failed\n{code}\n" + "\n".join(message["content"]["traceback"]))

        self.client.execute_interactive(code, timeout=timeout, output_hook=hook)
        return time.monotonic() - start, forms

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def measure(name, specs, library, before=""):
    """Start to first figure, and every line's cost, in seconds."""
    start = time.monotonic()
    with Kernel(name, specs) as kernel:
        kernel.run(f'{before}:dep lmc = {{ path = "{library}" }}\nuse lmc::prelude::*;')
        kernel.run(PLOT)
        _, forms = kernel.run(FIGURE)
        to_figure = time.monotonic() - start
        if "image/png" not in forms:
            sys.exit(f"error: the cell of the figure showed {sorted(forms)}")
        return {"to_first_figure": to_figure, "lines": [kernel.run(line)[0] for _ in range(3) for line in LINES]}


def stock(folder):
    """Registers evcxr_jupyter as it is, which the launcher becomes if called as evcxr_jupyter is. Returns its specs and
    a copy of the library that cells link statically."""
    copy = folder / "clone"
    if copy.exists():
        shutil.rmtree(copy)
    shutil.copytree(CLONE, copy, ignore=shutil.ignore_patterns("target", "out", ".git"), symlinks=True)
    manifest = copy / "lmc/Cargo.toml"
    text = manifest.read_text()
    static = text.replace('crate-type = ["rlib", "dylib"]', 'crate-type = ["rlib"]')
    if static == text:
        sys.exit(f"error: {manifest} has no crate-type to change")
    manifest.write_text(static)
    spec = folder / "kernels/stock"
    spec.mkdir(parents=True, exist_ok=True)
    rust = subprocess.check_output(["rustc", "--print", "target-libdir"], text=True, cwd=CLONE).strip()
    libraries = [CACHE / "libtorch/lib", rust]
    environment = {
        "EVCXR_CONFIG_DIR": str(folder / "config"),
        "EVCXR_TMPDIR": str(folder / "cells"),
        "LIBTORCH": str(CACHE / "libtorch"),
        "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
        "JUPYTER_PATH": str(folder),
    }
    argv = [str(CACHE / "bin/lmc-kernel"), "--control_file", "{connection_file}"]
    kernel = {"argv": argv, "display_name": "stock", "language": "rust", "env": environment}
    (spec / "kernel.json").write_text(json.dumps(kernel))
    specs = KernelSpecManager()
    specs.kernel_dirs = [str(folder / "kernels")]
    return specs, copy / "lmc"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3, help="how often the kernel is started")
    parser.add_argument("--alone", action="store_true", help="leave evcxr_jupyter out")
    parser.add_argument("--keep", type=Path, help="a folder for what is compiled for evcxr_jupyter")
    parser.add_argument("--json", type=Path, help="write the figures there")
    options = parser.parse_args()
    os.environ.pop("LD_LIBRARY_PATH", None)
    results = {"Rust (lmc)": [measure("lmc", KernelSpecManager(), "../lmc") for _ in range(options.runs)]}
    if not options.alone:
        with tempfile.TemporaryDirectory() as temporary:
            specs, library = stock(options.keep or Path(temporary))
            before = ":cache 20000\n"
            start = time.monotonic()
            measure("stock", specs, library, before)
            print(f"evcxr_jupyter, before the measurement: {time.monotonic() - start:.0f} s", flush=True)
            results["evcxr_jupyter"] = [measure("stock", specs, library, before) for _ in range(options.runs)]
    print(f"{'':<16}{'to the first figure':>22}{'one-line cell, median':>24}{'slowest':>10}")
    for name, runs in results.items():
        figure = statistics.median(run["to_first_figure"] for run in runs)
        lines = [seconds for run in runs for seconds in run["lines"]]
        print(f"{name:<16}{figure:>20.1f} s{statistics.median(lines):>22.2f} s{max(lines):>8.2f} s")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
