"""Finetunes one copy as transformers' Trainer does by default, on the batches of a JSON file, and prints what it took.

usage: trainer.py INPUTS COPY [--compile]

Beside INPUTS lies the folder `model`. Batches are padded to their longest example; AdamW (fused, no decay of biases and
layer norms), a linear schedule, gradients clipped to a norm of 1. Prints `ready` after the updates that are not timed, waits
for a line, and prints a JSON object after the last update. OMP_NUM_THREADS says how many threads libtorch takes.
"""

import json
import resource
import sys
import time
from pathlib import Path

import torch
import transformers

inputs = Path(sys.argv[1])
spec, copy = json.loads(inputs.read_text()), int(sys.argv[2])
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
model = transformers.AutoModelForSequenceClassification.from_pretrained(
    inputs.parent / "model",
    hidden_dropout_prob=spec["dropout"],
    attention_probs_dropout_prob=spec["dropout"],
)
model.train()
torch.manual_seed(copy)


def collate(batch):
    longest = max(len(example["ids"]) for example in batch)
    fill = lambda row: row + [0] * (longest - len(row))
    return {
        "input_ids": torch.tensor([fill(e["ids"]) for e in batch]),
        "token_type_ids": torch.tensor([fill(e["segments"]) for e in batch]),
        "attention_mask": torch.tensor([fill([1] * len(e["ids"])) for e in batch]),
        "labels": torch.tensor([e["label"] for e in batch]),
    }


plain = lambda name: "LayerNorm" in name or name.endswith("bias")
optimiser = torch.optim.AdamW(
    [
        {"params": [p for n, p in model.named_parameters() if not plain(n)], "weight_decay": spec["weight_decay"]},
        {"params": [p for n, p in model.named_parameters() if plain(n)], "weight_decay": 0.0},
    ],
    lr=spec["learning_rate"],
    betas=(0.9, 0.999),
    eps=1e-8,
    fused=True,
)
schedule = transformers.get_linear_schedule_with_warmup(optimiser, spec["n_warmup"], spec["n_updates"])
forward = torch.compile(model, dynamic=True) if "--compile" in sys.argv else model
losses, n_examples, started = [], 0, 0.0
for step, indices in enumerate(spec["orders"][copy]):
    if step == spec["n_untimed"]:
        print("ready", flush=True)
        sys.stdin.readline()
        started = time.perf_counter()
    loss = forward(**collate([spec["examples"][i] for i in indices])).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    schedule.step()
    optimiser.zero_grad()
    losses.append(loss.item())
    n_examples += len(indices) * (step >= spec["n_untimed"])
print(json.dumps({
    "examples_per_second": n_examples / (time.perf_counter() - started),
    "losses": losses,
    "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
