"""Random tiny classifiers of every family by transformers: weights, logits and gradients, in float32 on the CPU.

    generate_encoders.py                writes encoders.json and the folder encoders beside this file
    generate_encoders.py OUT SEED N     writes N random configurations of each family to the folder OUT, in the same form

Needs torch, transformers and safetensors. Each folder is a model as transformers saves it, with `gradients.safetensors`: the gradient
of the mean cross-entropy of the padded batch. Every other one has `pytorch_model.bin` in place of `model.safetensors`. The JSON has the
examples with the logits of each alone and of the batch. Texts hold tokens with the id for padding too.
"""

import json
import random
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForSequenceClassification

ACTIVATIONS = ["gelu", "gelu_new", "relu", "silu"]
SIZES = {"vocab_size": 24, "hidden_size": 12, "num_attention_heads": 3, "intermediate_size": 10, "num_hidden_layers": 2}
# The first two positions of the families of RoBERTa are for padding.
FIRST = {"roberta": 2, "xlm-roberta": 2, "camembert": 2, "mpnet": 2}
SEGMENTS = ["electra", "albert", "deberta-v2"]
RELATIVE = {"relative_attention": True, "pos_att_type": ["p2c", "c2p"]}
BIASES = {"norm_bias": True, "attention_bias": True, "mlp_bias": True, "classifier_bias": True}
MODERNBERT = {"hidden_act": "hidden_activation", "layer_norm_eps": "norm_eps"}
DISTILBERT = {"intermediate_size": "hidden_dim", "hidden_act": "activation"}


def fixed():
    """The configurations that are committed, by name."""
    yield "xlm-roberta", "xlm-roberta", {"type_vocab_size": 1}
    yield "camembert", "camembert", {"type_vocab_size": 1, "hidden_act": "relu"}
    yield "electra", "electra", {"embedding_size": 8}
    yield "electra-of-one-width", "electra", {"embedding_size": 12, "hidden_act": "relu"}
    yield "distilbert", "distilbert", {"sinusoidal_pos_embds": True}
    yield "distilbert-relu", "distilbert", {"hidden_act": "relu"}
    yield "mpnet", "mpnet", {}
    yield "mpnet-long", "mpnet", {"num_hidden_layers": 1, "max_len": 70, "relative_attention_num_buckets": 40}
    yield "albert", "albert", {"embedding_size": 8, "num_hidden_layers": 3}
    yield "albert-groups", "albert", {
        "embedding_size": 12, "num_hidden_layers": 3, "num_hidden_groups": 2, "inner_group_num": 2, "intermediate_size": 6}
    yield "deberta-v3", "deberta-v2", {
        **RELATIVE, "pos_att_type": "p2c|c2p", "share_att_key": True, "norm_rel_ebd": "layer_norm", "position_buckets": 8,
        "position_biased_input": False, "type_vocab_size": 0, "max_len": 40}
    yield "deberta-own-layers", "deberta-v2", {
        **RELATIVE, "max_relative_positions": 5, "embedding_size": 8, "type_vocab_size": 2, "pooler_hidden_act": "tanh", "num_hidden_layers": 3}
    yield "deberta-one-term", "deberta-v2", {
        **RELATIVE, "pos_att_type": ["p2c"], "position_buckets": 4, "max_relative_positions": 30, "num_hidden_layers": 1}
    yield "deberta-without-distances", "deberta-v2", {"pos_att_type": ["c2p"], "norm_rel_ebd": "layer_norm", "share_att_key": True}
    yield "modernbert", "modernbert", {"num_hidden_layers": 4, "local_attention": 6}
    yield "modernbert-mean", "modernbert", {
        "local_attention": 3, "global_attn_every_n_layers": 2, "classifier_pooling": "mean", "classifier_activation": "relu", **BIASES}
    yield "modernbert-long", "modernbert", {
        "layer_types": ["sliding_attention", "full_attention", "sliding_attention"], "num_hidden_layers": 3, "hidden_act": "silu",
        "rope_parameters": {kind: {"rope_type": "default", "rope_theta": theta} for kind, theta in
                            [("full_attention", 500.0), ("sliding_attention", 20.0)]}, "max_len": 40, "local_attention": 12}
    yield "modernbert-wide", "modernbert", {"num_hidden_layers": 1, "classifier_pooling": "mean", "norm_bias": True}


