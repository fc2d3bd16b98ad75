"""Writes statistics.safetensors and statistics.json: what texts tell of two tiny classifiers, and their merges.

    python generate_statistics.py        # needs torch, transformers and safetensors

The Fisher information is that of Matena and Raffel (2022): for each text and each label the gradient of the log
probability by autograd, its square weighted by the probability of the label, and the mean over texts. The products of
inputs are those of Jin et al. (2023), from forward hooks on every torch.nn.Linear. Merges follow the formulas of the
papers, in float64. Texts are run one by one, so that nothing is padded.

For each tensor NAME the file holds `model-K/NAME`, `fisher-K/NAME`, `gram-K/NAME`, `merged-fisher/NAME` and
`merged-regmean/NAME`.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tiny_bert import begin, drawn_model, drawn_texts

HERE = Path(__file__).parent
WEIGHTS = [0.7, 0.3]
FLOOR = 1e-6
SCALE = 0.9
# The share of the mean diagonal that is added, so that products of inputs can be inverted.
RIDGE = 1e-7


def fisher(model, texts):
    total = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    for ids, segments in texts:
        logits = model(input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([segments])).logits[0]
        log_probabilities = logits.log_softmax(-1)
        for log_probability in log_probabilities:
            model.zero_grad()
            log_probability.backward(retain_graph=True)
            for name, p in model.named_parameters():
                total[name] += log_probability.exp().detach() * p.grad**2
    return {name: value / len(texts) for name, value in total.items()}


def grams(model, texts):
    inputs = {}
    hooks = [
        module.register_forward_hook(
            lambda _module, args, _output, name=name: inputs.setdefault(name, []).append(args[0].flatten(0, -2))
        )
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear)
    ]
    with torch.no_grad():
        for ids, segments in texts:
            model(input_ids=torch.tensor([ids]), token_type_ids=torch.tensor([segments]))
    for hook in hooks:
        hook.remove()
    rows = {name: torch.cat(some) for name, some in inputs.items()}
    return {f"{name}.weight": x.T @ x / len(x) for name, x in rows.items()}


def merged_by_fisher(models, fishers):
    merged = {}
    for name in models[0]:
        weights = [w * f[name].clamp(min=FLOOR) for w, f in zip(WEIGHTS, fishers)]
        merged[name] = sum(w * m[name] for w, m in zip(weights, models)) / sum(weights)
    return merged


def merged_by_regmean(models, grams_of):
    merged = {}
    for name in models[0]:
        if name not in grams_of[0]:
            merged[name] = sum(w * m[name] for w, m in zip(WEIGHTS, models)) / sum(WEIGHTS)
            continue
        left, right = 0, 0
        for weight, model, of in zip(WEIGHTS, models, grams_of):
            gram = of[name]
            diagonal = gram.diagonal()
            scaled = SCALE * gram + (1 - SCALE) * diagonal.diag() + RIDGE * diagonal.mean() * torch.eye(len(gram))
            left = left + weight * scaled
            right = right + weight * scaled @ model[name].T
        merged[name] = torch.linalg.inv(left) @ right
        merged[name] = merged[name].T
    return merged


def main():
    generator = begin()
    texts = drawn_texts(generator)
    tensors, states, fishers, grams_of = {}, [], [], []
    for k in range(len(WEIGHTS)):
        model = drawn_model(generator, 0.2)
        states.append({name: p.detach().clone() for name, p in model.named_parameters()})
        fishers.append(fisher(model, texts))
        grams_of.append(grams(model, texts))
        for kind, values in [("model", states[k]), ("fisher", fishers[k]), ("gram", grams_of[k])]:
            tensors.update({f"{kind}-{k}/{name}": value for name, value in values.items()})
    for method, merged in [
        ("fisher", merged_by_fisher(states, fishers)),
        ("regmean", merged_by_regmean(states, grams_of)),
    ]:
        tensors.update({f"merged-{method}/{name}": value for name, value in merged.items()})
    save_file({name: value.float().contiguous() for name, value in tensors.items()}, HERE / "statistics.safetensors")
    facts = {"texts": texts, "weights": WEIGHTS, "floor": FLOOR, "scale": SCALE}
    (HERE / "statistics.json").write_text(json.dumps(facts) + "\n")


if __name__ == "__main__":
    main()
