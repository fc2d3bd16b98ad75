"""Writes simplex.json: heights of sampled loss surfaces above their lower convex envelope by scipy's linear programming, and ensembles of
logits with numpy.

    python tests/golden/generate_simplex.py      # numpy 2.4, scipy 1.17
"""

import json
from pathlib import Path

import numpy as np
from scipy.optimize import linprog


def heights(points, losses):
    """The loss at each point less the least convex combination of losses at its place."""
    ones = np.ones((1, len(points)))
    equations = np.vstack([points.T, ones])
    above = []
    for point, loss in zip(points, losses):
        found = linprog(losses, A_eq=equations, b_eq=np.append(point, 1.0), bounds=(0, None), method="highs")
        assert found.status == 0, found.message
        above.append(max(0.0, loss - found.fun))
    return above


def surfaces(rng):
    for n_models in (2, 3, 5):
        corners = np.eye(n_models)
        for n_inner, concentration in ((8, 1.0), (20, 0.5)):
            inner = rng.dirichlet(np.full(n_models, concentration), n_inner)
            # Some points lie on a side: two weights are not zero.
            pairs = rng.dirichlet([1.0, 1.0], 6)
            sides = np.zeros((6, n_models))
            for row, pair in zip(sides, pairs):
                row[rng.choice(n_models, 2, replace=False)] = pair
            points = np.vstack([corners, sides, inner])
            centre = rng.normal(size=n_models)
            bowl = ((points - centre) ** 2).sum(axis=1)
            hill = np.prod(points, axis=1) * n_models**n_models
            yield "noise", points, rng.uniform(0, 1, len(points))
            yield "bowl", points, bowl
            yield "hill on a bowl", points, 0.2 * bowl + hill
            yield "noisy bowl", points, bowl + 0.05 * rng.normal(size=len(points))


def ensembles(rng):
    for n_models, n_labels in ((1, 2), (2, 2), (5, 2), (3, 3)):
        logits = rng.normal(scale=2.0, size=(n_models, 12, n_labels)).astype(np.float32)
        labels = rng.integers(n_labels, size=12)
        mean = logits.astype(np.float64).mean(axis=0).astype(np.float32).astype(np.float64)
        probabilities = np.exp(mean - mean.max(axis=1, keepdims=True))
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        yield {
            "logits": logits.astype(float).tolist(),
            "labels": labels.tolist(),
            "losses": (-np.log(probabilities[np.arange(12), labels])).tolist(),
            "predictions": probabilities.argmax(axis=1).tolist(),
            "confidences": probabilities.max(axis=1).tolist(),
        }


def main():
    rng = np.random.default_rng(42)
    rows = [
        {"kind": kind, "points": points.tolist(), "losses": losses.tolist(), "heights": heights(points, losses)}
        for kind, points, losses in surfaces(rng)
    ]
    together = list(ensembles(rng))
    path = Path(__file__).with_name("simplex.json")
    lines = [",\n".join(json.dumps(row) for row in part) for part in (rows, together)]
    path.write_text('{"surfaces": [\n' + lines[0] + '\n],\n"ensembles": [\n' + lines[1] + "\n]}\n")
    print(f"{path}: {len(rows)} surfaces, {len(together)} ensembles")


main()
