"""Writes TorchScript modules that are assets of the crate `lmc-model`, in bytes that depend on nothing but the
module and the version of PyTorch."""

import io
import sys
import zipfile
from pathlib import Path

import torch


def write(module: torch.nn.Module, name: str) -> None:
    """Writes the module as torch.jit.save does, less what tells where its source was: over the asset, or to
    the file that the command line names."""
    assert torch.__version__.startswith("2.11."), f"PyTorch 2.11 is needed, this is {torch.__version__}"
    saved, out = io.BytesIO(), io.BytesIO()
    torch.jit.save(torch.jit.script(module.eval()), saved)
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for entry in source.infolist():
            if not entry.filename.endswith((".debug_pkl", "/serialization_id")):
                target.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), source.read(entry))
    asset = Path(__file__).parents[2] / "lmc/crates/model/assets" / name
    (Path(sys.argv[1]) if len(sys.argv) > 1 else asset).write_bytes(out.getvalue())
