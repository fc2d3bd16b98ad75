"""The reference behaviour: every sequence padded to 512 in the order of the file, state dicts from disk for each point.

usage: padded.py INPUTS ENCODER OUT THREADS ALPHA
"""

import json
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

from batches import collate
from memory import peak_mib
from models import load
from pairs import read_pairs

LENGTH, BATCH = 512, 64


def main(inputs: Path, encoder: Path, out: Path, threads: int, alpha: float):
    torch.set_num_threads(threads)
    examples, labels = read_pairs(inputs, encoder, LENGTH)
    model = load(inputs / "a")
    start = time.monotonic()
    a, b = (load_file(inputs / name / "model.safetensors") for name in ("a", "b"))
    point = {name: alpha * a[name] + (1 - alpha) * b[name] for name in a}
    model.load_state_dict(point)
    losses = []
    with torch.no_grad():
        for first in range(0, len(examples), BATCH):
            rows = list(range(first, min(first + BATCH, len(examples))))
            logits = model(**collate(examples, rows, LENGTH)).logits
            target = torch.tensor([labels[i] for i in rows])
            losses += torch.nn.functional.cross_entropy(logits, target, reduction="none").tolist()
    seconds = time.monotonic() - start
    result = {"seconds_per_point": seconds, "peak_mib": peak_mib(shares=False), "alphas": [alpha], "losses": [losses]}
    out.write_text(json.dumps(result))


if __name__ == "__main__":
    inputs, encoder, out, threads, alpha = sys.argv[1:]
    main(Path(inputs), Path(encoder), Path(out), int(threads), float(alpha))
