"""docs/testnet-walk.md can be walked: its commands run on doubles and print what the page shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.running import bot
from tests.docs.blocks import ROOT
from tests.docs.excerpts import missing_lines
from tests.docs.walk_doubles import START, open_doubles

PAGE = (ROOT / "docs" / "testnet-walk.md").read_text(encoding="utf-8")


def steps(page: str) -> Iterator[tuple[str, str]]:
    """Yield each command of the page with the output that is shown after it; empty if none is."""
    found: list[tuple[str, str]] = []
    for language, text in re.findall(r"^```(console|text)\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        if language == "console":
            found += [(line.removeprefix("$ bot "), "") for line in text.splitlines()]
        else:
            found[-1] = (found[-1][0], text)
    return iter(found)


def test_the_page_shows_outputs() -> None:
    found = list(steps(PAGE))
    assert [command.split()[0] for command, _ in found].count("paper") == 6
    assert sum(bool(output) for _, output in found) == 8


@pytest.mark.slow
def test_the_page_can_be_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("config", "strategies"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.setenv("BINANCE_TESTNET_API_KEY", "a-key-of-the-testnet")
    monkeypatch.setenv("BINANCE_TESTNET_API_SECRET", "a-secret-of-the-testnet")
    [config] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    # The doubles speak as Binance does, so the other venues are left out.
    (tmp_path / "walk.yaml").write_text(config + "sources: {exchange: {venues: [binance]}}\n", encoding="utf-8")
    ticks = 0
    with open_doubles() as double:
        for command, shown in steps(PAGE):
            if command == "dashboard":
                continue
            if command.startswith("paper tick"):
                double.begin(START + timedelta(days=ticks))
                ticks += 1
            ended = bot(*command.split(), cwd=tmp_path)
            assert ended.returncode == 0, f"{command}: {ended.stderr}"
            assert missing_lines(shown, ended.stdout) == [], f"{command}:\n{ended.stdout}"
    assert ticks == 4
