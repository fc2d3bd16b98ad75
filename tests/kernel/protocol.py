"""Requests other than cells, and the end of a kernel, however it comes."""

import os
import signal
import time
from pathlib import Path

from conversation import LIBRARY, Kernel

SLEEP = 'println!("sleeping"); std::thread::sleep(std::time::Duration::from_secs(3600));'


def below(pid):
    """A process and all below it."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rsplit(")", 1)[1].split()[:2]
        except OSError:
            continue  # It has just ended.
        if state != "Z":
            parents[int(stat.parent.name)] = int(parent)
    family, size = {pid}, 0
    while len(family) > size:
        size = len(family)
        family |= {child for child, parent in parents.items() if parent in family}
    return family & set(parents)


def living(family):
    return [pid for pid in family if pid in below(pid)]


def wait_for_end(family, how):
    """All processes of a kernel end within a time."""
    assert len(family) >= 3, f"relay, evcxr and cells are expected: {family}"
    start = time.monotonic()
    while living(family):
        assert time.monotonic() - start < 5, f"{how} left processes: {[describe(pid) for pid in living(family)]}"
        time.sleep(0.05)
    print(f"{how} ended {len(family)} processes in {time.monotonic() - start:.2f} s", flush=True)


def describe(pid):
    try:
        return pid, Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return pid, "ended meanwhile"


def ask(kernel, kind, limit, **content):
    """The reply to a request, which must come within seconds."""
    answer = kernel.request(kind, **content)
    kernel.finish(answer, limit=limit)
    return answer.reply["content"]


def the_kernel_answers_before_evcxr_is_ready(kernel):
    answer = kernel.request("kernel_info_request")
    kernel.finish(answer)
    seconds = answer.reply["at"] - kernel.started
    print(f"kernel_info came {seconds:.2f} s after the start", flush=True)
    assert seconds < 2, f"kernel_info came only {seconds:.2f} s after the start"
    content = answer.reply["content"]
    assert content["status"] == "ok" and content["language_info"]["name"] == "rust", content


def editors_are_helped(kernel):
    kernel.ok(LIBRARY)
    for code in ("Study::", "Study::op"):
        content = ask(kernel, "complete_request", 120, code=code, cursor_pos=len(code))
        assert any(match.startswith("open") for match in content["matches"]), f"{code}: {content}"
        assert content["cursor_start"] == len("Study::"), content
    assert ask(kernel, "inspect_request", 60, code="Study", cursor_pos=3, detail_level=0)["status"] == "ok"
    assert ask(kernel, "comm_info_request", 2)["comms"] == {}
    assert ask(kernel, "history_request", 2, hist_access_type="tail")["history"] == []
    assert ask(kernel, "is_complete_request", 2, code="1")["status"] == "complete"


def a_running_cell_keeps_nobody_waiting(kernel):
    """Returns the processes of the kernel, whose cell still runs."""
    cell = kernel.begin(SLEEP)
    assert ask(kernel, "kernel_info_request", 2)["status"] == "ok"
    assert ask(kernel, "complete_request", 2, code="Study::", cursor_pos=7)["matches"] == []
    assert not ask(kernel, "inspect_request", 2, code="Study", cursor_pos=3, detail_level=0)["found"]
    assert not cell.is_complete, cell
    return below(kernel.pid)


def shutdown_ends_everything(kernel, family):
    answer = kernel.request("shutdown_request", channel="control", restart=False)
    kernel.wait(lambda: answer.reply, "a reply to the shutdown", 5)
    assert answer.reply["content"] == {"status": "ok", "restart": False}, answer
    wait_for_end(family, "a shutdown in the middle of a cell")


def a_killed_relay_leaves_nothing(kernel):
    kernel.begin(SLEEP)
    family = below(kernel.pid)
    os.kill(kernel.pid, signal.SIGKILL)
    wait_for_end(family, "SIGKILL of the relay")


def main():
    with Kernel() as kernel:
        the_kernel_answers_before_evcxr_is_ready(kernel)
        editors_are_helped(kernel)
        shutdown_ends_everything(kernel, a_running_cell_keeps_nobody_waiting(kernel))
    with Kernel() as kernel:
        a_killed_relay_leaves_nothing(kernel)


if __name__ == "__main__":
    main()
