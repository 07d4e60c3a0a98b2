"""Configs that would hang, grow or end in a traceback are one line, exit code 2, in under a second."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli.console import parse_changes
from bot.core.errors import ConfigError
from bot.settings.loader import CONFIG_FOLDER, load_config

BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 7)
)
MERGES = "a0: &a0 {x: 1, y: 2}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 7)
)
LADDER = "a0: &a0 x\n" + "".join(f"a{n}: &a{n} {'[' * 9}*a{n - 1}{']' * 9}\n" for n in range(1, 200))
BASE = "extends: default.yaml\n"


def refused(path: Path) -> str:
    """The error of a config, which comes in under a second."""
    began = time.perf_counter()
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert time.perf_counter() - began < 1
    message = str(caught.value)
    assert caught.value.exit_code == 2
    assert "\n" not in message and len(message) < 600
    return message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sources: {seen_by: 2026-02-30}", "line 2: is not a date; was '2026-02-30'"),
        ("sources: {seen_by: 2026-01-01T00:00:00+99:00}", "line 2: is not a date"),
        ("sources: {seen_by: 0001-01-01T00:00:00+12:00}", "seen_by: a moment is in 1970 or later"),
        ("endings: {AAA: {kind: dead,\n  last: 2021-13-01}}", "line 3: is not a date; was '2021-13-01'"),
        ("start_equity: " + "9" * 5000, "line 2: is not a whole number"),
        ("start_equity: " + "9" * 400, "line 2: is out of range"),
        ("start_equity: 0777", "line 2: is read as another number by YAML"),
        ("start_equity: 190:20:30", "line 2: is read as another number by YAML"),
        ("costs: {fee: 1:30.5}", "line 2: is read as another number by YAML"),
        ("instruments: {table: {ETH: {step: '1E-99999999', tick: 1, min_notional: 1}}}", "ETH.step: Input should be"),
        ("endings: {ETH: {kind: renamed, last: 2020-01-01, to: X, ratio: '1E+999999'}}", "ratio: Input should be less"),
        ("demo: {seed: 0x" + "f" * 4000 + "}", "line 2: is out of range"),
        ("demo: {seed: !!int twelve}", "line 2: is not a whole number; was 'twelve'"),
        ("recovery: !!float twelve", "line 2: is not a finite number"),
        ("strategy: {parameters: {x: .nan}}", "line 2: is not a finite number; was '.nan'"),
        ("strategy: {parameters: {x: -.inf}}", "line 2: is not a finite number"),
        ("strategy: {parameters: {x: !!set {a, b}}}", "is not safe YAML"),
        ("strategy: {parameters: {x: !!binary 0}}", "is not safe YAML"),
        ("strategy: {parameters: {x: !!python/object/apply:os.system [ls]}}", "is not safe YAML"),
        ('state: "a\\0b"', "has a control character"),
        ('state: "\\uD800"', "line 2: "),
        ("strategy: &a {parameters: *a}", "an alias inside its own anchor"),
        ("strategy: {parameters: {x: &a {<<: *a}}}", "an alias inside its own anchor"),
        ("state: *nowhere", "is not YAML"),
        ("x: " + "[" * 50 + "]" * 50, "nested more than 32 levels deep"),
        ("x: " + "[" * 50_000, "YAML"),
        ("x: " + "{a: " * 20_000, "YAML"),
        ("- " * 50_000, "YAML"),
        (BOMB, "characters with its aliases expanded"),
        (MERGES, "characters with its aliases expanded"),
        (LADDER, "nested more than 32 levels deep"),
        ("x: " + "y" * 300_000, "is too long; expected at most 256000 bytes"),
        ("state: " + "y" * 200_000 + "\nstart_equty: 1", "unknown key 'start_equty'"),
        ("on_start: " + "y" * 200_000, "(200002 characters)"),
    ],
    ids=lambda value: value[:24],
)
def test_a_hostile_text_is_one_line(text: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(BASE + text + "\n")
    assert expected in refused(path)


def a_loop(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (os.mkfifo, "cannot be read; expected a YAML file, was a pipe"),
        (Path.mkdir, "cannot be read; expected a YAML file, was a folder"),
        (lambda path: path.symlink_to("/dev/zero"), "cannot be read; expected a YAML file, was a device"),
        (lambda path: path.symlink_to("/dev/tty"), "was a device"),
        (a_loop, "Symlink loop"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "is not text"),
        (lambda path: path.write_bytes(b"a: \x00"), "YAML"),
        (lambda path: path.write_bytes(b"a" * 400_000), "is too long"),
    ],
)
def test_what_is_no_file_of_text_is_refused_at_once_also_as_a_base(
    make: Callable[[Path], None], expected: str, tmp_path: Path
) -> None:
    odd, mine = tmp_path / "odd.yaml", tmp_path / "mine.yaml"
    make(odd)
    mine.write_text("extends: odd.yaml\n")
    assert expected in refused(odd)
    assert expected in refused(mine)


@pytest.mark.parametrize("name", ["a\\0b", "x" * 5000, "", "~nobody/x", "nowhere.yaml", "/dev/fd/99"])
def test_a_base_that_is_no_file_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f'extends: "{name}"\n')
    refused(path)


def test_a_circle_of_three_is_refused(tmp_path: Path) -> None:
    for name, base in (("a", "b"), ("b", "c"), ("c", "a")):
        (tmp_path / f"{name}.yaml").write_text(f"extends: {base}.yaml\n")
    assert "extends itself" in refused(tmp_path / "a.yaml")


def test_a_long_chain_is_refused(tmp_path: Path) -> None:
    for n in range(2000):
        (tmp_path / f"c{n}.yaml").write_text(f"extends: c{n + 1}.yaml\n")
    assert "a chain of more than 16 files" in refused(tmp_path / "c0.yaml")


def test_files_that_name_one_base_many_times_are_read_once_each(tmp_path: Path) -> None:
    for n in range(12):
        (tmp_path / f"c{n}.yaml").write_text(f"extends: [c{n + 1}.yaml, c{n + 1}.yaml, c{n + 1}.yaml]\n")
    (tmp_path / "c12.yaml").write_text(f"extends: {CONFIG_FOLDER / 'default.yaml'}\nstart_equity: 777\n")
    began = time.perf_counter()
    assert load_config(tmp_path / "c0.yaml").start_equity == 777
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("sources.seen_by=2026-02-30", "--set sources.seen_by line 1: is not a date; was '2026-02-30'"),
        ("demo.seed=" + "9" * 5000, "is not a whole number"),
        ("x=" + "[" * 50_000, "--set x"),
        ("x=[", "is not YAML"),
        ("x={a: 1, a: 2}", "key 'a' stands twice"),
        ("a." * 5000 + "b=1", "names no key"),
    ],
)
def test_a_hostile_change_is_one_line(change: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_changes([change])
    assert expected in str(caught.value)


def test_a_wrong_date_after_a_right_one_is_refused_by_the_schema() -> None:
    with pytest.raises(ConfigError, match=r"sources\.seen_by: a moment needs its time zone"):
        load_config(changes=parse_changes(["sources.seen_by=2026-02-28"]))
