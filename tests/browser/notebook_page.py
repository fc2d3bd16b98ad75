"""A notebook open in JupyterLab: what a person does with it, and what there is to see."""

from contextlib import contextmanager

from chromium import open_page, screenshot
from playwright.sync_api import TimeoutError as Timeout

STATE = """() => {
    const panel = jupyterapp.shell.currentWidget;
    return {
        kernel: panel.sessionContext.session?.kernel?.status ?? null,
        cells: [...panel.content.model.cells].map(cell => ({
            type: cell.type,
            source: cell.sharedModel.getSource(),
            count: cell.executionCount ?? null,
            running: cell.executionState === "running",
            outputs: cell.type === "code" ? cell.outputs.toJSON() : [],
        })),
    };
}"""
READY = """() => {
    const panel = globalThis.jupyterapp?.shell.currentWidget;
    return panel?.context?.isReady && panel.sessionContext?.session?.kernel?.status === "idle";
}"""
DONE = f"""() => {{
    const {{ kernel, cells }} = ({STATE})();
    const code = cells.filter(cell => cell.type === "code");
    return kernel === "idle" && code[0].count !== null && !code.some(cell => cell.running);
}}"""


@contextmanager
def open_notebook(lab, name, kernel_seconds=120):
    """The notebook in a new browser, its kernel started. A failure leaves a picture of what was to be seen."""
    with open_page() as page:
        notebook = NotebookPage(page)
        try:
            page.goto(lab.url(name), timeout=60_000)
            page.wait_for_function(READY, timeout=kernel_seconds * 1000)
            yield notebook
        except BaseException:
            screenshot(page, f"{name.removesuffix('.ipynb')}-failed")
            raise


class NotebookPage:
    def __init__(self, page):
        self.page = page
        self.errors = []
        page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))

    def choose(self, menu, item):
        self.page.locator(".lm-MenuBar-itemLabel").get_by_text(menu, exact=True).click()
        self.page.locator(".lm-Menu-itemLabel").get_by_text(item, exact=True).click()

    def run_all(self):
        self.choose("Run", "Run All Cells")

    def run_cell(self, index, seconds):
        """Runs the code cell at that place among all cells with Shift+Enter."""
        before = self.cells()[index]["count"]
        self.show(index).locator(".jp-InputArea-editor").click()
        self.page.keyboard.press("Shift+Enter")
        self.wait(f"() => ({STATE})().cells[{index}].count !== {'null' if before is None else before}", seconds)
        self.wait_until_done(seconds)

    def press_stop(self):
        self.page.locator(".jp-NotebookPanel-toolbar [data-command='notebook:interrupt-kernel']").click()

    def wait(self, condition, seconds):
        try:
            self.page.wait_for_function(condition, timeout=seconds * 1000, polling=200)
        except Timeout:
            raise AssertionError(f"not within {seconds} s; the notebook is:\n{self.summary()}") from None

    def summary(self):
        state = self.page.evaluate(STATE)
        lines = [f"kernel {state['kernel']}"]
        for cell in state["cells"]:
            if cell["type"] == "code":
                number = "*" if cell["running"] else cell["count"]
                lines.append(f"[{number}] {cell['source']}\n    > {text_of(cell['outputs'])[-500:]}")
        return "\n".join(lines)

    def wait_until_done(self, seconds):
        """Until the kernel is idle and no cell waits for it."""
        self.wait(DONE, seconds)

    def cells(self):
        return self.page.evaluate(STATE)["cells"]

    def code(self):
        """The code cells by their place among all cells."""
        return {index: cell for index, cell in enumerate(self.cells()) if cell["type"] == "code"}

    def show(self, index):
        """Scrolls to a cell, which JupyterLab draws only then, and returns its element."""
        self.page.evaluate("index => jupyterapp.shell.currentWidget.content.scrollToItem(index, 'start')", index)
        cell = self.page.locator(f".jp-Notebook-cell[data-windowed-list-index='{index}']")
        cell.wait_for(state="visible")
        return cell


def text_of(outputs):
    """Everything that outputs say, errors included, as plain text."""
    parts = []
    for output in outputs:
        parts += [output.get("text", ""), output.get("evalue", ""), output.get("traceback", [])]
        parts.append(output.get("data", {}).get("text/plain", ""))
    return "\n".join("".join(part) for part in parts if part)


def errors_of(outputs):
    return [output for output in outputs if output["output_type"] == "error"]
