"""Writes lmc/crates/model/assets/flash_attention.pt: a TorchScript module that calls libtorch's flash kernel
for variable lengths. Needs PyTorch 2.11, which makes the same bytes every time.

usage: python generate_flash_attention.py [OUT]
"""

import torch
from torch import Tensor

from torchscript import write


class FlashAttention(torch.nn.Module):
    def forward(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        query_starts: Tensor,
        key_starts: Tensor,
        most_queries: int,
        most_keys: int,
        dropout: float,
    ) -> Tensor:
        return torch.ops.aten._flash_attention_forward(
            q, k, v, query_starts, key_starts, most_queries, most_keys, dropout, False, False
        )[0]


if __name__ == "__main__":
    write(FlashAttention(), "flash_attention.pt")
