"""Each number of the config reaches the rotation's settings, and the compiled rules, under its own path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from bot.core.errors import ConfigError
from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import Config
from strategies.rotation.config_paths import filled, flattened, leaves
from strategies.rotation.rules import Rules
from strategies.rotation.settings import AltcoinSettings, RotationSettings
from tests.markets import config_with, default_config, settings_with

Path = tuple[str, ...]
SECTIONS = ("rotation", "altcoins", "supercycle", "waterfall")
WORDS = {
    ("rotation", "entry"): ["gated"],
    ("rotation", "credit", "measure"): ["grade_ratio", "spread"],
    ("rotation", "eth_stop", "measure"): ["atr"],
}


def paths(data: dict[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield from paths(value, (*above, key))
        else:
            yield (*above, key), value


NUMBERS = [(p, v) for section in SECTIONS for p, v in paths({section: default_config().resolved()[section]})]


def candidates(path: Path, value: Any) -> list[Any]:
    """Values that differ from the default; the schema may refuse some of them."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, float):
        return [value * 0.99, value * 1.01]
    if isinstance(value, list):
        return [[*value, 7]]
    return WORDS[path]


def changed(path: Path, value: Any) -> Config:
    """The default config with another valid value at a path."""
    for other in candidates(path, value):
        changes: Any = other
        for key in reversed(path):
            changes = {key: changes}
        try:
            return config_with(changes)
        except ConfigError:
            continue
    raise AssertionError(f"no other value of {path} is valid")


def value_at(config: Config, path: Path) -> Any:
    found: Any = config
    for key in path:
        found = getattr(found, key)
    return tuple(found) if isinstance(found, list) else found


def differences(one: RotationSettings, other: RotationSettings) -> dict[Path, Any]:
    before, after = dict(leaves(one)), dict(leaves(other))
    assert before.keys() == after.keys()
    return {path: value for path, value in after.items() if value != before[path]}


@pytest.mark.parametrize(("path", "value"), NUMBERS, ids=[".".join(path) for path, _ in NUMBERS])
def test_a_changed_number_changes_the_settings_under_its_path_alone(path: Path, value: Any) -> None:
    config = changed(path, value)
    settings = rotation_settings(config)
    assert differences(rotation_settings(default_config()), settings) == {path: value_at(config, path)}

    before, after = settings_with().rules._asdict(), settings.rules._asdict()
    flat = "_".join(path[1:]) if path[0] == "rotation" else ""
    names = {name for name in Rules._fields if name == flat or name.startswith(f"{flat}_is_")}
    assert {name for name in before if before[name] != after[name]} == names


def test_the_schema_and_the_settings_have_the_same_paths() -> None:
    """107 values, counted in the four sections of config/default.yaml and config/waterfall.yaml."""
    found = [path for path, _ in leaves(rotation_settings(default_config())) if path[0] in SECTIONS]
    assert sorted(found) == sorted(path for path, _ in NUMBERS)


def test_the_rules_of_the_default_config_are_those_of_the_thesis() -> None:
    rules = settings_with({"entry": "gated", "eth_stop": {"measure": "atr"}}).rules
    assert rules.entry_is_gated and rules.eth_stop_measure_is_atr
    rules = settings_with().rules
    assert not rules.entry_is_gated and not rules.eth_stop_measure_is_atr
    assert (rules.breakout_base_sessions, rules.breakout_floor, rules.trail_of_high) == (21, 0.97, 0.93)
    assert (rules.stages_quiet_sessions, rules.stale_after, rules.risk_exits_peg) == (63, 3, False)


def test_the_dates_of_endings_and_the_days_of_rebalancing_reach_the_settings() -> None:
    ended = {"symbols": {"XYZ": "crypto"}, "endings": {"XYZ": {"kind": "dead", "last": "2020-02-03"}}}
    config = config_with({"sizing": {"rebalance_days": 9}, **ended})
    settings = rotation_settings(config)
    assert settings.sizing.rebalance_days == 9
    assert str(settings.endings["XYZ"].last) == "2020-02-03"


def test_a_section_without_a_number_is_refused() -> None:
    with pytest.raises(AttributeError, match="count"):
        filled(AltcoinSettings, default_config().sizing)


def test_a_flat_field_without_a_path_is_refused() -> None:
    class Unknown(NamedTuple):
        breakout_ceiling: float

    with pytest.raises(KeyError, match="breakout_ceiling"):
        flattened(Unknown, settings_with().rotation)
