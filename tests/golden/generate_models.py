"""Random tiny BERT and RoBERTa classifiers by transformers: weights, logits, gradients, in float32 on the CPU.

Needs torch, transformers and safetensors. Writes the folders tiny-bert and tiny-roberta, as transformers saves them, and
models.json beside this file: batches of examples of differing length, the logits of each example alone and of the padded
batch, and the norms of the gradient of the batch's mean cross-entropy.
"""

import json
from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification, RobertaConfig, RobertaForSequenceClassification

SIZES = {
    "vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 24,
}
LABELS = ["contradiction", "entailment", "neutral"]


def draw_model(make, config):
    """Every weight far enough from zero that the logits depend on it."""
    model = make(config).eval()
    for name, parameter in model.named_parameters():
        centre = 1.0 if name.endswith("LayerNorm.weight") else 0.0
        parameter.data = centre + 0.3 * torch.randn_like(parameter)
    return model


def draw_example(length, first_id, n_segments):
    second = int(torch.randint(1, length, ()))
    return {
        "ids": torch.randint(first_id, SIZES["vocab_size"], (length,)).tolist(),
        "segments": [0] * second + [n_segments - 1] * (length - second),
        "label": int(torch.randint(0, 3, ())),
    }


def padded(examples, pad):
    longest = max(len(e["ids"]) for e in examples)
    fill = lambda row, value: row + [value] * (longest - len(row))
    return {
        "input_ids": torch.tensor([fill(e["ids"], pad) for e in examples]),
        "token_type_ids": torch.tensor([fill(e["segments"], 0) for e in examples]),
        "attention_mask": torch.tensor([fill([1] * len(e["ids"]), 0) for e in examples]),
        "labels": torch.tensor([e["label"] for e in examples]),
    }


def golden(name, model, max_len):
    config = model.config
    lengths = [max_len, 2, 7, 5, max_len - 1, 3]
    examples = [draw_example(n, config.pad_token_id + 1, config.type_vocab_size) for n in lengths]
    with torch.no_grad():
        alone = [model(**padded([e], config.pad_token_id)).logits[0].tolist() for e in examples]
    batch = model(**padded(examples, config.pad_token_id))
    batch.loss.backward()
    model.save_pretrained(folder / name)
    return {
        "max_len": max_len,
        "examples": examples,
        "logits": alone,
        "padded_logits": batch.logits.tolist(),
        "loss": batch.loss.item(),
        "gradient_norms": {name: p.grad.norm().item() for name, p in model.named_parameters()},
    }


torch.manual_seed(0)
folder = Path(__file__).parent
labels = {"id2label": dict(enumerate(LABELS)), "label2id": {label: i for i, label in enumerate(LABELS)}}
bert = BertConfig(**SIZES, **labels, max_position_embeddings=12, type_vocab_size=2)
# The first two positions are never used, as in the published models.
roberta = RobertaConfig(
    **SIZES, num_labels=3, max_position_embeddings=14, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1,
)
out = {
    "tiny-bert": golden("tiny-bert", draw_model(BertForSequenceClassification, bert), 12),
    "tiny-roberta": golden("tiny-roberta", draw_model(RobertaForSequenceClassification, roberta), 12),
}
(folder / "models.json").write_text(json.dumps(out, indent=1) + "\n")
