"""Checks that the cells of the page about bad input give the page's messages. Usage: bad_input.py PAGE."""

import re
import sys

from conversation import LIBRARY, Kernel

# A cell, and after it what it says.
CELL = re.compile(r"```rust\n(.*?)\n```\n```text\n(.*?)\n```", re.DOTALL)


def main():
    with open(sys.argv[1], encoding="utf-8") as page:
        text = page.read()
    cells = CELL.findall(text)
    assert len(cells) >= 8 and len(cells) == text.count("```rust"), f"{len(cells)} cells with what they say"
    with Kernel() as kernel:
        kernel.ok(LIBRARY)
        for code, expected in cells:
            said = kernel.run(code).error("Error")["evalue"]
            assert said == expected, f"{code}\nsays {said!r}, the page says {expected!r}"


if __name__ == "__main__":
    main()
