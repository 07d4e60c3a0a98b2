"""Hooks of mkdocs: add the generated pages, and keep links within the site."""

from __future__ import annotations

import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parents[1]))  # mkdocs loads this file by its path, outside its package

from website.links import PROJECT_PAGES, ROOT, linked_sources, site_text, source_page
from website.reference import reference_pages

ASSETS = ("assets/iframe-worker.js", "assets/tables.css")
"""Files of the site itself; Material would load the script from another host."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the reference, the pages at the root of the repository, the list of decisions, and linked source files."""
    pages = {**reference_pages(), "decisions/README.md": _decisions()}
    sources: set[str] = set()
    for name, place in PROJECT_PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        pages[place] = site_text(text, name, place)
        sources |= set(linked_sources(text, name))
    for file in files.documentation_pages():
        sources |= set(linked_sources(file.content_string, f"docs/{file.src_uri}"))
    pages |= {f"source/{path}.md": source_page(path) for path in sources}
    for place, text in pages.items():
        files.append(File.generated(config, place, content=text))
    for name in ASSETS:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / "website" / name)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Translate the links of a page of docs/; generated pages have links of the site already."""
    if page.file.generated_by is not None:
        return markdown
    return site_text(markdown, f"docs/{page.file.src_uri}", page.file.src_uri)


def _decisions() -> str:
    """Return the list of the decisions by their titles."""
    lines = ["# Decisions", "", "Reasons of the design, one decision a page.", ""]
    for path in sorted((ROOT / "docs" / "decisions").glob("0*.md")):
        title = path.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
        lines.append(f"- [{title}]({path.name})")
    return "\n".join([*lines, ""])
