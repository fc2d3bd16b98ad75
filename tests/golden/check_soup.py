"""Checks that the weights in the first folder are the mean of those in the others, tensor by tensor, with numpy in float64.

    python tests/golden/check_soup.py SOUP INGREDIENT...      # numpy, safetensors
"""

import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

soup, *ingredients = [load_file(Path(folder) / "model.safetensors") for folder in sys.argv[1:]]
assert ingredients, "no ingredients"
for other in ingredients:
    assert other.keys() == soup.keys(), soup.keys() ^ other.keys()
worst = 0.0
for name, got in soup.items():
    expected = np.mean([other[name].astype(np.float64) for other in ingredients], axis=0)
    assert got.shape == expected.shape and got.dtype == np.float32, name
    worst = max(worst, float(np.abs(got - expected).max()))
# Rounding to float32, of weights that are below 8.
assert worst < 5e-7, worst
config = json.loads((Path(sys.argv[1]) / "config.json").read_text())
print(json.dumps({"tensors": len(soup), "worst": worst, "labels": config["id2label"]}))
