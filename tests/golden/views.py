"""Tensors that lie in one storage, for checkpoints whose readers must follow offsets and strides."""

from collections import OrderedDict

import torch


def views(state):
    """All tensors in one storage, with gaps; the matrices are transposed and every other vector is strided."""
    flat = torch.full((3 * sum(t.numel() for t in state.values()),), float("nan"))
    views, offset = OrderedDict(), 5
    for i, (name, tensor) in enumerate(state.items()):
        if tensor.dim() == 2:
            view = flat[offset : offset + tensor.numel()].view(tensor.shape[1], tensor.shape[0]).t()
            offset += tensor.numel()
        else:
            step = 1 + i % 2
            view = flat[offset : offset + step * tensor.numel() : step]
            offset += step * tensor.numel() + 1
        views[name] = view.copy_(tensor)
    return views
