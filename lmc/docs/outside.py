"""A preprocessor of mdBook: links that leave the guide lead to the files of this clone.

mdBook makes `page.html` of every relative link to `page.md`, which is right for chapters alone. The key `base`
of `[preprocessor.outside]` in book.toml, or the variable MDBOOK_PREPROCESSOR__OUTSIDE__BASE, names another
place for the files, such as the address of the repository; it ends with a slash.
"""

import json
import re
import sys
from pathlib import Path, PurePosixPath
from posixpath import normpath

LINK = re.compile(r"\]\((\.\./[^)\s]+)\)")


def chapters(part):
    """Returns all chapters in a part of the book, nested ones too."""
    if isinstance(part, list):
        return [chapter for inner in part for chapter in chapters(inner)]
    if not isinstance(part, dict):
        return []
    own = [part["Chapter"]] if "Chapter" in part else []
    return own + [chapter for inner in part.values() for chapter in chapters(inner)]


def outside(text, folder, base):
    """Returns the text of a page of that folder of the clone with links to files outside of the guide."""
    return LINK.sub(lambda link: f"]({base}{normpath(folder / link[1])})", text)


def main():
    if sys.argv[1:2] == ["supports"]:
        return
    context, book = json.load(sys.stdin)
    root = Path(context["root"]).resolve()
    clone = root.parent.parent
    options = context["config"].get("preprocessor", {}).get("outside", {})
    base = options.get("base") or f"{clone.as_uri()}/"
    folder = PurePosixPath(root.relative_to(clone).as_posix())
    for chapter in chapters(book):
        chapter["content"] = outside(chapter["content"], folder, base)
    json.dump(book, sys.stdout)


if __name__ == "__main__":
    main()
