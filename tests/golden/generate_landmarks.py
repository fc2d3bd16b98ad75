"""Writes landmarks.json: gaps of models to some of them, the landmarks, and what scikit-learn makes of the known pairs.

    python tests/golden/generate_landmarks.py    # numpy 2.4, scipy 1.17, scikit-learn 1.9

The similarities of known pairs in a matrix that is 0 elsewhere: spectral_embedding (random_state 42) and KMeans
(k-means++, 50 starts), cluster 0 being the larger one or that of the first model. Only matrices whose eigenvalues are
apart are kept: the eigenvectors of equal ones are arbitrary.
"""

import json
from pathlib import Path

import numpy as np
from scipy.sparse.csgraph import laplacian
from sklearn.cluster import KMeans
from sklearn.manifold import spectral_embedding


def silhouette(gaps, known, labels):
    """Each model against the models to which its gap is known; those without one in either cluster are left out."""
    scores = []
    for i, own in enumerate(labels):
        if np.sum(labels == own) == 1:
            scores.append(0.0)
            continue
        inside, outside = gaps[i][known[i] & (labels == own)], gaps[i][known[i] & (labels != own)]
        if len(inside) and len(outside):
            scores.append((outside.mean() - inside.mean()) / max(outside.mean(), inside.mean()))
    return float(np.mean(scores))


def analyse(rng, kind, n, m, delta):
    split = rng.permutation(n) < max(2, int(n * rng.uniform(0.2, 0.5)))
    other = split[:, None] != split[None, :]
    high, low = {"blocks": (2.0, 0.2), "overlapping": (1.0, 0.6), "small": (0.0207, 0.0059)}[kind]
    gaps = np.triu(np.where(other, high, low) * rng.uniform(0.5, 1.5, (n, n)), 1).round(4)
    gaps = gaps + gaps.T
    landmarks = rng.permutation(n)[:m]
    known = np.zeros((n, n), dtype=bool)
    known[landmarks, :] = known[:, landmarks] = True
    np.fill_diagonal(known, False)
    upper = np.triu(known)
    width = float(gaps[upper].std()) if delta == "auto" else float(delta)
    affinity = np.where(known, np.exp(-(gaps**2) / (2 * width**2)), 0.0)
    if np.min(np.diff(np.linalg.eigvalsh(laplacian(affinity, normed=True))[:3])) < 1e-3:
        return None
    embedding = spectral_embedding(affinity, n_components=2, drop_first=False, random_state=42)
    means = KMeans(2, init="k-means++", n_init=50, random_state=42).fit(embedding)
    labels, centroids = means.labels_, means.cluster_centers_
    ones = int(labels.sum())
    if 2 * ones > n or (2 * ones == n and labels[0] == 1):
        labels, centroids = 1 - labels, centroids[::-1]
    distance = np.linalg.norm(embedding[:, None, :] - centroids[None, :, :], axis=2)
    same = labels[:, None] == labels[None, :]
    return {
        "kind": kind,
        "delta": delta,
        "landmarks": landmarks.tolist(),
        "gaps": gaps[:, landmarks].tolist(),
        "width": width,
        "embedding": embedding.tolist(),
        "cluster": labels.tolist(),
        "membership": (distance[:, 0] - distance[:, 1]).tolist(),
        "within": float(gaps[upper & same].mean()),
        "across": float(gaps[upper & ~same].mean()),
        "silhouette": silhouette(gaps, known, labels),
    }


def main():
    rng = np.random.default_rng(42)
    cases = [
        analyse(rng, kind, n, m, delta)
        for kind in ("blocks", "overlapping", "small")
        for n, m in ((7, 2), (9, 8), (16, 4), (16, 8), (40, 3), (40, 10), (60, 16))
        for delta in ("1", "auto")
    ]
    cases = [case for case in cases if case is not None]
    path = Path(__file__).with_name("landmarks.json")
    path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    print(f"{path}: {len(cases)} cases")


main()
