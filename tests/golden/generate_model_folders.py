"""Model folders as users have them, read by transformers: logits, names of outputs and norms of gradients, in float32 on the CPU.

Needs torch, transformers and safetensors. Every folder is tiny-bert or tiny-roberta beside this file with a few changes, which
model_folders.json records, so that a test can make the same folder: keys of config.json (null removes one), tensors that are copied
or drawn by a formula, tensors that are left out, and what stands in front of every name. transformers knows no such prefix: it
reads the folder without it.
"""

import json
import shutil
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, BertModel
from transformers.activations import ACT2CLS

FOLDER = Path(__file__).parent
# In none of them: segments need two rows, and ids below 5 are special.
TEXTS = [
    {"ids": [2, 9, 5, 12, 7, 3, 5, 30, 3], "segments": [0, 0, 0, 0, 0, 0, 1, 1, 1]},
    {"ids": [2, 5, 3], "segments": [0, 0, 0]},
    {"ids": [2, 5, 5, 39, 3, 6], "segments": [0, 0, 0, 0, 0, 1]},
]
GRADIENTS = [
    "embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight",
    "encoder.layer.0.intermediate.dense.weight", "encoder.layer.1.attention.self.query.bias",
]


def formula(shape):
    """((7 i + 3 j) mod 11 - 5) / 20 at row i and column j, or at element i of a vector with j = 0."""
    rows = torch.arange(shape[0]).unsqueeze(1)
    columns = torch.arange(shape[1] if len(shape) > 1 else 1).unsqueeze(0)
    return (((7 * rows + 3 * columns) % 11 - 5).float() / 20).reshape(shape).contiguous()


def case(name, base="tiny-bert", config=None, drawn=None, copied=None, left_out=(), prefix="", old_names=False, bare=False):
    return {
        "name": name, "base": base, "config": config or {}, "drawn": drawn or {}, "copied": copied or {},
        "left_out": list(left_out), "prefix": prefix, "old_names": old_names, "bare": bare,
    }


def layer_copy(names, number):
    return {n.replace("layer.1.", f"layer.{number}."): n for n in names if ".layer.1." in n}


def head(base, n):
    if base == "tiny-bert":
        return {"classifier.weight": [n, 16], "classifier.bias": [n]}
    return {"classifier.out_proj.weight": [n, 16], "classifier.out_proj.bias": [n]}


def labelled(n):
    return {"id2label": {str(i): f"name {i}" for i in range(n)}, "label2id": {f"name {i}": i for i in range(n)}}


def cases(bert, roberta):
    parametrised = {"prelu", "xielu"}
    for act in sorted(set(ACT2CLS) - parametrised):
        yield case(f"{act}", config={"hidden_act": act})
    for act in ["gelu_new", "relu"]:
        yield case(f"roberta {act}", "tiny-roberta", {"hidden_act": act})
    for n in [2, 4, 5, 77]:
        yield case(f"{n} outputs", config=labelled(n), drawn=head("tiny-bert", n))
    yield case("roberta 4 outputs", "tiny-roberta", labelled(4), head("tiny-roberta", 4))
    yield case("stale label2id", config={"label2id": {"LABEL_0": 0, "LABEL_1": 1, "LABEL_2": 2}})
    yield case("num_labels beside two names", config={"id2label": {"0": "a", "1": "b"}, "num_labels": 3})
    yield case("num_labels alone", config={"id2label": None, "label2id": None, "num_labels": 3})
    yield case("names in capitals", config={"id2label": {"0": "CONTRADICTION", "1": "ENTAILMENT", "2": "NEUTRAL"}})
    for prefix in ["_orig_mod.", "module._orig_mod.", "model.", "base_model.", "module.model."]:
        yield case(f"{prefix} in front", prefix=prefix)
    yield case("roberta _orig_mod. in front", "tiny-roberta", prefix="_orig_mod.")
    yield case("gamma and beta", old_names=True)
    yield case("bare names", bare=True)
    yield case("heads of other tasks", drawn={"cls.predictions.bias": [40], "qa_outputs.weight": [2, 16], "lm_head.bias": [40]})
    yield case("a layer beyond the config's", copied=layer_copy(bert, 2))
    yield case("one layer of two", config={"num_hidden_layers": 1})
    yield case("no layers", config={"num_hidden_layers": 0})
    yield case("roberta one layer of three", "tiny-roberta", {"num_hidden_layers": 1}, copied=layer_copy(roberta, 2))
    for pad in [-1, 0, 3, 5, 2]:
        yield case(f"roberta pad {pad}", "tiny-roberta", {"pad_token_id": pad})
    for pad in [-1, 5]:
        yield case(f"pad {pad}", config={"pad_token_id": pad})
    without = {"layer_norm_eps": None, "hidden_act": None, "type_vocab_size": None, "pad_token_id": None,
               "initializer_range": None, "hidden_dropout_prob": None, "attention_probs_dropout_prob": None}
    yield case("defaults", config=without)
    del without["type_vocab_size"]
    yield case("roberta defaults", "tiny-roberta", without)
    yield case("an epsilon of 0.5", config={"layer_norm_eps": 0.5})
    yield case("keys that do not matter", config={
        "use_cache": False, "classifier_dropout": 0.5, "chunk_size_feed_forward": 1, "is_encoder_decoder": True,
        "pruned_heads": {"0": [1]}, "hidden_dropout_prob": 1.0, "torch_dtype": "float16", "dtype": None})


