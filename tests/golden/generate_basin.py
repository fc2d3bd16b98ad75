"""Writes basin.json: gap matrices and what scikit-learn makes of them.

    python tests/golden/generate_basin.py    # numpy 2.4, scipy 1.17, scikit-learn 1.9

Affinity as in Juneja et al. 2023, section 4.1; spectral_embedding (random_state 42); KMeans (k-means++, 50 starts).
Cluster 0 is the larger one, or, of two equal ones, that of the first model. Only matrices whose eigenvalues are apart
are kept: the eigenvectors of equal ones are arbitrary.
"""

import json
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.sparse.csgraph import laplacian
from sklearn.cluster import KMeans
from sklearn.manifold import spectral_embedding
from sklearn.metrics import silhouette_score


def gaps(rng, kind, n):
    """A symmetric matrix with zero diagonal."""
    split = rng.permutation(n) < max(2, int(n * rng.uniform(0.2, 0.5)))
    other = split[:, None] != split[None, :]
    noise = rng.uniform(0.5, 1.5, (n, n))
    if kind == "blocks":
        values = np.where(other, 2.0, 0.2) * noise
    elif kind == "overlapping":
        values = np.where(other, 1.0, 0.6) * noise
    elif kind == "small":
        values = np.where(other, 0.0207, 0.0059) * noise
    elif kind == "line":
        place = np.sort(rng.uniform(0, 3, n))
        values = np.abs(place[:, None] - place[None, :]) * noise
    else:
        values = rng.exponential(1, (n, n))
    values = np.triu(values, 1)
    return values + values.T


def analyse(values, delta):
    n = len(values)
    upper = values[np.triu_indices(n, 1)]
    width = float(upper.std()) if delta == "auto" else float(delta)
    affinity = np.exp(-(values**2) / (2 * width**2))
    eigenvalues = np.linalg.eigvalsh(laplacian(affinity, normed=True))
    if np.min(np.diff(eigenvalues[:4])) < 1e-3:
        return None
    embed = lambda components, drop: spectral_embedding(
        affinity, n_components=components, drop_first=drop, random_state=42
    )
    embedding = embed(2, False)
    means = KMeans(2, init="k-means++", n_init=50, random_state=42).fit(embedding)
    labels, centroids = means.labels_, means.cluster_centers_
    ones = int(labels.sum())
    if 2 * ones > n or (2 * ones == n and labels[0] == 1):
        labels, centroids = 1 - labels, centroids[::-1]
    distance = np.linalg.norm(embedding[:, None, :] - centroids[None, :, :], axis=2)
    same = (labels[:, None] == labels[None, :])[np.triu_indices(n, 1)]
    return {
        "delta": delta,
        "gaps": values.tolist(),
        "width": width,
        "embedding": embedding.tolist(),
        "embedding_drop_first": embed(2, True).tolist(),
        "cluster": labels.tolist(),
        "centroids": centroids.tolist(),
        "membership": (distance[:, 0] - distance[:, 1]).tolist(),
        "silhouette": float(silhouette_score(values, labels, metric="precomputed")),
        "within": float(upper[same].mean()),
        "across": float(upper[~same].mean()),
    }


def main():
    rng = np.random.default_rng(42)
    cases = []
    for kind in ("blocks", "overlapping", "small", "line", "random"):
        for n in (5, 8, 16, 25):
            for delta in ("1", "0.7", "auto"):
                case = analyse(np.round(gaps(rng, kind, n), 4), delta)
                if case is not None:
                    cases.append({"kind": kind, **case})
    path = Path(__file__).with_name("basin.json")
    path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    print(f"{path}: {len(cases)} cases,", Counter(case["kind"] for case in cases))


main()
