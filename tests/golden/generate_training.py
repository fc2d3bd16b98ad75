"""Twenty updates of a tiny random BERT classifier by PyTorch, with two optimisers and of the head alone, in float64.

Needs torch, transformers and safetensors. Writes training.json (batches, logits, gradient norms, losses) and
training.safetensors (the initial parameters by name; the final ones of each optimiser as one vector, tensors in
the alphabetical order of their names) beside this file.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertForSequenceClassification, get_linear_schedule_with_warmup

N_STEPS, WARMUP, PEAK, DECAY, BATCH = 20, 5, 3e-3, 0.1, 6

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
config = BertConfig(
    vocab_size=20, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16,
    max_position_embeddings=8, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
)
model = BertForSequenceClassification(config)
for name, parameter in model.named_parameters():
    centre = 1.0 if name.endswith("LayerNorm.weight") else 0.0
    parameter.data = (centre + 0.3 * torch.randn_like(parameter)).float().double()
initial = {name: p.detach().clone() for name, p in model.named_parameters()}


def draw_example():
    length = int(torch.randint(3, 9, ()))
    second = int(torch.randint(1, length, ()))
    return {
        "ids": [1] + torch.randint(2, 20, (length - 1,)).tolist(),
        "segments": [0] * second + [1] * (length - second),
        "label": int(torch.randint(0, 2, ())),
    }


examples = [draw_example() for _ in range(4 * BATCH)]


def padded(batch):
    longest = max(len(e["ids"]) for e in batch)
    fill = lambda row: row + [0] * (longest - len(row))
    return {
        "input_ids": torch.tensor([fill(e["ids"]) for e in batch]),
        "token_type_ids": torch.tensor([fill(e["segments"]) for e in batch]),
        "attention_mask": torch.tensor([fill([1] * len(e["ids"])) for e in batch]),
        "labels": torch.tensor([e["label"] for e in batch]),
    }


def groups():
    plain = lambda name: "LayerNorm" in name or name.endswith("bias")
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    return [
        {"params": [p for n, p in named if not plain(n)], "weight_decay": DECAY},
        {"params": [p for n, p in named if plain(n)], "weight_decay": 0.0},
    ]


class GoogleAdamW(torch.optim.Optimizer):
    """`AdamWeightDecayOptimizer` of google-research/bert: no bias correction, decay added to the update."""

    def __init__(self, parameters, lr, eps):
        super().__init__(parameters, {"lr": lr, "eps": eps})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                m = state["m"] = 0.9 * state.get("m", torch.zeros_like(p)) + 0.1 * p.grad
                v = state["v"] = 0.999 * state.get("v", torch.zeros_like(p)) + 0.001 * p.grad**2
                p -= group["lr"] * (m / (v.sqrt() + group["eps"]) + group["weight_decay"] * p)


def google_schedule(optimiser):
    """The decay of `create_optimizer` in google-research/bert runs from the first update; the warm-up lies over it."""
    return torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: step / WARMUP if step < WARMUP else 1 - step / N_STEPS
    )


def torch_schedule(optimiser):
    return get_linear_schedule_with_warmup(optimiser, WARMUP, N_STEPS)


def train(batches, make_optimiser, make_schedule=torch_schedule, head_only=False):
    for name, p in model.named_parameters():
        p.data, p.grad = initial[name].clone(), None
        p.requires_grad_(not head_only or name.startswith("classifier."))
    optimiser = make_optimiser(groups())
    schedule = make_schedule(optimiser)
    losses, rates, norms, global_norms = [], [], None, []
    for step in range(N_STEPS):
        optimiser.zero_grad()
        loss = model(**padded(batches[step % len(batches)])).loss
        loss.backward()
        if norms is None:
            norms = {name: p.grad.norm().item() for name, p in model.named_parameters() if p.requires_grad}
        global_norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
        losses.append(loss.item())
        rates.append(schedule.get_last_lr()[0])
        optimiser.step()
        schedule.step()
    final = torch.cat([p.detach().flatten() for _, p in sorted(model.named_parameters())])
    return {
        "losses": losses, "learning_rates": rates, "first_gradient_norms": norms, "gradient_norms": global_norms,
    }, final


def torch_adamw(parameters):
    return torch.optim.AdamW(parameters, lr=PEAK, betas=(0.9, 0.999), eps=1e-8)


batches = [examples[i * BATCH : (i + 1) * BATCH] for i in range(4)]
out = {
    "config": {k: getattr(config, k) for k in (
        "model_type", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
        "max_position_embeddings", "type_vocab_size", "hidden_act", "layer_norm_eps", "initializer_range",
    )},
    "n_steps": N_STEPS, "warmup": WARMUP, "peak": PEAK, "weight_decay": DECAY, "batch_size": BATCH,
    "examples": examples,
}
with torch.no_grad():
    out["logits"] = [model(**padded(batch)).logits.tolist() for batch in batches]
out["torch"], final_torch = train(batches, torch_adamw)
google = lambda parameters: GoogleAdamW(parameters, PEAK, 1e-6)
out["google"], final_google = train(batches, google, google_schedule)
out["probe"], final_probe = train(batches, google, google_schedule, head_only=True)
out["whole"], _ = train([examples], torch_adamw)
with torch.no_grad():
    out["whole"]["logits"] = model(**padded(examples)).logits.tolist()
for run in ("google", "probe", "whole"):
    del out[run]["first_gradient_norms"]

folder = Path(__file__).parent
tensors = {name: p.float().contiguous() for name, p in initial.items()}
tensors |= {"final.torch": final_torch.float(), "final.google": final_google.float(), "final.probe": final_probe.float()}
save_file(tensors, folder / "training.safetensors")
(folder / "training.json").write_text(json.dumps(out, indent=1) + "\n")
