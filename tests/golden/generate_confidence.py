"""Writes confidence.json: resampled losses, the intervals of what is measured along lines, and the clusters of every draw.

    python tests/golden/generate_confidence.py    # numpy 2.4, scikit-learn 1.9

Counts of examples are drawn here and stored, so that both sides see the same draws. Intervals of lines: the lower end is the estimate less a
quantile of the largest excess over the contrasts within sqrt(log n) standard errors of the leading one, the upper end the percentile
of the leading contrast. Everything is computed from definitions, contrasts are not shared with lmc.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans
from sklearn.manifold import spectral_embedding
from sklearn.metrics import adjusted_rand_score, silhouette_score

CONFIDENCE = 0.9


def values(measure, alphas, losses, length):
    """Every number of which the measure is the largest (or 0), for losses [n_points] or [n_points, n]."""
    last = len(alphas) - 1
    above = []
    if measure == "auc":
        area = np.trapezoid(losses, alphas, axis=0) / (alphas[-1] - alphas[0])
        above = [length * (area - losses[k]) for k in range(last + 1)]
    for i in range(last + 1) if measure == "convexity_gap" else [0] if measure == "barrier_height" else []:
        for j in range(i + 2, last + 1) if measure == "convexity_gap" else [last]:
            for k in range(i + 1, j):
                share = (alphas[k] - alphas[i]) / (alphas[j] - alphas[i])
                above.append(losses[k] - (1 - share) * losses[i] - share * losses[j])
    return np.array(above)


def interval(measure, alphas, losses, counts, length):
    n = losses.shape[1]
    of_examples = values(measure, alphas, losses, length)
    estimate = of_examples.mean(axis=1)
    resampled = of_examples @ counts / counts.sum(axis=0)
    leading = int(np.argmax(estimate))
    errors = np.std(of_examples - of_examples[leading], axis=1) / np.sqrt(n)
    contending = estimate[leading] - estimate <= np.sqrt(np.log(n)) * errors
    excess = resampled - estimate[:, None]
    end = 1 - (1 - CONFIDENCE) / 2
    value = max(0.0, estimate[leading])
    low = estimate[leading] - np.quantile(excess[contending].max(axis=0), end)
    high = estimate[leading] + np.quantile(excess[leading], end)
    found = {"value": value, "low": min(max(0.0, low), value), "high": max(high, value)}
    return {name: float(number) for name, number in found.items()}, np.maximum(resampled.max(axis=0), 0.0)


def clustered(gaps, reference):
    """The clusters of a matrix of gaps, and under the names of the reference what there is to say of them."""
    n = len(gaps)
    width = gaps[np.triu_indices(n, 1)].std()
    affinity = np.exp(-(gaps**2) / (2 * width**2))
    embedding = spectral_embedding(affinity, n_components=2, drop_first=False, random_state=42)
    means = KMeans(2, n_init=50, random_state=42).fit(embedding)
    labels, centroids = means.labels_, means.cluster_centers_
    if reference is None:
        swap = 2 * labels.sum() > n or (2 * labels.sum() == n and labels[0] == 1)
    else:
        agreeing = (labels == reference).sum()
        assert 2 * agreeing != n
        swap = 2 * agreeing < n
    if swap:
        labels, centroids = 1 - labels, centroids[::-1]
    distance = np.linalg.norm(embedding[:, None, :] - centroids[None, :, :], axis=2)
    same = (labels[:, None] == labels[None, :])[np.triu_indices(n, 1)]
    upper = gaps[np.triu_indices(n, 1)]
    return labels, {
        "cluster": labels.tolist(),
        "membership": (distance[:, 0] - distance[:, 1]).tolist(),
        "silhouette": float(silhouette_score(gaps, labels, metric="precomputed")),
        "within": float(upper[same].mean()),
        "across": float(upper[~same].mean()),
        "adjusted_rand": 1.0 if reference is None else float(adjusted_rand_score(reference, labels)),
    }


def matrix(gaps, n):
    square = np.zeros((n, n))
    square[np.triu_indices(n, 1)] = gaps
    return square + square.T


def main():
    rng = np.random.default_rng(42)
    n_models, n_examples, n_draws = 7, 24, 12
    split = np.array([0, 0, 0, 0, 1, 1, 1])
    pairs = [(a, b) for a in range(n_models) for b in range(a + 1, n_models)]
    own = rng.exponential(0.3, n_examples)
    counts = rng.multinomial(n_examples, np.full(n_examples, 1 / n_examples), n_draws).T
    lines, gaps, whole = [], [], []
    for number, (a, b) in enumerate(pairs):
        # Half of the lines have been refined: two more points.
        alphas = np.array([0, 0.25, 0.5, 0.75, 1.0] if number % 2 else [0, 0.25, 0.375, 0.5, 0.625, 0.75, 1.0])
        height = 1.0 if split[a] != split[b] else 0.7
        seen = height * (rng.uniform(size=n_examples) < 0.4)
        losses = own + np.outer(4 * alphas * (1 - alphas), seen)
        losses = np.round(losses + rng.exponential(0.1, losses.shape), 3).astype(np.float32)
        exact = losses.astype(np.float64)
        length = float(np.round(rng.uniform(1, 9), 2))
        line = {"alphas": alphas.tolist(), "losses": [[float(str(x)) for x in row] for row in losses], "distance": length}
        for measure in ("barrier_height", "convexity_gap", "auc"):
            line[measure], resampled = interval(measure, alphas, exact, counts, length)
            if measure == "convexity_gap":
                gaps.append(resampled)
                whole.append(line[measure]["value"])
        lines.append(line)
    gaps = np.array(gaps)
    reference, full = clustered(matrix(whole, n_models), None)
    draws = [clustered(matrix(gaps[:, draw], n_models), reference)[1] for draw in range(n_draws)]
    resampled, value = rng.gamma(2.0, 1.0, 37).round(4), 1.7
    low, high = np.quantile(resampled, [(1 - CONFIDENCE) / 2, 1 - (1 - CONFIDENCE) / 2])
    off = np.quantile(np.abs(resampled - value), CONFIDENCE)
    golden = {
        "confidence": CONFIDENCE,
        "counts": counts.tolist(),
        "pairs": pairs,
        "lines": lines,
        "resampled_gaps": gaps.tolist(),
        "full": full,
        "draws": draws,
        "usual": {
            "value": value,
            "resampled": resampled.tolist(),
            "percentile": [low, high],
            "basic": [2 * value - high, 2 * value - low],
            "symmetric": [value - off, value + off],
        },
    }
    path = Path(__file__).with_name("confidence.json")
    path.write_text("{\n" + ",\n".join(f'"{name}": {json.dumps(part)}' for name, part in golden.items()) + "\n}\n")
    print(path, len(lines), "lines,", n_draws, "draws, clusters", reference.tolist())
    print("adjusted Rand indices", [round(draw["adjusted_rand"], 2) for draw in draws])


main()
