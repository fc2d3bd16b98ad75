"""An executed notebook as a web page, without network: nbconvert makes it, Chromium shows its pictures and tables."""

import base64
import struct
import sys
from pathlib import Path

import nbformat
from chromium import open_page, screenshot
from nbconvert import HTMLExporter

IMAGES = """() => [...document.images].map(image => ({
    size: [image.naturalWidth, image.naturalHeight], decoded: image.complete, shown: image.clientWidth,
}))"""


def size_in_header(png):
    """Width and height of a PNG in Base64."""
    return list(struct.unpack(">II", base64.b64decode(png)[16:24]))


def outputs_of(notebook, kind):
    outputs = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    return [data[kind] for data in outputs if kind in data]


def main(path, folder):
    notebook = nbformat.read(path, as_version=4)
    pictures, tables = outputs_of(notebook, "image/png"), outputs_of(notebook, "text/html")
    assert pictures and tables, f"{path} holds no outputs: run ./kernel-setup/walkthrough --in-place"
    html = folder / "page.html"
    html.write_text(HTMLExporter().from_notebook_node(notebook)[0])
    with open_page() as page:
        answered = []
        page.on("response", lambda response: answered.append(response.url))
        page.goto(html.as_uri(), timeout=60_000)
        screenshot(page, "offline-page", full_page=True)
        outside = [url for url in answered if not url.startswith(("file:", "data:"))]
        assert not outside, f"the network answered: {outside}"
        images = page.evaluate(IMAGES)
        assert [image["size"] for image in images] == [size_in_header(png) for png in pictures], images
        assert all(image["decoded"] and image["shown"] > 300 for image in images), images
        assert page.locator("table:visible").count() == len(tables)
        assert "convexity_gap" in page.locator("table thead").first.inner_text()
        print(f"{len(images)} pictures, {len(tables)} tables")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
