"""Prints a digest of the result of every operation that training the embedded task takes.

    python operations.py

Run it on two processors, or once as it is and once under an emulator, with the same variables of the environment;
`compare` beside this file does that. Operations whose digests differ give other bits there. torch and numpy are
needed; numpy draws the numbers, which are the same everywhere.
"""

import hashlib

import numpy as np
import torch
from torch.nn import functional as F

torch.set_num_threads(1)
rng = np.random.default_rng(0)


def draw(*shape):
    return torch.from_numpy(rng.standard_normal(shape).astype(np.float32))


def show(name, tensor):
    print(name, hashlib.sha256(tensor.detach().contiguous().numpy().tobytes()).hexdigest()[:12], flush=True)


def gradient(function, x, outer):
    x = x.clone().requires_grad_(True)
    function(x).backward(outer)
    return x.grad


x, w, b = draw(224, 64), draw(192, 64), draw(192)
outer, positive = draw(224, 64), x.abs()
scale, shift = draw(64), draw(64)
classes = torch.zeros(224, dtype=torch.long)
q, k = draw(16, 4, 14, 16), draw(16, 4, 14, 16)
words = torch.from_numpy(rng.integers(0, 77, 224))

show("matmul-transposed", x @ w.t())
show("linear", F.linear(x, w, b))
show("matmul", x @ draw(64, 64))
show("matmul-of-transposed", x.t() @ draw(224, 192))
show("batched-matmul", q @ k.transpose(-1, -2))
show("softmax", torch.softmax(q, -1))
show("softmax-gradient", gradient(lambda x: torch.softmax(x, -1), x, outer))
show("cross-entropy", F.cross_entropy(x[:, :2], classes))
show("gelu", F.gelu(x))
show("gelu-gradient", gradient(F.gelu, x, outer))
show("tanh", x.tanh())
show("layer-norm", F.layer_norm(x, (64,), scale, shift))
show("layer-norm-gradient", gradient(lambda x: F.layer_norm(x, (64,), scale, shift), x, outer))
show("embedding-gradient", gradient(lambda x: F.embedding(words, x), draw(77, 64), outer))
show("sum-of-rows", x.sum(0))
show("mean", x.mean(1))
show("norm", x.norm())
show("add", x.add(outer, alpha=0.3))
show("lerp", x.lerp(outer, 0.1))
show("addcmul", torch.addcmul(x, outer, outer, value=0.7))
show("addcdiv", torch.addcdiv(x, outer, positive + 1, value=-0.3))
show("divide", x / (positive + 1))
show("square-root", positive.sqrt())
show("reciprocal-of-inverse-square-root", positive.rsqrt().reciprocal())
