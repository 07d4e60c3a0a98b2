"""Old names of config keys are accepted, reported once, and hashed as before."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import ConfigError
from bot.settings.loader import kept_config, load_config
from bot.settings.renamed_keys import with_new_names, with_old_names

DEFAULT_OF_0_1_0 = "cd8399f20a44ed85d339ed4eecd14eadc83724d0b2529b9821a3bc7468d05caa"
"""Fingerprint that version 0.1.0 gives its default config, read off a manifest of that version."""


def test_the_default_config_keeps_the_hash_of_version_0_1_0() -> None:
    without_impact = load_config(changes={"costs": {"impact": 0.0}})
    assert without_impact.fingerprint() == DEFAULT_OF_0_1_0


@pytest.mark.parametrize(
    ("text", "section", "old", "new"),
    [
        ("rotation: {kills: {peg: true}}", "rotation", "kills", "risk_exits"),
        ("quality: {admit: [STRAX]}", "quality", "admit", "allow"),
    ],
)
def test_an_old_key_in_a_file_is_read_and_reported_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, section: str, old: str, new: str
) -> None:
    base, top = tmp_path / "base.yaml", tmp_path / "top.yaml"
    base.write_text(f"extends: default.yaml\n{text}\n")
    top.write_text("extends: base.yaml\n")
    by_old_name = load_config(top)
    load_config(top)
    assert capsys.readouterr().err == (
        f"Warning: {base}: the key {section}.{old} is now named {section}.{new}. The old name still works.\n"
    )
    base.write_text(f"extends: default.yaml\n{text.replace(old, new)}\n")
    assert load_config(top) == by_old_name
    assert capsys.readouterr().err == ""


def test_an_old_key_is_set_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    config = load_config(changes={"rotation": {"kills": {"credit": False}}})
    assert not config.rotation.risk_exits.credit
    assert "--set: the key rotation.kills is now named rotation.risk_exits" in capsys.readouterr().err


def test_a_key_under_both_names_is_refused() -> None:
    both = {"rotation": {"kills": {"peg": True}, "risk_exits": {"peg": False}}}
    with pytest.raises(ConfigError, match=r"rotation\.kills and rotation\.risk_exits are the same key"):
        load_config(changes=both)


def test_the_kept_config_of_an_old_run_is_converted_silently(capsys: pytest.CaptureFixture[str]) -> None:
    kept = with_old_names(load_config(changes={"quality": {"allow": ["STRAX"]}}).resolved())
    assert kept["quality"]["admit"] == ["STRAX"]
    assert kept_config(kept, "an old run").quality.allow == ["STRAX"]
    assert capsys.readouterr().err == ""


def test_names_are_converted_there_and_back() -> None:
    plain = load_config().resolved()
    assert with_new_names(with_old_names(plain)) == plain
