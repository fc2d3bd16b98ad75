"""One tiny random BERT classifier and one RoBERTa classifier in every format in which checkpoints are published.

Needs torch 2.11, safetensors, transformers 4.57 (the last series with Flax), flax 0.10 and jax.
Writes the folder checkpoints beside this file: the reference is `safetensors` (`roberta` for the RoBERTa), and every other
folder holds the same tensors in the format that its name tells.
"""

import shutil
from collections import OrderedDict
from pathlib import Path

import flax.serialization
import jax.numpy as jnp
import torch
from flax.traverse_util import flatten_dict, unflatten_dict
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    FlaxBertForSequenceClassification,
    FlaxRobertaForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from views import views

ROOT = Path(__file__).with_name("checkpoints")
SIZES = dict(
    vocab_size=20,
    hidden_size=8,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=16,
    max_position_embeddings=10,
    num_labels=3,
)


def folder(name):
    path = ROOT / name
    path.mkdir(parents=True)
    return path


def randomise(model):
    """Every tensor random, so that no two can be mistaken for each other."""
    torch.manual_seed(1)
    for parameter in model.parameters():
        parameter.data.normal_(0, 0.5)
    return model.eval()


shutil.rmtree(ROOT, ignore_errors=True)
bert = randomise(BertForSequenceClassification(BertConfig(**SIZES)))
state = bert.state_dict()

bert.save_pretrained(folder("safetensors"))
bert.save_pretrained(folder("safetensors_sharded"), max_shard_size="4KB")
bert.save_pretrained(folder("torch_sharded"), max_shard_size="4KB", safe_serialization=False)
torch.save(state, folder("torch") / "pytorch_model.bin")
torch.save(state, folder("torch_protocol_4") / "pytorch_model.bin", pickle_protocol=4)
parameters = OrderedDict((name, torch.nn.Parameter(tensor)) for name, tensor in state.items())
torch.save({"state_dict": parameters}, folder("torch_parameters") / "pytorch_model.bin")
for dtype in [torch.float16, torch.bfloat16, torch.float64]:
    converted = OrderedDict((name, tensor.to(dtype)) for name, tensor in state.items())
    path = folder("torch_" + str(dtype).removeprefix("torch."))
    torch.save(converted, path / "pytorch_model.bin")

torch.save(views(state), folder("torch_views") / "pytorch_model.bin")

# The names of checkpoints converted from TensorFlow, saved from a data-parallel model with an index buffer.
old = OrderedDict()
for name, tensor in state.items():
    name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
    old["module." + name] = tensor
old["module.bert.embeddings.position_ids"] = torch.arange(SIZES["max_position_embeddings"])[None]
torch.save(old, folder("torch_old_names") / "pytorch_model.bin")

flax_bert = FlaxBertForSequenceClassification.from_pretrained(ROOT / "safetensors", from_pt=True)
flax_bert.save_pretrained(folder("flax"))
half = {key: value.astype(jnp.bfloat16) for key, value in flatten_dict(flax_bert.params).items()}
path = folder("flax_bfloat16") / "flax_model.msgpack"
path.write_bytes(flax.serialization.to_bytes(unflatten_dict(half)))
flax.serialization.MAX_CHUNK_SIZE = 200
path = folder("flax_chunked") / "flax_model.msgpack"
path.write_bytes(flax.serialization.to_bytes({"params": flax_bert.params}))
flax.serialization.MAX_CHUNK_SIZE = 2**30

roberta = randomise(RobertaForSequenceClassification(RobertaConfig(**SIZES, type_vocab_size=1)))
roberta.save_pretrained(folder("roberta"))
flax_roberta = FlaxRobertaForSequenceClassification.from_pretrained(ROOT / "roberta", from_pt=True)
flax_roberta.save_pretrained(folder("roberta_flax"))
