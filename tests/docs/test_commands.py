"""docs/commands.md names every command and option, and the bot accepts every command in the docs.

A line `$ bot ...` must parse, in whatever block it stands. All run too, the demo with few seeds, except those in the
table `NOT_RUN`. Other lines of a shell are checked by the shell's parser.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer

from bot.cli.command_line import command_line
from bot.cli.main import main
from bot.core import errors
from tests.docs.blocks import ROOT, Block, blocks

QUICK = ["--set", "demo.spread_seeds=2", "--set", "benchmarks.random_shifts=10"]
YEAR = ["--start", "2104-01-01", "--end", "2104-12-31"]


def commands(command: Any, name: str = "bot") -> Iterator[tuple[str, Any]]:
    """Every command by its full name, groups included."""
    yield name, command
    for child in getattr(command, "commands", {}).values():
        yield from commands(child, f"{name} {child.name}")


COMMANDS = dict(commands(typer.main.get_command(command_line())))


def section(page: str, title: str) -> str:
    """A page's part under a title, up to the next title of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", page, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else ""


def shell_lines(block: Block) -> list[str]:
    """Return the commands of a block: those after `$` in a console, each line of a script; continued lines as one."""
    lines = block.text.replace("\\\n", " ").splitlines()
    if block.language in ("console", "text"):
        return [line[2:].strip() for line in lines if line.startswith("$ ")]
    return [line.strip() for line in lines]


def arguments(line: str) -> list[str]:
    """The words after `bot`, up to a pipe or a redirection."""
    words = shlex.split(line, comments=True)[1:]
    ends = [i for i, word in enumerate(words) if word in ("|", ">", ">>", "2>", "&&", ";")]
    return words[: ends[0]] if ends else words


def parse(words: list[str]) -> None:
    """Parse words as the command line would. Raises what it raises, but for --help and --version."""
    # `--debug` may stand anywhere: the bot takes it out of the words before it parses them.
    command, context, rest = COMMANDS["bot"], None, [word for word in words if word != "--debug"]
    name = "bot"
    try:
        while True:
            context = command.make_context(name, rest, parent=context)
            if not hasattr(command, "resolve_command"):
                return
            words = [*context._protected_args, *context.args]
            if not words and command.invoke_without_command:
                return
            name, command, rest = command.resolve_command(context, words)
    except typer.Exit:
        return


LINES = sorted({line for b in blocks("console", "text") for line in shell_lines(b) if line.startswith("bot ")})
SERVICES = [
    words
    for block in blocks("sh", "bash", "ini", "")
    for line in shell_lines(block)
    for words in re.findall(
        r"(?:\.venv/bin/|docker exec \w+ |small-cap-rotation )(?:bot )?((?:paper|backtest)[^>|]*)", line
    )
]
"""Commands that a script, a systemd unit, cron or a container starts."""


def needs_prices(words: list[str]) -> bool:
    """Return True if a command reads a folder that is not part of the project."""
    named = (folder for option, folder in pairwise(words) if option in ("--data-dir", "-d", "import"))
    return any(not (ROOT / folder).is_dir() for folder in named)


def starts_with(*commands: str) -> Callable[[list[str]], bool]:
    """Return a check that is True for words that begin with one of some commands."""
    return lambda words: any(words[: len(command.split())] == command.split() for command in commands)


NOT_RUN: Mapping[str, Callable[[list[str]], bool]] = {
    "needs the user's prices": needs_prices,
    "needs a network": starts_with("doctor", "data update", "data archive", "paper tick", "paper run", "paper anchor"),
    "needs an authority's token": lambda words: "--anchors" in words,
    "serves until it is stopped": starts_with("venue serve", "dashboard"),
    "runs on doubles in test_testnet_walk.py": lambda words: "play" in words,
    "takes a minute": lambda words: words == ["study", "worlds"],
    "needs a local exchange that is running": lambda words: "--venue-port" in words,
    "needs a forward ledger with the default name": lambda words: "logs/ledgers/paper.sqlite3" in words,
}
"""Commands in the docs that are parsed only, by their reason. The blocks of the other languages follow it: systemd
units, Docker and keys need a machine that is set up for them, so the shell only parses them."""


def test_the_page_has_a_section_for_every_command() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if not section(page, name)] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_section_of_a_command_names_all_that_it_takes(name: str) -> None:
    told = section((ROOT / "docs" / "commands.md").read_text(encoding="utf-8"), name)
    taken = [
        word
        for parameter in COMMANDS[name].params
        for word in (
            [*parameter.opts, *parameter.secondary_opts]
            if parameter.param_type_name == "option"
            else [parameter.name.upper()]
        )
    ]
    assert [word for word in taken if word != "--help" and f"`{word}`" not in told] == []


