"""Writes stats.json: statistics of random columns by scipy and scikit-learn.

    python tests/golden/generate_stats.py    # numpy 2.4, scipy 1.17, scikit-learn 1.9
"""

import json
import warnings
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn import metrics


def calibration_error(confidences, right):
    """Guo et al. 2017: ten bins (0, 0.1], (0.1, 0.2], ..."""
    bins = np.clip(np.ceil(np.round(confidences * 10, 9)).astype(int) - 1, 0, 9)
    total = 0.0
    for b in range(10):
        inside = bins == b
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidences[inside].mean())
    return float(total)


def columns(rng, n):
    x = rng.normal(rng.uniform(-5, 5), rng.uniform(0.01, 10), n)
    y = rng.uniform(-1, 1) * x + rng.normal(0, rng.uniform(0.1, 5), n)
    line = stats.linregress(x, y)
    share = float(rng.uniform())
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "pearson": float(stats.pearsonr(x, y).statistic),
        "slope": float(line.slope),
        "intercept": float(line.intercept),
        "mean": float(x.mean()),
        "standard_deviation": float(x.std()),
        "share": share,
        "quantile": float(np.quantile(x, share)),
    }


def predictions(rng, n, classes):
    labels = rng.integers(0, classes, n)
    predicted = np.where(rng.uniform(size=n) < rng.uniform(), labels, rng.integers(0, classes, n))
    if n == 7:  # a constant prediction
        predicted = np.zeros(n, dtype=int)
    confidences = np.round(rng.uniform(0, 1, n), 3)
    return {
        "labels": labels.tolist(),
        "predictions": predicted.tolist(),
        "confidences": confidences.tolist(),
        "accuracy": float(metrics.accuracy_score(labels, predicted)),
        "matthews_correlation": float(metrics.matthews_corrcoef(labels, predicted)),
        "f1": float(metrics.f1_score(labels == 1, predicted == 1, zero_division=0)),
        "macro_f1": float(metrics.f1_score(labels, predicted, average="macro", zero_division=0)),
        "expected_calibration_error": calibration_error(confidences, labels == predicted),
    }


def ranking(rng, n, decimals):
    labels = rng.integers(0, 2, n).astype(bool)
    labels[0], labels[1] = True, False
    scores = np.round(rng.normal(0, 1, n) + rng.uniform(-1, 1) * labels, decimals)
    return {
        "labels": labels.tolist(),
        "scores": scores.tolist(),
        "roc_auc": float(metrics.roc_auc_score(labels, scores)),
    }


def clustering(rng, n, clusters):
    a, b = rng.integers(0, clusters, (2, n))
    b = np.where(rng.uniform(size=n) < rng.uniform(), a, b)
    a[:clusters] = np.arange(clusters)
    points = rng.normal(0, 1, (n, 3)) + a[:, None] * rng.uniform(0, 3)
    distances = np.linalg.norm(points[:, None] - points[None, :], axis=2).round(4)
    return {
        "a": a.tolist(),
        "b": b.tolist(),
        "distances": distances.tolist(),
        "adjusted_rand_index": float(metrics.adjusted_rand_score(a, b)),
        "silhouette": float(metrics.silhouette_score(distances, a, metric="precomputed")),
    }


def two_groups(rng, sizes):
    values = np.concatenate([rng.normal(rng.uniform(0, 1), 1, size) for size in sizes]).round(1)
    labels = np.repeat([0, 1], sizes)
    exact = stats.permutation_test(
        (values[labels == 0], values[labels == 1]),
        lambda first, second: abs(np.mean(first) - np.mean(second)),
        n_resamples=np.inf,
        alternative="greater",
        vectorized=False,
    )
    return {"labels": labels.tolist(), "values": values.tolist(), "p_exact": float(exact.pvalue)}


def main():
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(42)
    golden = {
        "columns": [columns(rng, n) for n in (2, 3, 5, 16, 48, 100)],
        "predictions": [predictions(rng, n, c) for n in (1, 2, 7, 40, 300) for c in (2, 3, 5)],
        "rankings": [ranking(rng, n, d) for n in (2, 3, 12, 66, 120) for d in (0, 1, 6)],
        "clusterings": [clustering(rng, n, c) for n in (5, 12, 30) for c in (2, 3, 4)],
        "two_groups": [two_groups(rng, sizes) for sizes in ((2, 3), (4, 4), (3, 7), (5, 6))],
    }
    path = Path(__file__).with_name("stats.json")
    parts = [f'"{k}": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]" for k, rows in golden.items()]
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n")
    print(path, {name: len(rows) for name, rows in golden.items()})


main()
