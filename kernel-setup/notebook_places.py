"""Takes this machine's folders out of what notebooks show: a kept output says `~` and not whose home that is.

As a program it does so with the notebooks that it is given, and writes them again.
"""

import os
import re
import sys
from pathlib import Path

import nbformat

CLONE = Path(__file__).resolve().parent.parent


def places():
    """The folders of this machine that outputs may name, longest first, each with what stands for it."""
    named = {str(CLONE): "~/lmc", str(Path.home()): "~"}
    data = os.environ.get("LMC_DATA")
    if data:
        named[str(Path(data).resolve())] = "~/data"
    return sorted(named.items(), key=lambda item: -len(item[0]))


def without_places(text):
    """The text with those folders replaced. In a table drawn with lines the columns keep their width."""
    for folder, name in places():
        pattern = re.compile(re.escape(folder) + r"(?=[/\s\"'<:…]|$)([^\s│:]*)( *)")

        def shorter(match, folder=folder, name=name):
            in_table = text[match.end() : match.end() + 1] == "│"
            padding = " " * (len(folder) - len(name)) if in_table else ""
            return name + match[1] + match[2] + padding

        text = pattern.sub(shorter, text)
    return text


def clean(notebook):
    """Replaces the folders in every text output of a notebook."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if isinstance(output.get("text"), str):
                output["text"] = without_places(output["text"])
            data = output.get("data", {})
            for kind, content in data.items():
                if kind.startswith("text/") and isinstance(content, str):
                    data[kind] = without_places(content)


def main():
    for path in map(Path, sys.argv[1:]):
        notebook = nbformat.read(path, as_version=4)
        clean(notebook)
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main()
