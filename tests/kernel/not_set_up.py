"""A cache in which nothing is set up: the kernel starts, and its first cell says what to do. While a set-up is at work
it says that it waits.
"""

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager

from conversation import Kernel


def register(cache):
    """Makes the kernel of this process one that has that cache."""
    launcher = KernelSpecManager().get_kernel_spec("lmc").argv[0]
    command = [launcher, "install", "--prefix", cache]
    subprocess.run(command, env=os.environ | {"LMC_CACHE": str(cache)}, check=True)
    os.environ["JUPYTER_PATH"] = str(cache / "share/jupyter")


def main(cache):
    register(cache)
    with Kernel() as kernel:
        info = kernel.request("kernel_info_request")
        kernel.finish(info, limit=10)
        assert info.reply["content"]["status"] == "ok", info
        for _ in range(2):
            answer = kernel.run("1 + 1", limit=10)
            said = answer.error("KernelError")["evalue"]
            assert str(cache) in said and "run ./kernel-setup/walkthrough" in said, said
        print(f"{time.monotonic() - kernel.started:.1f} s after the start: {said}", flush=True)
    with_set_up_at_work(cache)


def with_set_up_at_work(cache):
    (cache / "libtorch/lib").mkdir(parents=True)
    (cache / "evcxr").mkdir(exist_ok=True)
    with open(cache / "evcxr/templates.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with Kernel() as kernel:
            cell = kernel.send("1 + 1")
            kernel.wait(lambda: cell.text("stderr"), "the reason of the delay", limit=10)
            assert "is being compiled by another process" in cell.text("stderr"), cell
            assert cell.reply is None, cell
            fcntl.flock(lock, fcntl.LOCK_UN)
            kernel.finish(cell, limit=10)
            assert "not compiled" in cell.error("KernelError")["evalue"], cell


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
