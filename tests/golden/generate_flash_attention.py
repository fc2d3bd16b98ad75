"""Writes lmc/crates/model/assets/flash_attention.pt: a TorchScript module that calls libtorch's flash kernel
for variable lengths. Needs PyTorch 2.11, which makes the same bytes every time.

usage: python generate_flash_attention.py [OUT]
"""

import io
import sys
import zipfile
from pathlib import Path

import torch
from torch import Tensor


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


def module_bytes() -> bytes:
    """Returns the module as torch.jit.save writes it, less what tells where this file was."""
    saved = io.BytesIO()
    torch.jit.save(torch.jit.script(FlashAttention().eval()), saved)
    out = io.BytesIO()
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for entry in source.infolist():
            if not entry.filename.endswith((".debug_pkl", "/serialization_id")):
                target.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), source.read(entry))
    return out.getvalue()


if __name__ == "__main__":
    assert torch.__version__.startswith("2.11."), f"PyTorch 2.11 is needed, this is {torch.__version__}"
    asset = Path(__file__).parents[2] / "lmc/crates/model/assets/flash_attention.pt"
    (Path(sys.argv[1]) if len(sys.argv) > 1 else asset).write_bytes(module_bytes())
