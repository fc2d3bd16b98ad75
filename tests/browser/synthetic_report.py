"""A page of `lmc report` with the numbers of other models in it: as many as one likes, in two basins, at five stages."""

import base64
import json
import math
import random
import re
from array import array

DATA = re.compile(r'<script type="application/json" id="data">.*?</script>\n', re.DOTALL)
BLOCK = re.compile(r'<script type="text/plain" id="block-\d+">.*?</script>\n')
PARTS = ["embeddings", *(f"layer {layer}" for layer in range(12)), "pooler", "head"]
ALPHAS = [k / 10 for k in range(11)]
HOSTILE = [
    "</script><img src=x onerror=\"window.hit = 1\">",
    "\"quoted\" & 'single' <b>bold</b> <a href=\"javascript:window.hit=1\">link</a>",
    "=1+1, {{data}} ünïcode 模型 🦀",
    "runs/" + "a-very-long-name/" * 20 + "checkpoint-500",
]


class Blocks:
    def __init__(self):
        self.texts = []

    def add(self, kind, scale, numbers):
        self.texts.append(base64.b64encode(array("f" if kind == "f32" else "H", numbers).tobytes()).decode())
        return {"id": f"block-{len(self.texts) - 1}", "type": kind, "scale": scale}

    def reals(self, numbers):
        return self.add("f32", 1.0, numbers)


def lines(blocks, name, n_examples, gaps, level):
    """Lines whose loss rises by the gap at the middle; the first model of a pair ends 0.1 below the second."""
    losses = [level + 0.1 * (1 - a) + gap * 4 * a * (1 - a) for gap in gaps for a in ALPHAS]
    right = [max(0, round(n_examples * (1 - loss / 3))) for loss in losses]
    return {
        "set": name, "n": n_examples,
        "convexity_gap": blocks.reals(gaps), "barrier_height": blocks.reals([0.9 * gap for gap in gaps]),
        "auc": blocks.reals([3 * gap for gap in gaps]), "loss": blocks.reals(losses),
        "half_width": blocks.add("u16", 1e-5, [3000] * len(losses)),
        "metrics": [{"name": "accuracy", "of": n_examples, "block": blocks.add("u16", 1.0, right)}],
    }


def training(blocks, draw, n, level):
    """Curves of 40 points that fall to a tenth; those of the last model are not known."""
    counts = [40] * (n - 1) + [0]
    updates = [5.0 * point + 3 for count in counts for point in range(count)]
    values = [level * 0.1 ** (point / 39) * draw.uniform(0.8, 1.2) for count in counts for point in range(count)]
    return {"n": counts, "update": blocks.reals(updates), "value": blocks.reals(values)}


def layers(draw, name, parts, has_alone):
    """Averages in each part, which cost most across basins in the second one."""
    rows = []
    for number, part in enumerate(parts):
        for kind, most in [("within", -0.002), ("across", 0.08), ("alone", 0.15)][: 3 if has_alone else 2]:
            excess = round(most / (1 + abs(number - 1)) * draw.uniform(0.9, 1.1), 5)
            ends = {"low": excess - 0.01, "high": excess + 0.01}
            rows.append({"part": part, "kind": kind, "n": 24, "distance": 2.5, "excess": excess, **ends})
    return {"set": name, "moving": "alone", "confidence": 0.95, "n_resamples": 1000, "parts": parts, "rows": rows}


def simplices(draw):
    """Convex combinations of two to eight models, which lie high across basins alone."""
    rows = []
    for basin, level in [(0, 0.001), (1, 0.002), (None, 0.1)]:
        for n_models in [2, 3, 4, 8]:
            held_out, mean = (round(level * factor * draw.uniform(0.9, 1.1), 5) for factor in (1.0, 0.5))
            rows.append({
                "basin": basin, "n_models": n_models, "n_subsets": 1 if n_models == 8 else 24, "n_points": 192,
                "largest": 1.1 * held_out, "held_out": [held_out, 0.8 * held_out, 1.2 * held_out],
                "mean": [mean, 0.9 * mean, 1.1 * mean],
            })
    return {"set": "id", "n": 512, "confidence": 0.95, "n_resamples": 1000, "rows": rows}


