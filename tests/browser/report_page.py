"""A page of `lmc report`: what a click, a key and a choice show, with the right numbers, without network or error."""

import json
import sys
from pathlib import Path

from chromium import open_page, screenshot
from synthetic_report import ALPHAS, with_models

READY = "() => document.documentElement.dataset.ready"
TRACE = """([id, name, axis]) => {
    const trace = document.getElementById(id).data.find(trace =>
        trace.name === name && (trace.yaxis ?? "y") === axis && trace.mode === "lines+markers");
    return [...trace.y];
}"""


class Report:
    """An open page of a report."""

    def __init__(self, page):
        self.page, self.errors, self.requests = page, [], []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, path):
        """Opens a file; returns the milliseconds until it answers."""
        self.requests.clear()
        self.page.goto(path.as_uri(), timeout=120_000)
        self.page.wait_for_function(READY, timeout=120_000)
        return int(self.page.evaluate(READY))

    def check(self):
        assert not self.errors, f"the console says {self.errors}"
        outside = [url for url in self.requests if not url.startswith(("file:", "blob:", "data:"))]
        assert not outside, f"the page asks for {outside}"
        width = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width[0] <= width[1], f"the page is wider than the window: {width}"

    def said(self):
        return self.page.locator("#live").inner_text()

    def text(self, selector):
        return self.page.locator(selector).inner_text()

    def choose(self, name, value):
        self.page.select_option(f"#{name}", value)

    def click_cell(self, row, column, n):
        """Clicks the cell at that place of the matrix."""
        canvas = self.page.locator("#heatmap canvas")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        start = self.page.evaluate("() => document.querySelector('#heatmap').dataset.start")
        cell = (box["width"] - float(start) - 1) / n
        x, y = (float(start) + (at + 0.5) * cell for at in (column, row))
        canvas.click(position={"x": x, "y": y})

    def curve(self, name, axis="y"):
        return self.page.evaluate(TRACE, ["curve", name, axis])

    def rows(self):
        return self.page.locator("#table tbody tr")


def close(found, expected, within=1e-6):
    assert len(found) == len(expected), (found, expected)
    assert all(abs(a - b) <= within * max(1, abs(b)) for a, b in zip(found, expected)), (found, expected)


def check_numbers(report, expected):
    """Every cell of a real page shows the curves of its pair as the tables have them."""
    names = expected["models"]
    report.choose("order", "given")
    for pair in expected["pairs"]:
        report.click_cell(names.index(pair["a"]), names.index(pair["b"]), len(names))
        assert report.said().startswith(f"{pair['a']} and {pair['b']}: convexity gap "), report.said()
        for name, losses in pair["losses"].items():
            close(report.curve(name), losses)
            close(report.curve(name, "y2"), pair["accuracies"][name])
        assert f"{pair['convexity_gap']:.3f}"[:4] in report.said() or pair["convexity_gap"] < 0.01, report.said()


def check_keyboard(report, content):
    page, names = report.page, content["models"]
    report.choose("order", "given")
    report.click_cell(0, 1, len(names))
    page.locator("#heatmap").focus()
    page.keyboard.press("ArrowRight")
    assert report.said().startswith(f"{names[0]} and {names[2]}:"), report.said()
    page.keyboard.press("End")
    page.keyboard.press("ArrowDown")
    assert report.said().startswith(f"{names[1]} and {names[-1]}:"), report.said()
    screenshot(page, "report-focus")
    page.locator("#scatter").focus()
    page.keyboard.press("ArrowRight")
    by_membership = sorted(names, key=lambda name: content["basins"]["membership"][names.index(name)])
    assert report.said().startswith(by_membership[by_membership.index(names[1]) + 1]), report.said()
    page.locator("#tab-models").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#tab-pairs").get_attribute("aria-selected") == "true"