def folder_of(case, at):
    """Writes the folder of a case as transformers reads it."""
    shutil.copytree(FOLDER / case["base"], at)
    config = json.loads((at / "config.json").read_text())
    config.update(case["config"])
    config = {k: v for k, v in config.items() if k not in case["config"] or v is not None}
    (at / "config.json").write_text(json.dumps(config))
    tensors = load_file(at / "model.safetensors")
    for name, source in case["copied"].items():
        tensors[name] = tensors[source].clone()
    for name, shape in case["drawn"].items():
        tensors[name] = formula(shape)
    for name in case["left_out"]:
        del tensors[name]
    save_file(tensors, at / "model.safetensors", {"format": "pt"})


def inputs(text, is_roberta):
    given = {"input_ids": torch.tensor([text["ids"]])}
    # RoBERTa's tokenizer gives none.
    return given if is_roberta else {**given, "token_type_ids": torch.tensor([text["segments"]])}


def golden(case):
    is_roberta = case["base"] == "tiny-roberta"
    with tempfile.TemporaryDirectory() as parent:
        at = Path(parent) / "model"
        folder_of(case, at)
        model = AutoModelForSequenceClassification.from_pretrained(at, dtype=torch.float32).eval()
    logits = torch.cat([model(**inputs(text, is_roberta)).logits for text in TEXTS])
    loss = torch.nn.functional.cross_entropy(logits, torch.arange(len(TEXTS)) % 2, reduction="sum")
    loss.backward()
    norms = {}
    # An id for padding below 0 stops the gradient of a row that is counted from the end, which lmc does not do.
    counts_back = case["config"].get("pad_token_id", 0) is not None and case["config"].get("pad_token_id", 0) < 0
    for name, parameter in model.named_parameters():
        if not counts_back and any(name.endswith(end) for end in GRADIENTS):
            norms[name] = float(f"{parameter.grad.norm().item():.8g}")
    names = [model.config.id2label[i] for i in range(model.config.num_labels)]
    return {**case, "labels": names, "logits": rounded(logits), "gradient_norms": norms}


def rounded(tensor):
    return [[float(f"{x:.8g}") for x in row] for row in tensor.tolist()]


def encoder():
    """A masked language model's folder, which has no pooler: the last hidden state of the first token."""
    bert = load_file(FOLDER / "tiny-bert/model.safetensors")
    left_out = [name for name in bert if ".pooler." in name or name.startswith("classifier.")]
    masked_lm = case("an encoder without a pooler", left_out=left_out, drawn={
        "cls.predictions.bias": [40], "cls.predictions.transform.dense.weight": [16, 16],
        "cls.predictions.transform.dense.bias": [16], "cls.predictions.transform.LayerNorm.weight": [16],
        "cls.predictions.transform.LayerNorm.bias": [16]},
        config={"architectures": ["BertForMaskedLM"], "id2label": None, "label2id": None, "problem_type": None})
    with tempfile.TemporaryDirectory() as parent:
        at = Path(parent) / "model"
        folder_of(masked_lm, at)
        model = BertModel.from_pretrained(at, add_pooling_layer=False, dtype=torch.float32).eval()
    with torch.no_grad():
        first = torch.cat([model(**inputs(text, False)).last_hidden_state[:, 0] for text in TEXTS])
    return {**masked_lm, "first_tokens": rounded(first)}


bert, roberta = (load_file(FOLDER / base / "model.safetensors") for base in ["tiny-bert", "tiny-roberta"])
out = {"texts": TEXTS, "classifiers": [golden(c) for c in cases(bert, roberta)], "encoder": encoder()}
lines = ",\n".join("  " + json.dumps(c) for c in out["classifiers"])
(FOLDER / "model_folders.json").write_text(
    f'{{"texts": {json.dumps(TEXTS)},\n "classifiers": [\n{lines}\n ],\n "encoder": {json.dumps(out["encoder"])}}}\n')
print(len(out["classifiers"]), "classifiers")
