"""The fastest variant of tuned.py on this machine: each is run and printed, the best is written as JSON.

usage: search.py INPUTS ENCODER OUT THREADS
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

BATCHES = [f"sequences:{n}" for n in (1, 2, 4, 8, 16, 32, 64)]
BATCHES += [f"{kind}:{n}" for kind in ("tokens", "equal") for n in (512, 1024, 2048, 4096)]
PLAIN = {"attention": "sdpa", "compile": None, "packed": False}
# The changes that are tried with the few ways of batching that are best in a first look, beside these as they
# are. Packed weights are opaque to torch.compile, so the two do not go together.
CHANGES = [
    {},
    {"attention": "eager"},
    {"packed": True},
    {"compile": {}},
    {"compile": {"mode": "max-autotune-no-cudagraphs"}},
    {"compile": {"options": {"cpp_wrapper": True}}},
    {"compile": {}, "attention": "eager"},
]
LIMIT_S = 300
FINALISTS, TURNS = 4, 3


def attempt(inputs: Path, encoder: Path, out: Path, variant: dict, repeats: int) -> list[tuple[float, dict]]:
    """Seconds per point of each way of batching in a variant; none if it does not run."""
    file = out / "attempt.json"
    alphas = [f"{(k + 1) / (variant['processes'] + 1)}" for k in range(variant["processes"])]
    script = Path(__file__).with_name("tuned.py")
    command = [sys.executable, script, inputs, encoder, file, json.dumps(variant), str(repeats), *alphas]
    if problem := failure(command, variant["threads"]):
        print(f"{describe(variant)}: does not run: {problem}", flush=True)
        return []
    seconds = json.loads(file.read_text())["seconds"]
    for how, s in seconds.items():
        print(f"{s:8.3f} s  {describe({**variant, 'batches': [how]})}", flush=True)
    return [(s, {**variant, "batches": [how]}) for how, s in seconds.items()]


def failure(command: list, threads: int) -> str | None:
    """The last line of what a command says when it fails or takes too long, which also ends what it has started."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, process_group=0)
    try:
        _, said = process.communicate(timeout=LIMIT_S)
    except subprocess.TimeoutExpired:
        return f"not done after {LIMIT_S} s"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return (said.strip().splitlines() or ["no message"])[-1] if process.returncode else None


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
    """The fastest variant with one of the layouts, which are numbers of processes and of threads in each.

    What was fast in a first look is run again, in turns since the machine may not be as quiet at all times.
    """
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
    tried.sort(key=lambda entry: entry[0])
    finalists = {describe(variant): variant for _, variant in tried}
    finalists = dict(list(finalists.items())[:FINALISTS])
    print(f"the best {len(finalists)} in turns", flush=True)
    last = [entry for _ in range(TURNS) for v in finalists.values() for entry in attempt(inputs, encoder, out, v, repeats=2)]
    return min(last, key=lambda entry: entry[0])[1]


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
