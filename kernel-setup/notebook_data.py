"""Tells whether the data that a notebook needs, beside those in the crate, are available.

A notebook names them in `metadata.lmc.data`: manifests in data-manifests of one file each. They are looked
for where `lmc::analyses::published` looks: in the folder that LMC_DATA names, among the files that were
fetched before, or on their server.
"""

import hashlib
import os
import urllib.error
import urllib.request
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10, where JupyterLab brings this one.
    import tomli as tomllib

MANIFESTS = Path(__file__).parent.parent / "data-manifests"
# Seconds that a server may take to say that it is there.
PATIENCE = 10


def unavailable(notebook):
    """Why the notebook cannot run, or None if it can."""
    for name in notebook.metadata.get("lmc", {}).get("data", []):
        manifest = tomllib.loads((MANIFESTS / f"{name}.toml").read_text())
        files, url = [entry["path"] for entry in manifest["files"]], manifest["source"]["url"]
        if data := os.environ.get("LMC_DATA"):
            folders = [Path(data), Path(data) / name, Path(data) / name.removesuffix("-accuracies")]
            if not has_one(folders, files):
                return f"LMC_DATA names {data}, which does not have {' or '.join(files)}"
        elif not has_one([downloads() / f"{name}-{hashlib.sha256(url.encode()).hexdigest()[:8]}"], files):
            if not reachable(f"{url}/{files[0]}"):
                return f"needs the network, or LMC_DATA naming a folder that has {' or '.join(files)}"
    return None


def has_one(folders, files):
    return any((folder / file).is_file() for folder in folders for file in files)


def downloads():
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("LMC_HOME") or cache / "lmc/store") / "downloads"


def reachable(url):
    offline = [os.environ.get(name, "").upper() for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")]
    if any(value in ("1", "ON", "YES", "TRUE") for value in offline):
        return False
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=PATIENCE):
            return True
    except (urllib.error.URLError, OSError):
        return False