def test_the_page_names_no_option_that_is_not_taken() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for name, command in COMMANDS.items():
        known = {word for parameter in command.params for word in [*parameter.opts, *parameter.secondary_opts]}
        cells = re.findall(r"^\| (`-[^|]*) \|", section(page, name), re.MULTILINE)
        told = {word for cell in cells for word in re.findall(r"`(-[^`]+)`", cell)}
        assert told <= known | {"--help"}, name


def test_some_commands_are_documented() -> None:
    assert len(LINES) > 10


@pytest.mark.parametrize("line", LINES)
def test_every_command_in_the_docs_parses(line: str) -> None:
    parse(arguments(line))


@pytest.mark.parametrize("line", SERVICES)
def test_every_command_of_a_script_or_a_service_parses(line: str) -> None:
    parse(shlex.split(line))


@pytest.mark.parametrize("block", blocks("console", "sh", "bash"), ids=str)
def test_the_shell_can_parse_every_block(block: Block) -> None:
    script = "\n".join(shell_lines(block))
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    targets = {words[1] for words in map(str.split, script.splitlines()) if words[:1] == ["make"]}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {target for target in targets if f"\n{target}:" not in makefile} == set()


@pytest.mark.parametrize("reason", NOT_RUN)
def test_each_reason_for_not_running_a_command_applies_to_one(reason: str) -> None:
    assert any(NOT_RUN[reason](arguments(line)) for line in LINES)


def test_no_console_block_holds_other_programs_than_these() -> None:
    programs = {line.split()[0] for block in blocks("console") for line in shell_lines(block)}
    assert programs <= {"bot", "make", "docker", "export"}


@pytest.mark.parametrize("line", ["backtset", "backtest --bogus", "backtest --market moon", "runs a b"])
def test_the_parser_can_refuse(line: str) -> None:
    with pytest.raises(Exception, match=r"No such|not one of|unexpected|Invalid"):
        parse(line.split())


@pytest.mark.slow
def test_every_command_that_needs_no_prices_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("config", "docs", "strategies"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    # Each once: a second `study register` is refused.
    given = {shlex.join(words): words for words in map(arguments, LINES)}.values()
    runnable = [words for words in given if not any(applies(words) for applies in NOT_RUN.values())]
    backtests = [words for words in runnable if words[0] == "backtest"]
    on_the_store = [words for words in runnable if words[0] == "data"]
    told = (
        "paper new",
        "paper replay",
        "paper rehearse",
        "paper list",
        "paper status",
        "paper backup",
        "paper acknowledge",
        "paper notify",
        "paper reduce-only",
        "paper flat",
        "paper stop",
        "paper resume",
        "paper archive",
    )
    ledgers = sorted((w for w in runnable if w[0] == "paper"), key=lambda w: told.index(" ".join(w[:2])))
    others = [words for words in runnable if words[0] not in ("backtest", "data", "paper")]  # some look at runs
    assert backtests
    assert others
    made = ["data", "import", "docs/one-day"]
    short = [words + QUICK + ([] if {"--start", "--data-dir"} & set(words) else YEAR) for words in backtests]
    order = [*short, *others, *ledgers, made, *on_the_store]
    ended = {shlex.join(words): exit_code(words) for words in order}
    assert ended == dict.fromkeys(ended, 0)


def exit_code(words: list[str]) -> int | str | None:
    """How the bot ends when it is started with these words."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    return ended.value.code


def test_the_exit_codes_are_told_as_the_errors_have_them() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\d+) \| (.*) \|$", section(page, "Exit codes"), re.MULTILINE))
    errors_told = re.findall(r"(\w+Error)\s+(\d)\s+(.*)", errors.__doc__ or "")
    assert [code for name, code, _ in errors_told if getattr(errors, name).exit_code != int(code)] == []
    assert [(code, meaning) for _, code, meaning in errors_told if meaning not in rows[code]] == []
    assert rows.keys() == {"0", "1", "130", *(code for _, code, _ in errors_told)}


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if not hasattr(command, "commands")])
def test_every_command_shows_an_example_that_parses(name: str) -> None:
    (example,) = re.findall(r"Example: (bot .+)", COMMANDS[name].help or "")
    assert example.startswith(name) or name == "bot review story"
    parse(arguments(example))
