"""Writes numbers_of_basins.json: planted gaps, the basins that they show, and three or more spectral clusters.

    python tests/golden/generate_numbers_of_basins.py    # numpy 2.5, scipy 1.17, scikit-learn 1.9

Levels are scipy's average linkage, firmness is scikit-learn's silhouette_samples (with a model alone compared with the
nearest basin), and spectral clusters are spectral_embedding and KMeans (50 starts) on affinities of a given width. The
p-value comes from other shuffles than lmc's, so that only the decision is compared: matrices whose p-value lies between
0.005 and 0.05 in 299 shuffles are left out.
"""

import json
import math
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.cluster.hierarchy import cut_tree, linkage
from scipy.spatial.distance import squareform
from sklearn.cluster import KMeans
from sklearn.manifold import spectral_embedding
from sklearn.metrics import silhouette_samples

MOST, SHARE, LEAST_FIRM, FIRMNESS, LARGEST_P = 6, 0.1, 0.3, 0.1, 0.02


def planted(rng, sizes, alone, contrast):
    blocks = np.concatenate([np.repeat(np.arange(len(sizes)), sizes), 100 + np.arange(alone)])
    n = len(blocks)
    same = blocks[:, None] == blocks[None, :]
    values = np.where(same, 0.01, 0.01 * contrast) * rng.lognormal(0, 0.4, (n, n))
    values = np.triu(values, 1).round(5)
    order = rng.permutation(n)
    return (values + values.T)[np.ix_(order, order)]


def firmness(values, labels):
    """The firmness of each model of which it can be said; `labels` has -1 for a model alone."""
    basins = [np.flatnonzero(labels == basin) for basin in sorted(set(labels) - {-1})]
    firm = []
    if len(basins) > 1:
        inside = np.flatnonzero(labels >= 0)
        firm += list(silhouette_samples(values[np.ix_(inside, inside)], labels[inside], metric="precomputed"))
    for model in np.flatnonzero(labels == -1):
        basin = min(basins, key=lambda basin: values[model, basin].mean())
        within = values[np.ix_(basin, basin)].sum() / (len(basin) * (len(basin) - 1))
        outside = values[model, basin].mean()
        firm.append((outside - within) / max(outside, within))
    return firm


def best_level(values):
    n = len(values)
    levels = cut_tree(linkage(squareform(values), "average"))
    best = None
    for column in range(n):
        groups, counts = np.unique(levels[:, column], return_counts=True)
        basins = list(groups[counts > 1])
        labels = np.array([basins.index(group) if group in basins else -1 for group in levels[:, column]])
        alone = int((labels == -1).sum())
        if not basins or len(basins) > MOST or 4 * alone > n or (len(basins) == 1 and alone == 0):
            continue
        firm = np.sort(firmness(values, labels))
        least = firm[: min(max(math.ceil(SHARE * n), 1), len(firm))].mean()
        if least < LEAST_FIRM:
            continue
        clarity = told(values, labels) + FIRMNESS * least
        if best is None or clarity > best[0]:
            best = (clarity, least, labels)
    return best and best[1:]


def told(values, labels):
    upper = np.triu_indices(len(values), 1)
    apart = (labels[:, None] != labels[None, :]) | (labels[:, None] == -1)
    return np.corrcoef(values[upper], apart[upper])[0, 1]


def p_value(rng, values, labels, shuffles=299):
    upper = np.triu_indices(len(values), 1)
    own, as_good = told(values, labels), 1
    for _ in range(shuffles):
        shuffled = np.zeros_like(values)
        shuffled[upper] = rng.permutation(values[upper])
        shuffled += shuffled.T
        level = best_level(shuffled)
        as_good += level is not None and told(shuffled, level[1]) >= own
    return as_good / (shuffles + 1)


def spectral(values, k, width):
    embedding = spectral_embedding(np.exp(-(values**2) / (2 * width**2)), n_components=k, drop_first=False, random_state=42)
    means = KMeans(k, n_init=50, random_state=42).fit(embedding)
    members = [np.flatnonzero(means.labels_ == cluster) for cluster in range(k)]
    order = sorted(range(k), key=lambda cluster: (-len(members[cluster]), members[cluster][0]))
    labels = np.zeros(len(values), dtype=int)
    for number, cluster in enumerate(order):
        labels[members[cluster]] = number
    centroids = means.cluster_centers_[order]
    distance = np.linalg.norm(embedding[:, None, :] - centroids[None, :, :], axis=2)
    nearest = np.array([[np.delete(row, cluster).min() for cluster in range(k)] for row in distance])
    silhouette = silhouette_samples(values, labels, metric="precomputed").mean()
    return {"cluster": labels.tolist(), "memberships": (distance - nearest).tolist(), "silhouette": float(silhouette)}


def main():
    rng = np.random.default_rng(12)
    cases = []
    plans = [([12], 0), ([11], 1), ([10], 2), ([8, 6], 0), ([7, 6], 1), ([6, 5, 4], 0), ([6, 5, 4], 2), ([5, 5, 4, 3], 0), ([6, 5, 5, 4, 4], 1)]
    for sizes, alone in plans:
        for contrast in [2.0, 4.0, 12.0]:
            values = planted(rng, sizes, alone, contrast)
            least, labels = best_level(values) or (None, None)
            p = None if least is None else p_value(rng, values, labels)
            if p is not None and 0.005 < p < 0.05:
                continue
            if p is None or p > LARGEST_P:
                labels = np.zeros(len(values), dtype=int)
            case = {
                "planted": [sizes, alone, contrast],
                "n": len(values),
                "gaps": values[np.triu_indices(len(values), 1)].tolist(),
                "firmness": least,
                "basin": labels.tolist(),
            }
            # With less contrast k-means has several divisions that are nearly as good, and 50 starts miss the best.
            if len(sizes) > 2 and alone == 0 and contrast > 2:
                case["width"] = 0.02
                case["spectral"] = spectral(values, len(sizes), case["width"])
            cases.append(case)
    path = Path(__file__).with_name("numbers_of_basins.json")
    path.write_text(json.dumps({"made_with": {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__}, "rows": cases}) + "\n")
    print(len(cases), "cases", [(c["planted"], sorted(set(c["basin"]))) for c in cases])


main()
