"""Keys that were added after version 0.1.0: an older config is read, and keeps its hash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings.added_keys import ADDED, with_added_keys, without_added_keys
from bot.settings.loader import load_config

ABSENT = object()


def at(data: Any, path: tuple[str, ...]) -> object:
    for part in path[:-1]:
        data = data[part]
    return data.get(path[-1], ABSENT)


IMPACT = ("costs", "impact")
"""A cost that version 0.1.0 lacked: its default changes results, so that it changes the hash too."""


def test_an_older_config_has_no_market_impact() -> None:
    assert (ADDED[IMPACT], at(load_config().resolved(), IMPACT)) == (0.0, 1.0)
    assert with_added_keys({"costs": {"fee": 0.1}})["costs"] == {"fee": 0.1, "impact": 0.0}


@pytest.mark.parametrize("path", [path for path in ADDED if path != IMPACT])
def test_the_table_has_the_defaults_of_the_yaml_and_the_hash_leaves_them_out(path: tuple[str, ...]) -> None:
    plain = load_config().resolved()
    assert at(plain, path) == ADDED[path]
    assert at(without_added_keys(plain), path) is ABSENT


@pytest.mark.parametrize(
    "changes",
    [{"quality": {"window_gaps": 0.0}}, {"quality": {"same_rows": 90}}, {"calendar": {"closures": ["2025-01-09"]}}],
)
def test_another_value_changes_the_hash(changes: dict[str, Any]) -> None:
    config = load_config(changes=changes)
    assert config.fingerprint() != load_config().fingerprint()
    ((section, ((key, value),)),) = ((name, tuple(keys.items())) for name, keys in changes.items())
    assert without_added_keys(config.resolved())[section][key] == value


def test_a_complete_config_of_before_gets_the_defaults(tmp_path: Path) -> None:
    before = load_config(changes={"costs": {"impact": 0.0}})
    older = without_added_keys(before.resolved())
    assert "calendar" not in older
    (tmp_path / "old.yaml").write_text(yaml.safe_dump(older), encoding="utf-8")
    assert load_config(tmp_path / "old.yaml") == before


def test_a_complete_config_without_the_series_gets_no_vendor_for_it(tmp_path: Path) -> None:
    older = without_added_keys(load_config().resolved())
    older["symbols"]["DOLLARS"] = older["symbols"].pop("STABLECOIN_SUPPLY_USD")
    older["roles"]["stablecoin_supply"] = "DOLLARS"
    older["quality"]["money"].remove("STABLECOIN_SUPPLY_USD")
    (tmp_path / "old.yaml").write_text(yaml.safe_dump(older), encoding="utf-8")
    assert load_config(tmp_path / "old.yaml").sources.defillama.symbols == {}


def test_a_section_that_is_missing_is_not_begun() -> None:
    assert with_added_keys({"start_equity": 1}) == {
        "start_equity": 1,
        "calendar": {"closures": []},
        "watch": ADDED["watch",],
        "names": ADDED["names",],
        "anchor": ADDED["anchor",],
    }
