"""JupyterLab of the set-up, as `jupyter lab` starts it, on a free port and with nothing of the user's."""

import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

# Lab asks at its first start whether it may fetch news.
NOTIFICATIONS = "@jupyterlab/apputils-extension/notification.jupyterlab-settings"


class Lab:
    """A running JupyterLab that shows `folder`; what it writes for itself goes to the folder `state`."""

    def __init__(self, folder, state, **variables):
        self.folder, self.runtime, self.log = folder, state / "runtime", state / "lab.log"
        settings = state / "settings" / NOTIFICATIONS
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps({"checkForUpdates": False, "fetchNews": "false"}))
        own = {
            "JUPYTER_CONFIG_DIR": state / "config",
            "JUPYTER_DATA_DIR": state / "data",
            "JUPYTER_RUNTIME_DIR": self.runtime,
            "JUPYTERLAB_SETTINGS_DIR": state / "settings",
            "JUPYTERLAB_WORKSPACES_DIR": state / "workspaces",
            "IPYTHONDIR": state / "ipython",
            "JUPYTER_TOKEN": secrets.token_hex(16),
        }
        self.environment = os.environ | {name: str(value) for name, value in (own | variables).items()}

    def __enter__(self):
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser", "--ServerApp.port=0"]
        command += [f"--ServerApp.root_dir={self.folder}", "--LabApp.extension_manager=readonly"]
        if os.geteuid() == 0:
            command.append("--allow-root")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self.address = self.wait_for_address(time.monotonic() + 60)
        except BaseException:
            self.close()
            raise
        return self

    def wait_for_address(self, deadline):
        """Returns the address of the server once it listens."""
        while time.monotonic() < deadline and self.process.poll() is None:
            for path in self.runtime.glob("jpserver-*.json"):
                return json.loads(path.read_text())["url"]
            time.sleep(0.1)
        raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text(errors='replace')}")

    def url(self, notebook):
        """Where a notebook opens alone, without those of an earlier page."""
        return f"{self.address}lab/tree/{notebook}?reset&token={self.environment['JUPYTER_TOKEN']}"

    def close(self):
        """Ends the server, which first ends its kernels."""
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __exit__(self, *_):
        self.close()
