"""The site: links, generated pages, and the list of pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.ledger.projections import COLUMNS
from bot.settings.loader import load_config
from tests.docs.test_commands import COMMANDS
from website.config_comments import comments_of
from website.hooks import ASSETS
from website.links import linked_sources, site_text
from website.reference import reference_pages

ROOT = Path(__file__).parents[2]
REFERENCE = reference_pages()


def test_every_page_is_in_the_navigation() -> None:
    navigation = set(re.findall(r"^ +- (?:.+: )?(\S+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE))
    pages = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert pages - navigation == set()
    assert REFERENCE.keys() <= navigation


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("[a](data.md#csv)", "[a](data.md#csv)"),
        ("[a](../README.md)", "[a](overview.md)"),
        ("[a](../config/costs.yaml)", "[a](source/config/costs.yaml.md)"),
        ("[a](decisions/)", "[a](decisions/README.md)"),
        ("[a](one-day/make.py)", "[a](source/docs/one-day/make.py.md)"),
        ("[a](https://x.org/a)", "[a](https://x.org/a)"),
        ("[a](#here)", "[a](#here)"),
    ],
)
def test_a_link_leads_to_the_place_in_the_site(link: str, expected: str) -> None:
    assert site_text(link, "docs/guard.md", "guard.md") == expected


def test_a_link_of_the_readme_leads_into_docs() -> None:
    assert site_text("[a](docs/data.md) [b](docs/decisions/)", "README.md", "overview.md") == (
        "[a](data.md) [b](decisions/README.md)"
    )


def test_files_outside_of_docs_are_found() -> None:
    assert list(linked_sources("[a](../config/costs.yaml) [b](data.md) [c](../README.md)", "docs/guard.md")) == [
        "config/costs.yaml"
    ]


def test_comments_of_a_config_are_read_beside_and_above_a_key() -> None:
    text = "# --- part ---\n# Above\n# in two lines.\na:\n  b: 1   # beside\n  c: 2\nd: {e: 1, f: 2}  # first\n"
    assert comments_of(text) == {"a": "Above in two lines.", "a.b": "beside", "d": "first"}


def test_the_reference_has_every_command_and_option() -> None:
    page = REFERENCE["reference/commands.md"]
    assert [name for name in COMMANDS if f"\n## {name}\n" not in page] == []
    assert "| `--market` | auto: the folder if one is named" in page


def test_the_reference_has_the_values_of_the_config() -> None:
    page, config = REFERENCE["reference/config.md"], load_config()
    row = f"| `costs.fee` | number, at least 0, below 0.5 | `{config.costs.fee}` | a spot taker's fee |"
    assert row in page
    sections = [name for name, value in config.resolved().items() if isinstance(value, dict)]
    assert [name for name in sections if f"`{name}`" not in page and f"## {name}\n" not in page] == []


def test_the_reference_has_the_columns_and_the_exit_codes() -> None:
    files, codes = REFERENCE["reference/files.md"], REFERENCE["reference/exit-codes.md"]
    assert [name for name in COLUMNS if f"## {name}.csv\n" not in files] == []
    assert "| 3 | `DataError` | a series is missing" in codes
    assert "| 4 | `NotSandbox` | only requests to a pinned testnet" in codes


def test_every_asset_is_loaded_by_the_site() -> None:
    here = {f"assets/{path.name}" for path in (ROOT / "website" / "assets").iterdir()}
    assert here == set(ASSETS)
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert [name for name in ASSETS if f"[{name}]" not in config] == []
