"""Headless Chromium of the system, driven by Playwright.

`LMC_CHROMIUM` is the program, `LMC_SCREENSHOTS` the folder of the pictures. All requests go to `LMC_CLOSED_PROXY`, if it
is set.
"""

import os
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

# No window, no graphics device, and no requests of the browser's own.
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def open_page(width=1400, height=1000):
    """A page of a new browser without any profile, closed at the end."""
    proxy = os.environ.get("LMC_CLOSED_PROXY")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["LMC_CHROMIUM"], args=FLAGS, proxy={"server": proxy} if proxy else None
        )
        try:
            yield browser.new_page(viewport={"width": width, "height": height})
        finally:
            browser.close()


def screenshot(target, name, **options):
    """A picture of a page or of one element."""
    path = Path(os.environ["LMC_SCREENSHOTS"]) / f"{name}.png"
    target.screenshot(path=path, animations="disabled", **options)
    print(f"screenshot: {path}", flush=True)
