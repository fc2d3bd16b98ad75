"""Run All on the notebook of convexity gaps: every cell runs, the heatmap is alive and the tables have their headers."""

import sys
from pathlib import Path

from chromium import screenshot
from lab import Lab
from notebook_page import errors_of, open_notebook, text_of

PLOTLY = "application/vnd.plotly.v1+json"
MEASURES = ["convexity gap", "barrier height", "area under the curve", "Euclidean distance"]


def check_outputs(code):
    for cell in code.values():
        assert cell["count"], f"a cell did not run: {cell['source']}"
        assert not errors_of(cell["outputs"]), f"{cell['source']}\n{text_of(cell['outputs'])}"


def has(cell, kind):
    return any(kind in output.get("data", {}) for output in cell["outputs"])


def check_figure(notebook, index, name):
    """The picture comes alive under the pointer, in its place; returns the plot and the kinds of its traces."""
    output = notebook.show(index).locator(".jp-RenderedPlotly")
    picture = output.locator(".plot-img")
    picture.wait_for(state="visible")
    screenshot(output, f"{name}-picture")
    before = picture.bounding_box()
    picture.hover(force=True)  # It gives way to the figure at once.
    plot = output.and_(notebook.page.locator(".js-plotly-plot"))
    plot.locator(".main-svg").first.wait_for(state="visible")
    picture.wait_for(state="hidden")
    screenshot(plot, name)
    traces = plot.evaluate("plot => plot._fullData.map((trace, i) => [trace.type, plot.data[i].z ?? plot.data[i].x])")
    assert traces and all(values for _, values in traces), f"{name} has no data: {traces}"
    after = plot.locator(".main-svg").first.bounding_box()
    sizes = [(round(box["width"]), round(box["height"])) for box in (before, after)]
    if any(abs(a - b) > 2 for a, b in zip(*sizes)):
        notebook.errors.append(f"{name} jumps when the pointer enters it: picture and figure have the sizes {sizes}")
    return plot, [kind for kind, _ in traces]


def check_hover(notebook, plot, name):
    """A label appears beside the pointer and names two models and the measure of the pair."""
    box = plot.locator(".nsewdrag").first.bounding_box()
    for share in (0.30, 0.32):
        notebook.page.mouse.move(box["x"] + share * box["width"], box["y"] + 0.7 * box["height"])
    label = plot.locator(".hoverlayer .hovertext")
    label.first.wait_for(state="visible")
    text = label.first.text_content()
    assert any(measure in text for measure in MEASURES) and " and " in text, f"the label says: {text}"
    screenshot(plot, name)


def check_table(notebook, index, name):
    table = notebook.show(index).locator(".jp-RenderedHTMLCommon table")
    table.wait_for(state="visible")
    screenshot(table, name)
    assert table.locator("tbody tr").count() > 0, f"{name} has no rows"
    return [header.splitlines()[0] for header in table.locator("thead th").all_inner_texts()]


def main(folder, state):
    with Lab(folder, state) as lab, open_notebook(lab, "run_all.ipynb") as notebook:
        notebook.run_all()
        notebook.wait_until_done(600)
        code = notebook.code()
        check_outputs(code)
        kinds, headers = [], []
        for index, cell in code.items():
            # A figure that scrolls below the pointer would come alive before its picture is looked at.
            notebook.page.mouse.move(0, 0)
            if has(cell, PLOTLY):
                plot, traces = check_figure(notebook, index, f"lab-figure-{index}")
                kinds += traces
                if traces == ["heatmap"]:
                    check_hover(notebook, plot, "lab-hover")
                    screenshot(notebook.page, "lab-window")
            elif has(cell, "text/html"):
                headers.append(check_table(notebook, index, f"lab-table-{index}"))
        assert {"heatmap", "scatter", "bar"} <= set(kinds), f"the figures show {kinds}"
        assert any({"a", "b", "convexity_gap"} <= set(header) for header in headers), f"no table of gaps: {headers}"
        assert not notebook.errors, "\n".join(notebook.errors)
        print(f"{len(code)} code cells, traces {kinds}, headers {headers}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
