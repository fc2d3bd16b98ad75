"""The tiny BERT of generate_checkpoints.py in the format of torch.save before PyTorch 1.6, and as programs for training
save it.

Needs torch 2.11 and safetensors. Writes the folders `checkpoints/legacy*`, `checkpoints/lightning` and
`checkpoints/held_*` beside this file; each holds the tensors of `checkpoints/safetensors`. Lightning itself is not needed:
the keys of its checkpoint and the names of its classes are those that its version 2 writes, but the classes are made here,
so that no reader could import them.
"""

import argparse
import functools
import pathlib
import shutil
import sys
import types
from collections import OrderedDict, defaultdict

import numpy
import torch
from safetensors.torch import load_file

from views import views

ROOT = pathlib.Path(__file__).with_name("checkpoints")
STATE = OrderedDict(load_file(ROOT / "safetensors" / "model.safetensors"))


def save(name, value, file="pytorch_model.bin", **options):
    path = ROOT / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    torch.save(value, path / file, **options)


def legacy(name, value, **options):
    save(name, value, _use_new_zipfile_serialization=False, **options)


def invented(module, name):
    """A class in a module that exists only while this runs."""
    made = type(name, (dict,), {"__module__": module})
    parts = module.split(".")
    for n in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:n]), types.ModuleType(parts[n - 1]))
    setattr(sys.modules[module], name, made)
    return made


legacy("legacy", STATE)
legacy("legacy_protocol_4", STATE, pickle_protocol=4)
legacy("legacy_views", views(STATE))
legacy("legacy_parameters", {"epoch": 3, "model": {name: torch.nn.Parameter(t) for name, t in STATE.items()}})
for dtype in [torch.float16, torch.bfloat16, torch.float64, torch.int64]:
    converted = OrderedDict((name, tensor.to(dtype)) for name, tensor in STATE.items())
    legacy("legacy_" + str(dtype).removeprefix("torch."), converted)

moments = {i: {"step": torch.tensor(9.0), "exp_avg": torch.ones(2)} for i in range(3)}
optimizer = {"state": moments, "param_groups": [{"lr": 2e-5, "betas": (0.9, 0.999), "params": [0, 1, 2]}]}
state_of_loops = defaultdict(list)
state_of_loops["seeds"].append(2**77)
Attributes = invented("pytorch_lightning.utilities.parsing", "AttributeDict")
Callback = invented("my_project.callbacks", "BestOf")
checkpoint = {
    "epoch": 2,
    "global_step": 1500,
    "pytorch-lightning_version": "2.5.0",
    "state_dict": OrderedDict(("model." + name, tensor) for name, tensor in STATE.items()),
    "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 3}}}, "others": state_of_loops},
    "callbacks": {"ModelCheckpoint{'monitor': None}": {"best_score": torch.tensor(0.5)}, "mine": Callback(kept=[1, 2])},
    "optimizer_states": [optimizer],
    "lr_schedulers": [{"last_epoch": 2, "lambda": functools.partial(max, 1)}],
    "hparams_name": "kwargs",
    "hyper_parameters": Attributes(
        model="bert-base-uncased", args=argparse.Namespace(lr=1e-3), folder=pathlib.PurePosixPath("/data"), tags={"a", "b"},
        raw=b"bytes", scale=numpy.float64(0.5), dtype=torch.float32, device=torch.device("cuda:0"),
    ),
}
save("lightning", checkpoint, "epoch=2-step=1500.ckpt")
shutil.copy(ROOT / "safetensors" / "config.json", ROOT / "lightning")
# A classifier whose encoder is an attribute `net` and whose head lies beside it.
beside = {name.replace("bert.", "net.", 1): tensor for name, tensor in STATE.items()}
save("held_state_dict", {"state_dict": beside, "args": argparse.Namespace(seed=1)})
save("held_model_state_dict", {"model_state_dict": STATE, "optimizer_state_dict": optimizer, "loss": 0.25})
save("held_model", {"model": {"module." + name: tensor for name, tensor in STATE.items()}, "rng": torch.arange(3)})
