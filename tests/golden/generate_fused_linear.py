"""Writes lmc/crates/model/assets/fused_linear.pt: a TorchScript module that calls oneDNN's linear layer, which
tch does not export. Needs PyTorch 2.11, which makes the same bytes every time.

usage: python generate_fused_linear.py [OUT]
"""

import torch
from torch import Tensor

from torchscript import write


class FusedLinear(torch.nn.Module):
    def forward(self, x: Tensor, weight: Tensor, bias: Tensor, activation: str, algorithm: str) -> Tensor:
        return torch.ops.mkldnn._linear_pointwise(x, weight, bias, activation, [], algorithm)

    @torch.jit.export
    def pack(self, weight: Tensor, rows: int) -> Tensor:
        return torch.ops.mkldnn._reorder_linear_weight(weight, rows)


if __name__ == "__main__":
    write(FusedLinear(), "fused_linear.pt")
