"""Peak resident memory."""

from pathlib import Path


def _fields(name: str) -> dict[str, int]:
    lines = (line.split() for line in Path("/proc/self", name).read_text().splitlines())
    return {words[0].rstrip(":"): int(words[1]) for words in lines if words[-1] == "kB"}


def peak_mib(shares: bool) -> float:
    """The high-water mark of this process in MiB; where it shares memory with others, its part of what is shared."""
    status = _fields("status")
    if not shares:
        return status["VmHWM"] / 1024
    return (_fields("smaps_rollup")["Pss"] + status["VmHWM"] - status["VmRSS"]) / 1024
