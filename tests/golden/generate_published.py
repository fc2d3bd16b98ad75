"""Writes published.json: statistics of two clusters and correlations of invented scores, by numpy and pandas.

    python generate_published.py
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

SCORES = [0.8412, 0.8437, 0.8461, 0.8405, 0.8449, 0.8376, 0.8391, 0.8404]
CLUSTER = [1, 1, 1, 1, 1, 2, 2, 2]


def statistics(keep):
    scores, cluster = np.array(SCORES), np.array(CLUSTER)
    first, second = scores[cluster == 1], scores[cluster == 2]
    mean_1, sd_1, mean_2, sd_2 = (keep(x) for x in (first.mean(), first.std(), second.mean(), second.std()))
    best_2 = keep(second.max())
    return {
        "mean_1": mean_1,
        "sd_1": sd_1,
        "mean_2": mean_2,
        "sd_2": sd_2,
        "best_2": best_2,
        "difference": (mean_1 - mean_2) / sd_1,
        "margin": (mean_1 - best_2) / sd_1,
    }


def correlations():
    rng = np.random.default_rng(0)
    x = rng.uniform(size=8)
    table = pd.DataFrame({"x": x, "y": 0.3 * x + rng.uniform(size=8), "z": 1 - x + 0.1 * rng.uniform(size=8)}).round(4)
    return {"scores": table.to_dict("list"), "r": table.corr(method="pearson").to_numpy().tolist()}


golden = {
    "clusters": {
        "scores": SCORES,
        "cluster": CLUSTER,
        "exact": statistics(float),
        "rounded": statistics(lambda x: round(float(x), 3)),
    },
    "correlations": correlations(),
}
Path(__file__).with_name("published.json").write_text(json.dumps(golden, indent=1) + "\n")
