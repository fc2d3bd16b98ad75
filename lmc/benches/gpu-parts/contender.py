"""The side of PyTorch: points on a line and finetuning of one copy, tuned. Prints rows, one JSON object a line.

usage: contender.py points|finetuning WORK DEVICE full|small [--compile]
WORK holds `inputs.json`, and what `prepare` of the program left: `model`, a Hugging Face folder, and `plan.json`.
"""

import json
import resource
import statistics
import sys
import time
from pathlib import Path

import torch
from torch.nn import functional as F

from bert import load

part, work, device, size, *options = sys.argv[1:]
WORK, COMPILED = Path(work), "--compile" in options
# One card is measured, the first of several.
DEVICE = torch.device("cuda:0" if device in ("cuda", "auto") else device.split(",")[0])
INPUTS, PLAN = json.loads((WORK / "inputs.json").read_text()), json.loads((WORK / "plan.json").read_text())
ON_CARD = DEVICE.type == "cuda"
# Seconds of one measurement.
SECONDS = 2.0 if size == "full" else 0.2
PRECISIONS = ["float32", "tf32", "bf16", "fp16"] if ON_CARD else ["float32", "bf16"]
if COMPILED:
    # Compiling takes long: the precisions that people train in, the best first.
    PRECISIONS = ["bf16", "tf32"] if ON_CARD else ["float32"]
KINDS = {"float32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def row(**fields):
    print(json.dumps(fields), flush=True)


def finish():
    if ON_CARD:
        torch.cuda.synchronize()


def timed(work, warm: int = 2) -> float:
    """The median of the seconds of several runs."""
    for _ in range(warm):
        work()
    finish()
    taken, start = [], time.perf_counter()
    while len(taken) < 3 or time.perf_counter() - start < SECONDS:
        before = time.perf_counter()
        work()
        finish()
        taken.append(time.perf_counter() - before)
    return statistics.median(taken)


def collate(examples: list[dict]) -> tuple[torch.Tensor, ...]:
    """Ids, segments, mask and labels, padded to the longest."""
    longest = max(len(example["ids"]) for example in examples)
    fill = lambda values: values + [0] * (longest - len(values))
    rows = [[fill(e["ids"]), fill(e["segments"]), fill([1] * len(e["ids"]))] for e in examples]
    ids, segments, mask = torch.tensor(rows, device=DEVICE).unbind(1)
    return ids, segments, mask, torch.tensor([e["label"] for e in examples], device=DEVICE)


def in_precision(precision: str):
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"


def points():
    examples = INPUTS["examples"][: PLAN["n_pairs"]]
    order = sorted(range(len(examples)), key=lambda i: len(examples[i]["ids"]))
    for precision in PRECISIONS:
        in_precision(precision)
        for batch in PLAN["batches"][-1:] if COMPILED else PLAN["batches"]:
            try:
                name, model = load(WORK / "model", 0.0)
                model = model.to(DEVICE).eval().requires_grad_(False)
                parameters = list(model.parameters())
                one = [parameter.detach().clone() for parameter in parameters]
                other = [parameter + 0.005 * torch.randn_like(parameter) for parameter in one]
                model.to(KINDS[precision])
                parameters = list(model.parameters())
                forward = torch.compile(model, dynamic=True) if COMPILED else model
                batches = [collate([examples[i] for i in order[k : k + batch]]) for k in range(0, len(order), batch)]

                def losses(alpha):
                    with torch.inference_mode():
                        torch._foreach_copy_(parameters, torch._foreach_lerp(one, other, alpha))
                        logits = [(forward(*inputs).float(), labels) for *inputs, labels in batches]
                        return torch.cat([F.cross_entropy(*pair, reduction="none") for pair in logits])

                mean = losses(0.0).double().mean().item()
                seconds = timed(lambda: losses(0.37))
                row(part="point", who=name, batch=batch, compiled=COMPILED, precision=precision, ms=seconds * 1e3, mean_loss=mean)
            except Exception as error:  # the other precisions go on
                failed(f"points of PyTorch, {precision}, batches of {batch}", error)


def failed(what: str, error: Exception):
    row(part="failed", what=what, error=f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:300])


class Trainer:
    """One copy: fused AdamW, a linear schedule, gradients clipped to a norm of 1."""

    def __init__(self, precision: str, dropout: float):
        in_precision(precision)
        torch.manual_seed(0)
        self.name, self.model = load(WORK / "model", dropout)
        self.model.to(DEVICE).train()
        plain = lambda name: "LayerNorm" in name or name.endswith("bias")
        named, recipe = list(self.model.named_parameters()), PLAN["recipe"]
        groups = [
            {"params": [p for n, p in named if not plain(n)], "weight_decay": recipe["weight_decay"]},
            {"params": [p for n, p in named if plain(n)], "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=recipe["learning_rate"], betas=(0.9, 0.999), eps=1e-8, fused=True)
        n, warm = recipe["n_updates"], recipe["n_warmup"]
        rate = lambda step: step / warm if step < warm else max(0.0, (n - step) / (n - warm))
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimiser, rate)
        self.low = KINDS[precision] if KINDS[precision] != torch.float32 else None
        self.scaler = torch.amp.GradScaler(DEVICE.type, enabled=precision == "fp16")
        self.forward = torch.compile(self.model, dynamic=True) if COMPILED else self.model

    def update(self, batch: tuple[torch.Tensor, ...]) -> torch.Tensor:
        *inputs, labels = batch
        with torch.autocast(DEVICE.type, self.low or torch.bfloat16, enabled=self.low is not None):
            logits = self.forward(*inputs)
        loss = F.cross_entropy(logits.float(), labels)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimiser)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.schedule.step()
        self.optimiser.zero_grad(set_to_none=True)
        return loss.detach()


def finetuning():
    examples = INPUTS["examples"]
    batches = [collate([examples[i] for i in indices]) for indices in PLAN["orders"]]
    for precision in PRECISIONS:
        try:
            if not COMPILED:
                trainer = Trainer(precision, 0.0)
                losses = [trainer.update(batch) for batch in batches[: PLAN["n_compared"]]]
                row(part="curve", who=trainer.name, precision=precision, losses=torch.stack(losses).tolist())
            trainer, at = Trainer(precision, 0.1), 0

            def update():
                nonlocal at
                trainer.update(batches[at % len(batches)])
                at += 1

            seconds, n = timed(update, warm=5), len(PLAN["orders"][0])
            row(part="finetuning", who=trainer.name, compiled=COMPILED, copies=1, precision=precision, ms=seconds * 1e3, examples_per_second=n / seconds)
        except Exception as error:
            failed(f"finetuning by PyTorch, {precision}", error)


row(part="machine", torch=torch.__version__, card=torch.cuda.get_device_name(DEVICE) if ON_CARD else "none")
{"points": points, "finetuning": finetuning}[part]()
row(part="host", mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
if ON_CARD:
    row(part="card", mib=torch.cuda.max_memory_allocated() / 2**20)
