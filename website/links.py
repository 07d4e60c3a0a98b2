"""Translate the links of a page from places in the repository to places in the site."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]

PROJECT_PAGES = {
    "README.md": "overview.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security.md",
}
"""Pages at the root of the repository, by their place in the site."""

_CODE = (".py", ".yaml")
"""Endings of files in docs/ that a page shows as source."""

_UNLISTED = "---\nsearch:\n  exclude: true\n---\n"
"""Head of a page that the search leaves out: a word of the docs would be found in code first."""

_LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")


def site_text(text: str, page: str, place: str) -> str:
    """Return the Markdown of a page with each link to a file of the repository as a link within the site.

    Parameters
    ----------
    text
        Markdown of the page.
    page
        Path of the page in the repository.
    place
        Path of the page in the site.
    """

    def moved(found: re.Match[str]) -> str:
        path = repository_path(found.group(2), page)
        if path is None:
            return found.group(0)
        target = os.path.relpath(site_place(path), PurePosixPath(place).parent)
        return f"{found.group(1)}{target}{found.group(3) or ''}{found.group(4)}"

    return _LINK.sub(moved, text)


def linked_sources(text: str, page: str) -> Iterator[str]:
    """Yield the files and folders outside docs/ that a page links to, by their path in the repository."""
    for found in _LINK.finditer(text):
        path = repository_path(found.group(2), page)
        if path is not None and site_place(path).startswith("source/"):
            yield path


def repository_path(target: str, page: str) -> str | None:
    """Return the path in the repository that a link leads to; None for an address, or a path that does not exist."""
    if "://" in target or target.startswith("mailto:"):
        return None
    path = os.path.normpath((PurePosixPath(page).parent / target).as_posix())
    return path if (ROOT / path).exists() else None


def site_place(path: str) -> str:
    """Return the place in the site of a file or a folder of the repository."""
    if path in PROJECT_PAGES:
        return PROJECT_PAGES[path]
    if path.startswith("docs/") and not path.endswith(_CODE):
        inside = path.removeprefix("docs/")
        return f"{inside}/README.md" if (ROOT / path).is_dir() else inside
    return f"source/{path}.md"


def source_page(path: str) -> str:
    """Return a page that shows a file of the repository, or lists a folder."""
    file = ROOT / path
    if file.is_dir():
        names = sorted(child.name for child in file.iterdir() if child.suffix in (".py", ".yaml", ".md"))
        return "\n".join(
            [f"{_UNLISTED}# {path}", "", "Files of this folder:", "", *(f"- `{name}`" for name in names), ""]
        )
    language = {".py": "python", ".yaml": "yaml", ".toml": "toml"}.get(file.suffix, "text")
    return f"{_UNLISTED}# {path}\n\n````{language}\n{file.read_text(encoding='utf-8')}\n````\n"
