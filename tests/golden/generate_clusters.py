"""Writes clusters.json: gap matrices that are hard to cluster, and what scikit-learn makes of them.

    python tests/golden/generate_clusters.py    # numpy 2.4, scipy 1.17, scikit-learn 1.9

Two and three blocks, outliers (also so far away that nothing resembles them), gradients, matrices whose second and third
eigenvalue nearly coincide, and random ones. Affinity as in Juneja et al. 2023, section 4.1; spectral_embedding (random_state
42); KMeans (k-means++, 50 starts). Cluster 0 is the larger one, or, of two equal ones, that of the first model. Only matrices
whose second and third eigenvalue differ by more than 1e-6 are kept: what coincides has no division.
"""

import json
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.sparse.csgraph import laplacian
from sklearn.cluster import KMeans
from sklearn.manifold import spectral_embedding

# A matrix on which solvers go wrong that turn the last two rows by an angle of rounding errors: five models and seven.
TURNED = """
454 384 46 176 896 902 757 512 656 620 744 528 133 319 838 695 658 600 955 895 705 190 574 424 775 910 489 646 464 411 123
904 810 961 643 596 834 731 875 846 832 407 465 639 579 76 319 204 446 438 442 67 483 362 533 339 425 332 98 168 543 429
228 502 117 343
"""


def symmetric(n, upper):
    values = np.zeros((n, n))
    values[np.triu_indices(n, 1)] = upper
    return values + values.T


def gaps(rng, kind, n):
    """A symmetric matrix with zero diagonal, in three decimals."""
    noise = rng.uniform(0.5, 1.5, (n, n))
    block = rng.permutation(n) % (3 if kind in ("three blocks", "near tie") else 2)
    other = block[:, None] != block[None, :]
    if kind == "two blocks":
        values = np.where(other, 1.6, 0.3) * noise
    elif kind == "three blocks":
        values = np.where(other, 1.6, 0.3) * noise
    elif kind == "near tie":
        # Three blocks of one size, equally far from each other but for a little.
        values = np.where(other, 1.5, 0.2) + 0.002 * noise
    elif kind == "unconnected":
        values = np.where(other, 60.0, 0.3) * noise
    elif kind == "outlier":
        values = np.where(other, 1.2, 0.4) * noise
        values[0, :] = values[:, 0] = rng.uniform(3, 6)
    elif kind == "far outlier":
        values = np.where(other, 1.2, 0.4) * noise
        values[0, :] = values[:, 0] = 70.0
    elif kind == "gradient":
        place = np.sort(rng.uniform(0, 3, n))
        values = np.abs(place[:, None] - place[None, :]) * rng.uniform(0.9, 1.1, (n, n))
    else:
        values = rng.uniform(0.2, 1.0, (n, n))
    return symmetric(n, np.triu(values.round(3), 1)[np.triu_indices(n, 1)])


def analyse(kind, values, width):
    n = len(values)
    affinity = np.exp(-(values**2) / (2 * width**2))
    weights = laplacian(affinity, normed=True)
    np.fill_diagonal(weights, 1)  # as spectral_embedding does, also for models that resemble no other
    eigenvalues = np.linalg.eigvalsh(weights)
    apart = float(eigenvalues[2] - eigenvalues[1])
    if apart < 1e-6:
        return None
    embedding = spectral_embedding(affinity, n_components=2, drop_first=False, random_state=42)
    means = KMeans(2, init="k-means++", n_init=50, random_state=42).fit(embedding)
    labels, centroids = means.labels_, means.cluster_centers_
    ones = int(labels.sum())
    if 2 * ones > n or (2 * ones == n and labels[0] == 1):
        labels, centroids = 1 - labels, centroids[::-1]
    distance = np.linalg.norm(embedding[:, None, :] - centroids[None, :, :], axis=2)
    return {
        "kind": kind,
        "n": n,
        "width": width,
        "gaps": values[np.triu_indices(n, 1)].tolist(),
        "apart": apart,
        "cluster": labels.tolist(),
        "membership": (distance[:, 0] - distance[:, 1]).tolist(),
    }


def main():
    warnings.filterwarnings("ignore", message="Graph is not fully connected")
    rng = np.random.default_rng(7)
    turned = symmetric(12, np.array(TURNED.split(), dtype=float) / 1000)
    backwards = turned[::-1, ::-1]
    cases = [analyse("turned", turned, 1.0), analyse("turned", backwards, 1.0)]
    kinds = ("two blocks", "three blocks", "near tie", "unconnected", "outlier", "far outlier", "gradient", "random")
    for kind in kinds:
        for n in (5, 9, 12, 21):
            values = gaps(rng, kind, n)
            cases += [analyse(kind, values, width) for width in (1.0, 0.6)]
    cases = [case for case in cases if case is not None]
    path = Path(__file__).with_name("clusters.json")
    path.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    print(f"{path}: {len(cases)} cases,", Counter(case["kind"] for case in cases))


main()