def check_scatter(report, content):
    """A click on a point shows its model: row, kinds and neighbours."""
    page = report.page
    page.locator("#scatter").scroll_into_view_if_needed()
    page.evaluate("window.scrollBy(0, 100)")
    number = page.evaluate("() => document.querySelector('#scatter').data[0].customdata[1]")
    point = page.locator("#scatter .scatterlayer .trace").nth(0).locator(".point").nth(1).bounding_box()
    page.mouse.click(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    name = content["models"][number]
    assert report.said().startswith(f"{name}, basin C1, accuracy on lo "), report.said()
    card = report.text("#model-card")
    assert f"{content['basins']['membership'][number]:.4f}" in card, card
    kind = content["kinds"][0]
    assert f"{kind['right'][number] / kind['n']:.4f}" in card, card
    page.locator("#model-card .neighbours button").first.click()
    assert report.said().startswith(f"{name} and "), report.said()


def check_measures(report):
    for measure, word in [("barrier_height", "barrier height"), ("auc", "area under the curve"), ("distance", "distance")]:
        report.choose("measure", measure)
        assert report.text("#scale").startswith(word), report.text("#scale")
        assert word in report.said(), report.said()
    report.choose("measure", "convexity_gap")
    report.choose("scaling", "logarithmic")
    assert report.text("#scale").endswith("logarithmic"), report.text("#scale")
    report.choose("set", "lo")
    report.choose("order", "loss|id")
    report.choose("colour", "loss|lo")
    assert report.page.locator("#scatter .cbtitle").count() == 1
    report.choose("colour", "basin")
    report.choose("set", "id")


def check_slider(report, content):
    slider = report.page.locator("#stage")
    slider.focus()
    report.page.keyboard.press("Home")
    first, last = content["stages"][0], content["stages"][-1]
    moved = sum(a != b for a, b in zip(first["cluster"], last["cluster"]))
    assert report.text("#stage-name").startswith(f"100it: {moved} of "), report.text("#stage-name")
    members = [i for i, cluster in enumerate(last["cluster"]) if cluster == 0]
    shown = report.page.evaluate("() => [...document.querySelector('#drift').data[1].x]")
    close(shown, [first["membership"][i] for i in members])
    report.page.keyboard.press("ArrowRight")
    assert report.text("#stage-name").startswith("200it"), report.text("#stage-name")


def check_training(report, content):
    """All models are drawn; the chosen one is that of a click, and the other measure is another curve."""
    page = report.page
    drawn = page.evaluate("() => document.querySelector('#training').data.map((trace) => trace.x.length)")
    assert sum(drawn[:-1]) == sum(n + 1 for n in content["training"]["loss"]["n"]), drawn
    page.locator("#training").scroll_into_view_if_needed()
    name = content["models"][int(page.locator("#model").input_value())]
    assert report.text("#training-said").startswith(f"Chosen: {name}, training loss "), report.text("#training-said")
    report.choose("training-measure", "gradient_norm")
    assert "norm of the gradient" in report.text("#training-said")
    page.evaluate("() => document.querySelector('#training').emit('plotly_click', {points: [{customdata: 3}]})")
    assert report.text("#training-said").startswith(f"Chosen: {content['models'][3]}, "), report.text("#training-said")
    report.choose("training-measure", "loss")


def check_tables(report, content):
    page, n = report.page, len(content["models"])
    page.locator("#tab-pairs").click()
    assert report.text("#count") == f"{n * (n - 1) // 2} of {n * (n - 1) // 2} rows"
    assert report.rows().count() == min(100, n * (n - 1) // 2)
    page.fill("#filter", "within s9")
    with page.expect_download() as saved:
        page.click("#export")
    text = Path(saved.value.path()).read_bytes().decode()
    lines = text.strip().split("\r\n")
    assert saved.value.suggested_filename == "pairs.csv"
    assert f"{len(lines) - 1} of " in report.text("#count") and len(lines) > 2, report.text("#count")
    assert all("within" in line and "s9" in line for line in lines[1:]), lines
    page.locator("#table thead button").nth(3).click()
    values = [float(text) for text in page.locator("#table tbody td:nth-child(4)").all_inner_texts()]
    assert values == sorted(values), values
    page.locator("#table tbody button").first.click()
    assert page.locator("#table tbody tr[aria-current='true']").count() == 1
    page.fill("#filter", "")
    for name in ["models", "evaluations", "kinds", "drift", "layers", "convexity", "findings", "provenance"]:
        page.locator(f"#tab-{name}").click()
        assert report.rows().count() > 0, name


def check_sharpness(report, content):
    """Sharpness is a column, a fact of a model, and a score to sort and colour by."""
    page, values = report.page, content["facts"][0]["values"]
    page.locator("#tab-models").click()
    report.choose("order", "fact|sharpness")
    report.click_cell(0, 0, len(values))
    sharpest = min(range(len(values)), key=values.__getitem__)
    assert report.said().startswith(f"{content['models'][sharpest]}, "), report.said()
    assert f"{values[sharpest]:.4f}" in report.text("#model-card"), report.text("#model-card")
    report.choose("colour", "fact|sharpness")
    colours = page.evaluate("() => document.querySelector('#scatter').data.flatMap((trace) => trace.customdata ? trace.marker.color : [])")
    close(sorted(colours), sorted(values))
    column = page.locator("#table thead button").all_inner_texts().index("sharpness")
    page.locator("#table thead button").nth(column).click()
    close([float(text) for text in page.locator(f"#table tbody td:nth-child({column + 1})").all_inner_texts()], sorted(values), 1e-3)
    report.choose("colour", "basin")
    report.choose("order", "basin")


def check_layers(report, content):
    """The averages of the chosen set, a row for each part, and the part in which they cost most in words."""
    page = report.page
    for layers in content["layers"]:
        report.choose("layers-set", layers["set"])
        rows = [row for row in layers["rows"] if row["kind"] == "across"]
        trace = page.evaluate("() => document.querySelector('#layers').data.find((trace) => trace.name === 'across basins')")
        close(trace["x"], [row["excess"] for row in rows])
        close(trace["error_x"]["array"], [0.01] * len(rows))
        most = max(rows, key=lambda row: row["excess"])
        assert f"across basins in {most['part']}, {most['excess']:.4f} [" in report.text("#layers-said"), report.text("#layers-said")
        ticks = page.locator("#layers .ytick text").all_text_contents()
        assert ticks == layers["parts"], ticks
    page.locator("#tab-layers").click()
    assert report.rows().count() == sum(len(layers["rows"]) for layers in content["layers"])


def check_simplices(report, content):
    cells = [row.locator("td").all_inner_texts() for row in report.page.locator("#simplices tbody tr").all()]
    rows = content["simplices"]["rows"]
    assert [int(cell[0]) for cell in cells] == [row["n_models"] for row in rows], cells
    assert cells[-1][1] == "{:.4f} [{:.4f}, {:.4f}]".format(*rows[-1]["held_out"]), cells[-1]
    assert report.text("#simplices tbody tr:first-child th").endswith("C1"), report.text("#simplices")
    report.page.locator("#tab-convexity").click()
    assert report.rows().count() == len(rows)


def check_alone(report, content):
    """Models in no basin are named, last in the order, crosses in all plots, and in no basin of their own in tables."""
    page, n = report.page, len(content["models"])
    alone = [model for model, cluster in enumerate(content["basins"]["cluster"]) if cluster is None]
    names = [content["models"][model] for model in alone]
    divided = content["basins"]["divided"]
    assert page.locator("#basins button").all_inner_texts() == names, report.text("#basins")
    assert f"no basin ({len(names)}):" in report.text("#basins"), report.text("#basins")
    ids = ["scatter", "training"] + (["drift"] if divided else [])
    for id in ids:
        found = page.evaluate("(id) => document.getElementById(id).data.map((trace) => [trace.name, trace.marker?.symbol])", id)
        own = [symbol for name, symbol in found if name.startswith("no basin")]
        assert own == [None if id == "training" else "x"], found
        assert not any(symbol == "x" for name, symbol in found if not name.startswith("no basin")), found
    drawn = page.evaluate("() => document.querySelector('#scatter').data.find((trace) => trace.name === 'no basin')")
    assert drawn["customdata"] == alone and (not divided or set(drawn["x"]) == {0}), drawn
    report.click_cell(n - 1, 0, n)
    assert "(in no basin)" in report.said(), report.said()
    page.locator("#basins button").first.click()
    assert report.said().startswith(f"{names[0]}, in no basin, "), report.said()
    card = report.text("#model-card")
    assert "no basin" in card and "membership score" not in card and "outlier" not in card, card
    page.locator("#tab-models").click()
    page.fill("#filter", "no basin")
    assert page.locator("#table tbody th").all_inner_texts() == names
    page.locator("#tab-pairs").click()
    page.fill("#filter", "alone")
    n_pairs = n * (n - 1) // 2 - (n - len(names)) * (n - len(names) - 1) // 2
    assert report.text("#count").startswith(f"{n_pairs} of "), report.text("#count")
    page.fill("#filter", "")
    if divided:
        report.choose("colour", "membership")
        report.choose("colour", "basin")
        report.choose("order", "membership")
        report.choose("order", "basin")
    screenshot(page, f"report-alone-{'divided' if divided else 'one'}", full_page=True)


def check_looks(report):
    for scheme in ["light", "dark"]:
        report.page.emulate_media(color_scheme=scheme)
        for width, height in [(1400, 1000), (390, 800)]:
            report.page.set_viewport_size({"width": width, "height": height})
            report.page.wait_for_timeout(300)
            screenshot(report.page, f"report-{scheme}-{width}", full_page=True)
            report.check()


def main(path, folder):
    real, expected = path.read_text(), json.loads((folder / "expected.json").read_text())
    with open_page() as page:
        report = Report(page)
        report.open(path)
        check_numbers(report, expected)
        screenshot(page, "report-real", full_page=True)
        report.check()
        html, content = with_models(real, 16)
        (folder / "16.html").write_text(html)
        report.open(folder / "16.html")
        check_keyboard(report, content)
        check_scatter(report, content)
        check_measures(report)
        check_training(report, content)
        check_slider(report, content)
        check_tables(report, content)
        check_sharpness(report, content)
        check_layers(report, content)
        check_simplices(report, content)
        report.check()
        for divided in [True, False]:
            html, content = with_models(real, 16, alone=(3, 9), divided=divided)
            (folder / "alone.html").write_text(html)
            report.open(folder / "alone.html")
            check_alone(report, content)
            report.check()
        html, content = with_models(real, 8, hostile=True, alone=(0, 5))
        (folder / "hostile.html").write_text(html)
        report.open(folder / "hostile.html")
        check_looks(report)
        assert page.evaluate("window.hit") is None, "a name ran as a script"
        assert content["models"][0] in report.text("#table"), "a name is shown as it is"
        for n, most in [(100, 5e6), (1000, 1e9)]:
            html, _ = with_models(real, n)
            (folder / f"{n}.html").write_text(html)
            assert len(html) <= most, f"{n} models take {len(html)} bytes"
            milliseconds = report.open(folder / f"{n}.html")
            report.click_cell(n // 3, n // 2, n)
            assert " and " in report.said() and len(report.curve("id")) == len(ALPHAS)
            report.check()
            print(f"{n} models: {len(html) / 1e6:.1f} MB, answers after {milliseconds} ms")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
