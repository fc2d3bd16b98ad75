"""The fastest variant of tuned.py on this machine: each is run and printed, the best is written as JSON.

usage: search.py INPUTS ENCODER OUT THREADS
"""

import json
import os
import subprocess
import sys
from pathlib import Path

BATCHES = [f"sequences:{n}" for n in (1, 2, 4, 8, 16, 32, 64)]
BATCHES += [f"{kind}:{n}" for kind in ("tokens", "equal") for n in (512, 1024, 2048, 4096)]
PLAIN = {"attention": "sdpa", "compile": None, "packed": False}
# What is tried with the few ways of batching that are best in a first look, themselves once more included.
CHANGES = [
    {},
    {"attention": "eager"},
    {"packed": True},
    {"compile": {}},
    {"compile": {"mode": "max-autotune-no-cudagraphs"}},
    {"compile": {"options": {"cpp_wrapper": True}}},
    {"compile": {}, "attention": "eager"},
    {"compile": {}, "packed": True},
]
LIMIT_S = 600


def attempt(inputs: Path, encoder: Path, out: Path, variant: dict, repeats: int) -> list[tuple[float, dict]]:
    """Seconds per point of each way of batching in a variant; none if it does not run."""
    file = out / "attempt.json"
    alphas = [f"{(k + 1) / (variant['processes'] + 1)}" for k in range(variant["processes"])]
    script = Path(__file__).with_name("tuned.py")
    command = [sys.executable, script, inputs, encoder, file, json.dumps(variant), str(repeats), *alphas]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT_S, env=environment(variant))
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        lines = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        print(f"{describe(variant)}: does not run: {lines[-1] if lines else error}", flush=True)
        return []
    seconds = json.loads(file.read_text())["seconds"]
    for how, s in seconds.items():
        print(f"{s:8.3f} s  {describe({**variant, 'batches': [how]})}", flush=True)
    return [(s, {**variant, "batches": [how]}) for how, s in seconds.items()]


def environment(variant: dict) -> dict:
    return {**os.environ, "OMP_NUM_THREADS": str(variant["threads"])}


def describe(variant: dict) -> str:
    """A variant in words."""
    compiled = variant["compile"]
    words = [
        f"{variant['processes']} x {variant['threads']} threads",
        variant["attention"],
        "not compiled" if compiled is None else f"torch.compile {json.dumps(compiled) if compiled else ''}".strip(),
        "packed by oneDNN" if variant["packed"] else "",
        variant["batches"][0] if len(variant["batches"]) == 1 else "",
    ]
    return ", ".join(word for word in words if word)


def search(inputs: Path, encoder: Path, out: Path, layouts: list[tuple[int, int]]) -> dict:
    """The fastest variant with one of the layouts, which are numbers of processes and of threads in each."""
    tried = []
    for processes, threads in layouts:
        layout = {"processes": processes, "threads": threads}
        tried += attempt(inputs, encoder, out, {**layout, **PLAIN, "batches": BATCHES}, repeats=1)
    if not tried:
        sys.exit("no variant runs")
    tried.sort(key=lambda entry: entry[0])
    _, best = tried[0]
    few = [entry["batches"][0] for _, entry in tried if entry["processes"] == best["processes"]][:2]
    for change in CHANGES:
        tried += attempt(inputs, encoder, out, {**best, **change, "batches": few}, repeats=2)
    return min(tried, key=lambda entry: entry[0])[1]


def main(inputs: Path, encoder: Path, out: Path, threads: int):
    print(f"variants on {threads} threads, seconds per point")
    best = {"all": search(inputs, encoder, out, sorted({(1, threads), (threads, 1)}))}
    best["one"] = {**best["all"], "processes": 1, "threads": 1}
    for name, variant in best.items():
        (out / f"variant-{name}.json").write_text(json.dumps(variant))
    print(f"best: {describe(best['all'])}")


if __name__ == "__main__":
    inputs, encoder, out, threads = sys.argv[1:]
    main(Path(inputs), Path(encoder), Path(out), int(threads))
