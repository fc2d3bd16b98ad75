"""The roofline: the FLOP of a point over the highest measured rate of matrix products of the model's shapes.

usage: matmul.py INPUTS ENCODER OUT THREADS
"""

import json
import sys
import time
from pathlib import Path

import torch
from transformers import AutoConfig

from pairs import read_pairs
from processes import in_processes

ROWS = (128, 256, 512, 1024, 2048)
WINDOW_S, WINDOWS = 0.1, 2


def flop(config, lengths: list[int]) -> float:
    """The floating-point operations of one point without padding: dense layers, attention, pooler and head."""
    d, ff, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    dense = 2 * sum(lengths) * (4 * d * d + 2 * d * ff) * layers
    attention = 4 * sum(length * length for length in lengths) * d * layers
    return dense + attention + 2 * len(lengths) * d * (d + config.num_labels)


def shapes(config) -> dict[str, tuple[int, int]]:
    """The inputs and outputs of the dense layers."""
    d, ff = config.hidden_size, config.intermediate_size
    return {"qkv": (d, 3 * d), "out": (d, d), "up": (d, ff), "down": (ff, d)}


def kernels(rows: int, k: int, n: int) -> dict:
    """Products [rows, k] x [k, n] by the ways that libtorch has for float32."""
    x, weight, bias, out = torch.randn(rows, k), torch.randn(n, k), torch.randn(n), torch.empty(rows, n)
    packed = torch.ops.mkldnn._reorder_linear_weight(weight, rows)
    return {
        "mm": lambda: torch.mm(x, weight.t(), out=out),
        "packed": lambda: torch.ops.mkldnn._linear_pointwise(x, packed, bias, "none", [], ""),
    }


def rates(config, processes: int, threads: int) -> dict[tuple[str, str, int], float]:
    """FLOP per second of each kernel, shape and number of rows, summed over processes that work at the same time."""

    def work(_, wait):
        found = {}
        with torch.inference_mode():
            for shape, (k, n) in shapes(config).items():
                for rows in ROWS:
                    for kernel, call in kernels(rows, k, n).items():
                        call()
                        found[kernel, shape, rows] = []
                        for _ in range(WINDOWS):
                            wait()
                            start, calls = time.monotonic(), 0
                            while (now := time.monotonic()) < start + WINDOW_S:
                                call()
                                calls += 1
                            found[kernel, shape, rows].append(2 * rows * k * n * calls / (now - start))
        return found

    parts = in_processes(processes, threads, work)
    return {key: max(map(sum, zip(*(part[key] for part in parts)))) for key in parts[0]}


def rate_of_layer(config, found: dict, kernel: str) -> float:
    """The rate at which a layer's products run if each has its best number of rows."""
    weights = {shape: k * n for shape, (k, n) in shapes(config).items()}
    best = {shape: max(found[kernel, shape, rows] for rows in ROWS) for shape in weights}
    return sum(weights.values()) / sum(weights[shape] / best[shape] for shape in weights)


def main(inputs: Path, encoder: Path, out: Path, threads: int):
    config = AutoConfig.from_pretrained(inputs / "a")
    examples, _ = read_pairs(inputs, encoder, config.max_position_embeddings)
    lengths = [len(example["input_ids"]) for example in examples]
    # Several processes first: afterwards this one has threads of its own.
    measured = {}
    for processes, each in sorted({(threads, 1), (1, threads)}, reverse=True):
        found = rates(config, processes, each)
        for kernel in ("mm", "packed"):
            measured[f"{kernel}, {processes} x {each} threads"] = rate_of_layer(config, found, kernel)
    total = flop(config, lengths)
    mm = max(rate for name, rate in measured.items() if name.startswith("mm"))
    result = {
        "flop": total,
        "tokens": sum(lengths),
        "rates": measured,
        "seconds_per_point": total / max(measured.values()),
        "seconds_per_point_mm": total / mm,
    }
    out.write_text(json.dumps(result))


if __name__ == "__main__":
    inputs, encoder, out, threads = sys.argv[1:]
    main(Path(inputs), Path(encoder), Path(out), int(threads))
