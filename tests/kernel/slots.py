"""Several kernels at the same time, and the kernel of a clone whose library was edited."""

import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

from conversation import LIBRARY, NOTEBOOKS, Kernel
from outputs import FIGURE, PLOTLY
from protocol import below

N_KERNELS = 3
WORDS, EDITED = "at least 3 points, both ends included", "at least 3 points, as this clone says"
SAY = "gap::barrier_height(&[1.0]).unwrap_err().to_string()"


def slot_of(kernel):
    """The folder in which a kernel compiles."""
    for pid in below(kernel.pid):
        for variable in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            if variable.startswith(b"EVCXR_TMPDIR="):
                return variable.split(b"=", 1)[1].decode()
    raise AssertionError("no process of the kernel has a slot")


def kernels_do_not_disturb_each_other(kernels):
    """All compile and show a figure at once, each in its own folder."""
    cells = (LIBRARY, FIGURE, "figure(1.0)")
    answers = [[kernel.send(code) for code in cells] for kernel in kernels]
    for kernel, own in zip(kernels, answers):
        kernel.finish(*own)
        assert all(answer.status == "ok" for answer in own), [str(answer) for answer in own]
        (figure,) = own[-1].of("execute_result")
        assert PLOTLY in figure["data"] and "image/png" in figure["data"], list(figure["data"])
    slots = {slot_of(kernel) for kernel in kernels}
    assert len(slots) == len(kernels), f"kernels share a slot: {slots}"
    waited = max(answer.seconds for own in answers for answer in own)
    print(f"{len(kernels)} kernels showed a figure within {waited:.1f} s", flush=True)


def edited_clone(folder):
    """A copy of this clone with other words in one message of the library."""
    ignored = shutil.ignore_patterns(".git", "target", "out", "__pycache__")
    clone = shutil.copytree(NOTEBOOKS.parent, folder / "clone", symlinks=True, ignore=ignored)
    source = clone / "lmc/crates/maths/src/gap/mod.rs"
    text = source.read_text()
    assert text.count(WORDS) == 1, f"{source} is expected to say once: {WORDS}"
    source.write_text(text.replace(WORDS, EDITED))
    return clone


def a_clone_sees_its_own_edit(other, folder):
    """The kernel of the edited clone compiles its library, `other` keeps that of this clone."""
    with Kernel(edited_clone(folder) / "notebooks") as own:
        first = own.ok(LIBRARY, limit=400)
        print(f"the first cell of a new clone took {first.seconds:.1f} s", flush=True)
        assert slot_of(own) != slot_of(other)
        said, others = own.ok(SAY).result(), other.ok(SAY).result()
    assert EDITED in said, f"the kernel of the edited clone says {said}"
    assert WORDS in others, f"the kernel of this clone says {others}"


def main(folder):
    with Kernel() as first:
        with ExitStack() as rest:
            kernels = [first] + [rest.enter_context(Kernel()) for _ in range(N_KERNELS - 1)]
            kernels_do_not_disturb_each_other(kernels)
        a_clone_sees_its_own_edit(first, folder)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