def numbers_of(n, names, alone=(), divided=True):
    """The content of a page and its blocks. Models `alone` are in no basin; unless `divided`, all others are in one."""
    draw, blocks = random.Random(n), Blocks()
    group = [int(model % 5 > 2) if divided else 0 for model in range(n)]
    cluster = [None if model in alone else c for model, c in enumerate(group)]
    is_within = lambda a, b: cluster[a] == cluster[b] and cluster[a] is not None
    gaps = [
        (0.004 if is_within(a, b) else 0.6 if None in (cluster[a], cluster[b]) else 0.25) * math.exp(draw.gauss(0, 0.4))
        for a in range(n) for b in range(a + 1, n)
    ]
    score = [round((0.4 if c else -0.4) + draw.uniform(-0.15, 0.15), 5) for c in group]
    membership = [(m if divided else 0) if c is not None else None for m, c in zip(score, cluster)]
    accuracy = [round(0.3 + 0.4 * c + draw.uniform(0, 0.2), 5) for c in group]
    sets = [{"name": "id", "n": 512}, {"name": "lo", "n": 256}]
    both = [[round(draw.uniform(0.8, 0.9), 5) for _ in range(n)], accuracy]
    distance = blocks.reals([12 + draw.random() for _ in gaps])
    stages = [
        {
            "name": f"{100 * stage}it", "notes": [],
            "cluster": [c if c is None or draw.random() < 0.5 + stage / 10 else 1 - c for c in cluster],
            "membership": [None if m is None else round(m * stage / 5, 5) for m in membership],
            "score": [round(0.3 + (value - 0.3) * stage / 5, 5) for value in accuracy],
        }
        for stage in range(1, 6)
    ]
    stages[-1]["cluster"] = cluster
    content = {
        "version": "test", "title": f"{n} models that are made up", "summary": "made up", "models": names,
        "sets": sets, "scored": "lo", "metric": "accuracy",
        "evaluations": {name: both for name in ["loss", "accuracy", "f1", "mcc", "ece"]},
        "kinds": [
            {"set": "lo", "kind": kind, "n": 128, "right": [draw.randrange(129) for _ in range(n)]}
            for kind in ["entailment", "non-entailment"]
        ],
        "alphas": ALPHAS, "distance": distance,
        "lines": [lines(blocks, "id", 512, gaps, 0.3), lines(blocks, "lo", 256, [1.5 * gap for gap in gaps], 1.2)],
        "intervals": {
            "set": "id", "confidence": 0.95, "n_resamples": 1000,
            **{
                name: [blocks.reals([factor * end * gap for gap in gaps]) for end in (0.8, 1.2)]
                for name, factor in [("convexity_gap", 1), ("barrier_height", 0.9), ("auc", 3)]
            },
        },
        "basins": {
            "divided": divided, "cluster": cluster, "membership": membership,
            "low": [None if m is None else m - 0.1 for m in membership],
            "high": [None if m is None else m + 0.1 for m in membership],
            "stability": [round(draw.uniform(0.8, 1), 4) for _ in range(n)], "notes": [],
        },
        "stages": stages if divided else [],
        "layers": [layers(draw, name, PARTS, bool(alone)) for name in ("id", "lo")], "simplices": simplices(draw),
        "training": {"loss": training(blocks, draw, n, 0.7), "gradient_norm": training(blocks, draw, n, 5.0)},
        "facts": [
            {"name": "sharpness", "values": [round(draw.uniform(0.5, 2), 5) for _ in range(n)]},
            {"name": "seed", "values": [str(model) for model in range(n)]},
            {"name": "training loss", "values": [round(draw.uniform(0.1, 0.2), 5) for _ in range(n)]},
        ],
        "findings": [["silhouette", 0.8], ["AUC", None]], "provenance": [["lmc", "test"]],
    }
    return content, blocks.texts


def with_models(page, n, hostile=False, **kinds):
    """The page with `n` models instead of its own, and their content; `kinds` are those of `numbers_of`."""
    names = [f"s{model}" for model in range(n)]
    if hostile:
        names[: len(HOSTILE)] = HOSTILE
    content, texts = numbers_of(n, names, **kinds)
    whole = json.dumps(content).replace("<", "\\u003c")
    parts = [f'<script type="application/json" id="data">{whole}</script>\n']
    parts += [f'<script type="text/plain" id="block-{i}">{text}</script>\n' for i, text in enumerate(texts)]
    start = DATA.search(page).start()
    bare = BLOCK.sub("", DATA.sub("", page))
    return bare[:start] + "".join(parts) + bare[start:], content
