"""The best PyTorch and transformers without another model: one variant on a few points, by several ways of batching.

usage: tuned.py INPUTS ENCODER OUT VARIANT REPEATS ALPHA...
VARIANT is JSON: processes, threads (of each), attention, compile (null or options of torch.compile), packed, batches (a list).
"""

import json
import sys
from pathlib import Path

import torch

from batches import collate, plan
from memory import peak_mib
from models import Line, load
from packed import replace_linear_layers
from pairs import read_pairs
from processes import elapsed, in_processes


class Evaluator:
    """One working copy of the model, and the losses of points on a line."""

    def __init__(self, inputs: Path, line: Line, variant: dict):
        self.line, self.model = line, load(inputs / "a", variant["attention"])
        self.packed = replace_linear_layers(self.model) if variant["packed"] else []
        self.forward = self.model
        if variant["compile"] is not None:
            self.forward = torch.compile(self.model, dynamic=True, **variant["compile"])

    def losses(self, batches: list[tuple[list[int], dict, torch.Tensor]], n: int, alpha: float) -> list[float]:
        """The loss of each of `n` examples at a point, in their order."""
        losses = torch.empty(n)
        with torch.inference_mode():
            self.line.write(self.model, alpha)
            for layer in self.packed:
                layer.pack()
            for rows, batch, labels in batches:
                logits = self.forward(**batch).logits
                losses[rows] = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
        return losses.tolist()


def main(inputs: Path, encoder: Path, out: Path, variant: dict, repeats: int, alphas: list[float]):
    torch.set_num_threads(1)
    processes = variant["processes"]
    line = Line(inputs)
    examples, labels = read_pairs(inputs, encoder, 512)
    lengths = [len(example["input_ids"]) for example in examples]

    def work(index, wait):
        evaluator = Evaluator(inputs, line, variant)
        mine = alphas[index::processes]
        results = []
        for n_before, how in enumerate(variant["batches"]):
            batches = [
                (rows, collate(examples, rows), torch.tensor([labels[i] for i in rows]))
                for rows in plan(lengths, how)
            ]
            if n_before == 0 or variant["compile"] is not None:
                evaluator.losses(batches, len(examples), alphas[0])
            for _ in range(repeats):
                wait()
                losses, span = elapsed(lambda: [evaluator.losses(batches, len(examples), alpha) for alpha in mine])
                results.append((how, losses, span))
        return results, peak_mib(shares=processes > 1)

    parts = in_processes(processes, variant["threads"], work)
    runs = []
    for same in zip(*(results for results, _ in parts)):
        start, end = min(span[0] for _, _, span in same), max(span[1] for _, _, span in same)
        by_alpha = {alpha: loss for i, (_, losses, _) in enumerate(same) for alpha, loss in zip(alphas[i::processes], losses)}
        runs.append((same[0][0], (end - start) / len(alphas), [by_alpha[alpha] for alpha in alphas]))
    peak = sum(peak for _, peak in parts) + (peak_mib(shares=True) if processes > 1 else 0)
    best = min(runs, key=lambda run: run[1])
    result = {
        "seconds_per_point": best[1],
        "seconds": {how: min(s for h, s, _ in runs if h == how) for how in variant["batches"]},
        "peak_mib": peak,
        "alphas": alphas,
        "losses": best[2],
        "variant": {**variant, "batches": [best[0]]},
    }
    out.write_text(json.dumps(result))


if __name__ == "__main__":
    inputs, encoder, out, variant, repeats, *alphas = sys.argv[1:]
    main(Path(inputs), Path(encoder), Path(out), json.loads(variant), int(repeats), [float(a) for a in alphas])
