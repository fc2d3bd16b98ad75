"""Talks with the kernel "Rust (lmc)" as a notebook does, and keeps everything that it says."""

import os
import time
from pathlib import Path
from queue import Empty

from jupyter_client.manager import KernelManager

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
LIBRARY = ':dep lmc = { path = "../lmc" }\nuse lmc::prelude::*;'
# Longer than anything takes on a slow machine, so that a kernel that hangs ends the test.
LIMIT = 150


class Answer:
    """The answer of the kernel to one request: its reply and everything that it published, in order."""

    def __init__(self):
        self.sent, self.reply, self.published, self.idle = time.monotonic(), None, [], None

    @property
    def is_complete(self):
        return self.reply is not None and self.idle is not None

    @property
    def status(self):
        return self.reply["content"]["status"]

    @property
    def seconds(self):
        """From the request to the end of the answer."""
        return max(self.idle, self.reply["at"]) - self.sent

    def of(self, *kinds):
        """The contents of the published messages of these kinds."""
        return [message["content"] for message in self.published if message["msg_type"] in kinds]

    def outputs(self):
        """Kind and text of each output in its order: text of a stream that came in several messages is joined."""
        outputs = []
        for message in self.published:
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                kind, text = content["name"], content["text"]
            elif kind == "error":
                text = content["evalue"]
            elif kind in ("display_data", "update_display_data", "execute_result"):
                text = content["data"].get("text/plain", "")
            else:
                continue
            if outputs and kind in ("stdout", "stderr") and outputs[-1][0] == kind:
                text = outputs.pop()[1] + text
            outputs.append((kind, text))
        return outputs

    def text(self, stream):
        return "".join(content["text"] for content in self.of("stream") if content["name"] == stream)

    def result(self):
        """The plain text of the cell's value."""
        values = self.of("execute_result")
        assert len(values) == 1, f"one result is expected: {self}"
        return values[0]["data"]["text/plain"]

    def error(self, name):
        """The one error of a cell that failed, which the reply repeats."""
        assert self.status == "error", f"status {self.status}: {self}"
        errors = self.of("error")
        assert len(errors) == 1, f"one error is expected: {self}"
        for key in ("ename", "evalue", "traceback"):
            assert self.reply["content"][key] == errors[0][key], f"reply and error differ: {self}"
        assert errors[0]["ename"] == name, f"{name} is expected: {self}"
        return errors[0]

    def __str__(self):
        return f"{self.reply and self.reply['content']} after {self.outputs()}"


class Kernel:
    """A running kernel, ended at the end of the `with`. `variables` are added to its environment."""

    def __init__(self, folder=NOTEBOOKS, **variables):
        self.environment = os.environ | {name: str(value) for name, value in variables.items()}
        self.folder, self.answers, self.manager = folder, {}, KernelManager(kernel_name="lmc")

    def __enter__(self):
        self.started = time.monotonic()
        self.manager.start_kernel(cwd=str(self.folder), env=self.environment)
        self.client = self.manager.client()
        self.client.start_channels()
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        if self.manager.is_alive():
            self.manager.shutdown_kernel()

    @property
    def pid(self):
        return self.manager.provisioner.pid

    def request(self, kind, channel="shell", **content):
        """Sends a request and returns what will hold its answer."""
        message = self.client.session.msg(kind, content)
        answer = self.answers[message["header"]["msg_id"]] = Answer()
        getattr(self.client, f"{channel}_channel").send(message)
        return answer

    def send(self, code, **options):
        """Sends a cell without waiting for its end."""
        defaults = {"silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        return self.request("execute_request", code=code, **(defaults | {"stop_on_error": True} | options))

    def begin(self, code):
        """Sends a cell that goes on after it has printed something, and waits for that."""
        answer = self.send(code)
        self.wait(lambda: answer.text("stdout") or answer.is_complete, f"the start of {code!r}")
        assert not answer.is_complete, f"the cell ended: {answer}"
        return answer

    def interrupt(self):
        return self.request("interrupt_request", channel="control")

    def run(self, code, limit=LIMIT, **options):
        """Runs a cell to its end, whatever that is."""
        answer = self.send(code, **options)
        self.wait(lambda: answer.is_complete, f"the cell {code!r}", limit)
        return answer

    def ok(self, code, **options):
        """Runs a cell that must not fail."""
        answer = self.run(code, **options)
        assert answer.status == "ok" and not answer.of("error"), f"{code}\n{answer}"
        return answer

    def finish(self, *answers, limit=LIMIT):
        self.wait(lambda: all(answer.is_complete for answer in answers), "an answer", limit)

    def wait(self, is_true, what, limit=LIMIT):
        """Listens to the kernel until something is true."""
        deadline = time.monotonic() + limit
        while not is_true():
            assert time.monotonic() < deadline, f"{what} is missing after {limit} s: {list(self.answers.values())[-1]}"
            self.listen(0.05)

    def listen(self, seconds):
        """Takes what the kernel says within a time."""
        until = time.monotonic() + seconds
        while True:
            self.take_replies()
            try:
                message = self.client.iopub_channel.get_msg(timeout=max(0, min(0.02, until - time.monotonic())))
            except Empty:
                if time.monotonic() >= until:
                    return
                continue
            self.take_published(message)

    def take_replies(self):
        for channel in (self.client.shell_channel, self.client.control_channel):
            while channel.msg_ready():
                message = channel.get_msg(timeout=1)
                message["at"] = time.monotonic()
                answer = self.answers.get(message["parent_header"].get("msg_id"))
                if answer:
                    assert answer.reply is None, f"two replies: {answer}"
                    answer.reply = message

    def take_published(self, message):
        message["at"] = time.monotonic()
        answer = self.answers.get(message["parent_header"].get("msg_id"))
        if answer is None:
            return
        answer.published.append(message)
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            answer.idle = message["at"]
