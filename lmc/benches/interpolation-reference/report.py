"""The table of a benchmark from the files of its runs; fails if the sides' losses differ by more than 1e-5.

usage: report.py OUT
Seconds are the best of the rounds, peak memory the largest.
"""

import json
import platform
import sys
from pathlib import Path

import torch
import transformers

from search import describe

TOLERANCE = 1e-5
SIDES = {
    "roofline-all": "roofline, all threads",
    "roofline-one": "roofline, 1 thread",
    "padded": "(a) padded to 512, reloaded",
    "tuned-all": "(b) PyTorch, best variant",
    "tuned-one": "(b) the same, 1 thread",
    "lmc-all": "(c) lmc",
    "lmc-one": "(c) lmc, 1 thread",
}


def runs(out: Path, side: str) -> list[dict]:
    return [json.loads(file.read_text()) for file in sorted(out.glob(f"{side}.*.json"))]


def cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def largest_difference(left: dict, right: dict) -> float | None:
    """The largest absolute difference of an example's losses at the points that both have; none if they share none."""
    rights = dict(zip(right["alphas"], right["losses"]))
    pairs = [(losses, rights[alpha]) for alpha, losses in zip(left["alphas"], left["losses"]) if alpha in rights]
    return max((abs(x - y) for xs, ys in pairs for x, y in zip(xs, ys, strict=True)), default=None)


def compare(sides: dict) -> dict[str, float]:
    """The largest difference of each two sides that are compared."""
    differences = {}
    for left, right in [("tuned-all", "lmc-all"), ("tuned-one", "lmc-one"), ("padded", "tuned-all")]:
        for one in sides[left]:
            for other in sides[right]:
                difference = largest_difference(one, other)
                if difference is None:
                    sys.exit(f"{left} and {right} have no point in common")
                name = f"{left} and {right}"
                differences[name] = max(difference, differences.get(name, 0.0))
    return differences


def main(out: Path):
    environment = json.loads((out / "environment.json").read_text())
    sides = {side: found for side in SIDES if (found := runs(out, side)) or side == "padded"}
    seconds = {side: min(run["seconds_per_point"] for run in found) for side, found in sides.items() if found}
    memory = {side: max(run.get("peak_mib", 0) for run in found) for side, found in sides.items() if found}
    rate = max((run for run in sides["roofline-all"]), key=lambda run: max(run["rates"].values()))
    best = sides["tuned-all"][0]["variant"]
    print(f"float32; {environment['points']} points; best of {environment['rounds']} rounds")
    print(f"lmc {environment['lmc']}; PyTorch {torch.__version__}, transformers {transformers.__version__}, Python {platform.python_version()}")
    print(f"best variant of (b): {describe(best)}")
    print(f"{rate['tokens']} tokens, {rate['flop'] / 1e9:.1f} GFLOP a point; GFLOP/s of products of the model's shapes:")
    for name, rates in rate["rates"].items():
        print(f"    {name}: {rates / 1e9:.1f}")
    print()
    print(f"| {cpu()}, {environment['threads']} threads | seconds a point | over roofline | over (c) | peak MiB |")
    print("|---|---|---|---|---|")
    for side, s in seconds.items():
        which = "one" if side.endswith("-one") else "all"
        peak = f"{memory[side]:.0f}" if memory[side] else ""
        over = f"{s / seconds[f'roofline-{which}']:.2f}", f"{s / seconds[f'lmc-{which}']:.2f}"
        print(f"| {SIDES[side]} | {s:.3f} | {over[0]} | {over[1]} | {peak} |")
    print()
    differences = compare(sides)
    for name, difference in differences.items():
        print(f"largest difference of a loss, {name}: {difference:.2e}")
    result = {
        "environment": {**environment, "cpu": cpu(), "torch": torch.__version__, "transformers": transformers.__version__},
        "precision": "float32",
        "seconds_per_point": seconds,
        "peak_mib": {side: peak for side, peak in memory.items() if peak},
        "best_variant": best,
        "differences": differences,
    }
    (out / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    if not max(differences.values()) <= TOLERANCE:
        sys.exit(f"the losses differ by more than {TOLERANCE}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
