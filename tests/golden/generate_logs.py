"""Writes logs/*.log, interpolations of invented losses printed as the public code of the paper prints them, and logs.json:
what they say, with gaps by numpy.

    python tests/golden/generate_logs.py      # numpy 2, tabulate 0.10
"""

import json
from pathlib import Path

import numpy as np
from tabulate import tabulate

HERE = Path(__file__).parent
MODELS = ["0", "7", "22", "connectivity/feather_berts_98@36813"]
N_POINTS = 10


def barrier(losses):
    chord = np.interp(np.arange(len(losses)), [0, len(losses) - 1], [losses[0], losses[-1]])
    return max(0.0, float(np.max(losses - chord)))


def gap(losses):
    n = len(losses)
    return max(barrier(losses[i : j + 1]) for i in range(n) for j in range(i + 2, n))


def area(losses, length):
    return float(np.trapezoid(losses - np.min(losses), dx=length / (len(losses) - 1)))


def curve(rng, first, second):
    """Losses and accuracies from the second model to the first; models 0 and 1 form one basin, 2 and 3 the other."""
    t = np.linspace(0, 1, N_POINTS)
    ends = {0: 0.41, 1: 0.42, 2: 0.47, 3: 0.46}
    hill = 0.6 if (first < 2) != (second < 2) else -0.05
    losses = (1 - t) * ends[second] + t * ends[first] + hill * 4 * t * (1 - t) + 0.01 * rng.uniform(size=N_POINTS) * t * (1 - t)
    return losses, 0.9 - 0.2 * losses


def print_pair(rng, first, second, columns, write, weights=True):
    losses, scores = curve(rng, first, second)
    a, b = MODELS[first], MODELS[second]
    distance = float(rng.uniform(8, 12))
    write(f"Euclidean distance between {a} and {b}: {distance}.")
    write(f"Interpolating between {a} and {b} on mnli")
    for k, coefficients in enumerate(np.linspace((0, 1), (1, 0), N_POINTS).tolist()):
        if weights:
            write(str(coefficients))
        values = [k, losses[k], scores[k], scores[k] - 0.05][: len(columns)]
        write(tabulate([values], columns, tablefmt="simple", floatfmt="8.4f"))
    write(f"Completed interpolation from {a} to {b}")
    printed = np.array([float(f"{loss:.4f}") for loss in losses])
    return {
        "a": a,
        "b": b,
        "distance": distance,
        "losses": printed.tolist(),
        "accuracies": [float(f"{score:.4f}") for score in scores],
        "barrier_height": barrier(printed),
        "convexity_gap": gap(printed),
        "auc": area(printed, distance),
    }


def log(name, pairs, columns, weights=True):
    rng, lines = np.random.default_rng(5), ["Downloading model: 100%", ""]
    told = [print_pair(rng, i, j, columns, lines.append, weights) for i, j in pairs]
    lines.append("Wrote the values to interpol.pkl!")
    (HERE / "logs" / f"{name}.log").write_text("\n".join(lines) + "\n")
    return told


(HERE / "logs").mkdir(exist_ok=True)
pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
golden = {
    "all_pairs": log("all_pairs", pairs, ["point_num", "loss", "accuracy"]),
    "without_weights": log("without_weights", pairs[:2], ["point_num", "loss", "accuracy", "f1"], weights=False),
}
(HERE / "logs.json").write_text(json.dumps(golden, indent=1) + "\n")
