"""Writes assignment.json: matrices of values and the greatest sum of an assignment, by scipy.

    python tests/golden/generate_assignment.py      # numpy 2.4, scipy 1.17
"""

import json
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment


def matrices(rng):
    for n in (1, 2, 3, 5, 8, 16, 40):
        yield "normal", rng.standard_normal((n, n))
        yield "ties", rng.integers(-2, 3, (n, n)).astype(float)
        yield "product", np.outer(rng.uniform(0, 1, n), rng.uniform(0, 1, n))
        a, b = rng.standard_normal((2, n, 6))
        yield "similarity", a @ b.T
        yield "near the identity", np.eye(n) + 0.5 * rng.standard_normal((n, n))


cases = []
for kind, values in matrices(np.random.default_rng(0)):
    values = values.round(6)
    rows, columns = linear_sum_assignment(values, maximize=True)
    # Where the second best is as good, scipy's assignment is one of several.
    is_unique = kind not in ("ties", "product")
    case = {"kind": kind, "values": values.tolist(), "sum": float(values[rows, columns].sum())}
    cases.append(case | ({"columns": columns.tolist()} if is_unique else {}))
path = Path(__file__).with_name("assignment.json")
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