def drawn(family, rng):
    """A random configuration."""
    heads, width = rng.choice([1, 2, 3, 4]), rng.choice([4, 8])
    config = {
        "vocab_size": rng.randint(16, 60), "num_attention_heads": heads, "hidden_size": heads * width,
        "intermediate_size": rng.randint(3, 40), "num_hidden_layers": rng.randint(1, 4), "hidden_act": rng.choice(ACTIVATIONS),
        "max_len": rng.choice([9, 17, 40]), "initializer_range": 0.05,
    }
    if family not in ["distilbert"]:
        config["layer_norm_eps"] = rng.choice([1e-12, 1e-5, 0.1])
    if family in SEGMENTS:
        config["type_vocab_size"] = rng.choice([1, 2, 3])
    if family not in ["mpnet"]:
        config["pad_token_id"] = rng.choice([0, 1, 3])
    if family in ["electra", "albert"]:
        config["embedding_size"] = rng.choice([heads * width, 5, 16])
    if family == "albert":
        config["num_hidden_groups"] = rng.randint(1, config["num_hidden_layers"])
        config["inner_group_num"] = rng.choice([1, 2])
    if family == "deberta-v2":
        buckets = rng.choice([-1, 0, 2, 3, 6, 8])
        config |= {
            "type_vocab_size": rng.choice([0, 1, 2]), "position_biased_input": rng.choice([True, False]),
            "relative_attention": rng.choice([True, True, True, False]), "pos_att_type": rng.choice([None, "c2p", ["p2c"], "p2c|c2p", ["c2p", "p2c"], []]),
            "share_att_key": rng.choice([True, False]), "norm_rel_ebd": rng.choice(["none", "layer_norm"]), "position_buckets": buckets,
            "max_relative_positions": rng.choice([-1, 0, 30, 64] if buckets > 0 else [-1, 1, 3, 30]),
            "embedding_size": rng.choice([heads * width, 5, 16]), "pooler_hidden_act": rng.choice([*ACTIVATIONS, "tanh"])}
    if family == "modernbert":
        # Turns need heads of an even width.
        config |= {name: rng.choice([True, False]) for name in BIASES}
        config |= {
            "hidden_size": heads * rng.choice([2, 4, 6]), "local_attention": rng.choice([0, 1, 2, 3, 6, 10, 128]),
            "global_attn_every_n_layers": rng.choice([1, 2, 3]), "classifier_pooling": rng.choice(["cls", "mean"]),
            "classifier_activation": rng.choice(ACTIVATIONS)}
        if rng.random() < 0.5:
            config["layer_types"] = [rng.choice(["full_attention", "sliding_attention"]) for _ in range(config["num_hidden_layers"])]
        if rng.random() < 0.5:
            config |= {"global_rope_theta": rng.choice([100.0, 160000.0]), "local_rope_theta": rng.choice([30.0, 10000.0])}
    if family == "distilbert":
        config["sinusoidal_pos_embds"] = rng.choice([True, False])
    if family == "mpnet":
        config["relative_attention_num_buckets"] = rng.choice([32, 33])
    return config


def draw_model(config):
    """Every weight far enough from zero that the logits depend on it."""
    model = AutoModelForSequenceClassification.from_config(config).eval()
    for name, parameter in model.named_parameters():
        centre = 1.0 if name.lower().replace("_", "").endswith("norm.weight") else 0.0
        parameter.data = centre + 0.3 * torch.randn_like(parameter)
        parameter.requires_grad = True
    return model


def padded(examples, pad, has_segments):
    longest = max(len(e["ids"]) for e in examples)
    fill = lambda row, value: row + [value] * (longest - len(row))
    batch = {
        "input_ids": torch.tensor([fill(e["ids"], pad) for e in examples]),
        "attention_mask": torch.tensor([fill([1] * len(e["ids"]), 0) for e in examples]),
        "labels": torch.tensor([e["label"] for e in examples]),
    }
    if has_segments:
        batch["token_type_ids"] = torch.tensor([fill(e["segments"], 0) for e in examples])
    return batch


def rounded(values):
    return [[float(f"{x:.8g}") for x in row] for row in values]


def golden(name, family, changes, root, is_pickled, rng):
    changes = {**SIZES, **changes}
    max_len = changes.pop("max_len", 12)
    pad = changes.get("pad_token_id", 1 if family in FIRST else 0)
    first = pad + 1 if family in FIRST else 0
    if family == "modernbert":
        changes = {MODERNBERT.get(key, key): value for key, value in {"pad_token_id": 0, **changes}.items()}
    if family == "distilbert":
        changes = {DISTILBERT.get(key, key): value for key, value in changes.items()}
    config = AutoConfig.for_model(family, **changes, num_labels=3, max_position_embeddings=max_len + first)
    model = draw_model(config)
    n_segments = max(config.type_vocab_size, 1) if family in SEGMENTS else 1
    lengths = [max_len, 2, 7, 5, max_len - 1, 3]
    examples = [{
        "ids": [rng.randrange(config.vocab_size) for _ in range(n)],
        "segments": [rng.randrange(n_segments) for _ in range(n)],
        "label": rng.randrange(3),
    } for n in lengths]
    with torch.no_grad():
        alone = [model(**padded([e], pad, n_segments > 1)).logits[0].tolist() for e in examples]
    batch = model(**padded(examples, pad, n_segments > 1))
    batch.loss.backward()
    model.save_pretrained(root / name)
    if is_pickled:
        torch.save(load_file(root / name / "model.safetensors"), root / name / "pytorch_model.bin")
        (root / name / "model.safetensors").unlink()
    # Some configurations of DeBERTa have parameters on which nothing depends.
    gradients = {n: p.grad.contiguous() for n, p in model.named_parameters() if p.grad is not None}
    save_file(gradients, root / name / "gradients.safetensors")
    return {"name": name, "family": family, "max_len": max_len, "examples": examples, "logits": rounded(alone),
            "padded_logits": rounded(batch.logits.tolist()), "loss": batch.loss.item()}


def main():
    here = Path(__file__).parent
    if len(sys.argv) > 1:
        root, seed, n = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
        rng = random.Random(seed)
        families = sorted({family for _, family, _ in fixed()})
        configurations = [(f"{family}-{i}", family, drawn(family, rng)) for family in families for i in range(n)]
        listed = root / "encoders.json"
    else:
        root, seed, listed = here / "encoders", 0, here / "encoders.json"
        rng = random.Random(seed)
        shutil.rmtree(root, ignore_errors=True)
        configurations = list(fixed())
    torch.manual_seed(seed)
    cases = [golden(*case, root, i % 2 == 1, rng) for i, case in enumerate(configurations)]
    listed.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
    print(len(cases), "classifiers")


main()
