"""A BERT classifier from a Hugging Face folder: that of transformers or, where that is missing, the same in plain PyTorch."""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F


def load(folder: Path, dropout: float) -> tuple[str, nn.Module]:
    """The name of the implementation and the model in float32; a call with ids, segments and mask gives logits."""
    config = json.loads((folder / "config.json").read_text())
    try:
        from transformers import BertConfig, BertForSequenceClassification
    except ImportError:
        name, model = "plain PyTorch", Bert(config, dropout)
    else:
        chosen = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout, "attn_implementation": "sdpa"}
        name, model = "transformers", Logits(BertForSequenceClassification(BertConfig(**{**config, **chosen})))
    inner = model.model if isinstance(model, Logits) else model
    missing, unexpected = inner.load_state_dict(read(folder / "model.safetensors"), strict=False)
    wrong = [key for key in [*missing, *unexpected] if "position_ids" not in key]
    if wrong:
        raise SystemExit(f"{folder} does not fit: {wrong}")
    return name, model


def read(path: Path) -> dict[str, torch.Tensor]:
    """The float32 tensors of a safetensors file."""
    data = bytearray(path.read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            flat = torch.frombuffer(data, dtype=torch.float32, offset=start + begin, count=(end - begin) // 4)
            tensors[name] = flat.view(entry["shape"])
    return tensors


class Logits(nn.Module):
    """The logits alone of a model of transformers."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, ids, segments, mask):
        return self.model(input_ids=ids, token_type_ids=segments, attention_mask=mask).logits


class Layer(nn.Module):
    def __init__(self, config: dict, dropout: float):
        super().__init__()
        width, inner, eps = config["hidden_size"], config["intermediate_size"], config["layer_norm_eps"]
        self.heads, self.dropout = config["num_attention_heads"], dropout
        names = {name: nn.Linear(width, width) for name in ("query", "key", "value")}
        self.attention = nn.ModuleDict({"self": nn.ModuleDict(names), "output": block(width, width, eps)})
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, inner)})
        self.output = block(inner, width, eps)

    def forward(self, x, mask):
        batch, length, width = x.shape
        split = lambda name: self.attention["self"][name](x).view(batch, length, self.heads, -1).transpose(1, 2)
        drop = lambda y: F.dropout(y, self.dropout, self.training)
        rate = self.dropout if self.training else 0.0
        mixed = F.scaled_dot_product_attention(split("query"), split("key"), split("value"), mask, rate)
        mixed = mixed.transpose(1, 2).reshape(batch, length, width)
        out = self.attention["output"]
        x = out["LayerNorm"](drop(out["dense"](mixed)) + x)
        inner = F.gelu(self.intermediate["dense"](x))
        return self.output["LayerNorm"](drop(self.output["dense"](inner)) + x)


class Bert(nn.Module):
    """A BERT with a pooler and a linear head, whose parameters have the names of Hugging Face."""

    def __init__(self, config: dict, dropout: float):
        super().__init__()
        width, eps, self.dropout = config["hidden_size"], config["layer_norm_eps"], dropout
        sizes = {"word": config["vocab_size"], "position": config["max_position_embeddings"], "token_type": config["type_vocab_size"]}
        tables = {f"{name}_embeddings": nn.Embedding(size, width) for name, size in sizes.items()}
        layers = nn.ModuleList(Layer(config, dropout) for _ in range(config["num_hidden_layers"]))
        self.bert = nn.ModuleDict({
            "embeddings": nn.ModuleDict({**tables, "LayerNorm": nn.LayerNorm(width, eps)}),
            "encoder": nn.ModuleDict({"layer": layers}),
            "pooler": nn.ModuleDict({"dense": nn.Linear(width, width)}),
        })
        self.classifier = nn.Linear(width, len(config["id2label"]))

    def forward(self, ids, segments, mask):
        tables, drop = self.bert["embeddings"], lambda y: F.dropout(y, self.dropout, self.training)
        positions = torch.arange(ids.shape[1], device=ids.device)
        x = tables["word_embeddings"](ids) + tables["token_type_embeddings"](segments) + tables["position_embeddings"](positions)
        x, keep = drop(tables["LayerNorm"](x)), mask.bool()[:, None, None, :]
        for layer in self.bert["encoder"]["layer"]:
            x = layer(x, keep)
        return self.classifier(drop(torch.tanh(self.bert["pooler"]["dense"](x[:, 0]))))


def block(inputs: int, outputs: int, eps: float) -> nn.ModuleDict:
    return nn.ModuleDict({"dense": nn.Linear(inputs, outputs), "LayerNorm": nn.LayerNorm(outputs, eps)})
