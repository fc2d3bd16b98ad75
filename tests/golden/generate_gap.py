"""Writes gap.json: loss curves and their barrier height, convexity gap and area, computed with numpy alone.

    python tests/golden/generate_gap.py      # numpy 2.4
"""

import json
from pathlib import Path

import numpy as np


def barrier(losses):
    t = np.linspace(0, 1, len(losses))
    chord = np.interp(t, [0, 1], [losses[0], losses[-1]])
    return max(0.0, float(np.max(losses - chord)))


def gap(losses):
    n = len(losses)
    return max(barrier(losses[i : j + 1]) for i in range(n) for j in range(i + 2, n))


def area(losses, length):
    return float(np.trapezoid(losses - np.min(losses), dx=length / (len(losses) - 1)))


def curves(rng):
    for n in (3, 4, 6, 9, 10, 11, 26):
        t = np.linspace(0, 1, n)
        a, b, height = rng.uniform(0.1, 2, 3)
        yield "flat", np.full(n, a)
        yield "line", a + (b - a) * t
        yield "convex", a * (t - rng.uniform()) ** 2 + b
        yield "convex", np.exp(3 * a * t) + np.exp(-2 * b * t)
        yield "concave", b - a * (t - rng.uniform()) ** 2
        yield "hill", a + (b - a) * t + height * np.sin(np.pi * t) ** 2
        yield "two hills", a + height * np.sin(2 * np.pi * t) ** 2 + 0.1 * t
        yield "step", a + b * (t > rng.uniform())
        yield "noise", rng.exponential(1, n)
        yield "noise", 1e-3 * rng.standard_normal(n) + 0.4
        yield "noisy bowl", (t - 0.4) ** 2 + 0.02 * rng.standard_normal(n)


def main():
    rng = np.random.default_rng(42)
    rows = []
    for kind, losses in curves(rng):
        length = float(rng.uniform(0.1, 30))
        rows.append(
            {
                "kind": kind,
                "losses": losses.tolist(),
                "length": length,
                "barrier_height": barrier(losses),
                "convexity_gap": gap(losses),
                "area_under_curve": area(losses, length),
            }
        )
    path = Path(__file__).with_name("gap.json")
    path.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    print(f"{path}: {len(rows)} curves")


main()
