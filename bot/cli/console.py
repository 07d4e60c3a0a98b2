"""Shared by every command: the console, option types, parsing of option values, JSON output."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from copy import deepcopy
from datetime import date
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TextIO

import typer

from bot.core.errors import BotError, ConfigError
from bot.core.json_schema import SCHEMA_VERSION, JsonVersion, versioned
from bot.infra.interrupt import announce_stop
from bot.infra.standard_streams import output_stream
from bot.report.numbers import growth, ratio, to_ascii

if TYPE_CHECKING:
    from rich.console import Console

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="A YAML config, or the name of one of the bot's own, such as gated.yaml; by default config/default.yaml.",
    ),
]
DataDirOption = Annotated[
    Path | None, typer.Option("--data-dir", "-d", help="A folder of SYMBOL.csv files with real prices.")
]
MarketOption = Annotated[
    Literal["auto", "store", "demo"],
    typer.Option(help="auto: the folder if one is named, else the store if there is one, else the demo market."),
]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="Change one key: --set rotation.gates.credit=false")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, the rest on error.")]


def console(to_error: bool = False) -> Console:
    """Return a console with plain colours; on standard error under --json. Texts are cleaned in it."""
    from bot.cli.clean_console import CleanConsole

    return CleanConsole(stderr=to_error)


@contextlib.contextmanager
def stop_event() -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C and SIGTERM set; a second Ctrl-C interrupts."""
    ended = threading.Event()

    def stop(stop_signal: int, frame: FrameType | None) -> None:
        ended.set()
        announce_stop(stop_signal, "open requests are finished")

    numbers = (signal.SIGINT, signal.SIGTERM)
    # Set instead of raised, so that the work under way ends in order.
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield ended
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def end_with(error: BotError | None, as_json: bool, data: Mapping[str, object]) -> None:
    """Print a command's JSON object with its error, if any, and exit with the code of the error.

    Parameters
    ----------
    error
        None ends the command with exit code 0.
    as_json
        Print the object; the error stands in it under "error".
    data
        The object.
    """
    if as_json:
        print_json(data if error is None else {**data, "error": error.as_dict()})
    if error is not None:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(error.exit_code)


def print_json(data: Mapping[str, object]) -> None:
    """Write one JSON object to standard output."""
    stream = _RESERVED[-1] if _RESERVED else sys.stdout
    # Written without rich, which would wrap long lines and colour the text.
    stream.write(json.dumps(versioned(data, json_version()), indent=2) + "\n")
    stream.flush()  # a reader of the pipe may wait for the object while the command goes on


def print_json_line(data: Mapping[str, object]) -> None:
    """Write one JSON object on a line of its own to standard output."""
    stream = _RESERVED[-1] if _RESERVED else sys.stdout
    stream.write(json.dumps(versioned(data, json_version())) + "\n")
    stream.flush()


_JSON_VERSION: ContextVar[JsonVersion] = ContextVar("json_version", default=SCHEMA_VERSION)


def json_version() -> JsonVersion:
    """Return the version of JSON objects that the command line asked for."""
    return _JSON_VERSION.get()


def set_json_version(text: str) -> None:
    """Set the version of JSON objects from the text of `--json-version`. Raises ConfigError."""
    if text not in ("1", "2"):
        raise ConfigError("is unknown", where="--json-version", expected="1 or 2", was=text or "nothing")
    _JSON_VERSION.set(1 if text == "1" else 2)


_RESERVED: list[TextIO] = []
"""Stream of `print_json` while standard output is reserved for it."""


@contextlib.contextmanager
def reserve_output(own_process: bool) -> Iterator[None]:
    """Reserve standard output for `print_json`; whatever else writes to it reaches standard error.

    Parameters
    ----------
    own_process
        True if the process ends with the command. File descriptor 1 is then moved for good: libraries, child processes
        and exit handlers of a user's strategy write to it past `sys.stdout`.
    """
    _RESERVED.append(_move(sys.stdout) if own_process else sys.stdout)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        if not own_process:
            _RESERVED.pop()


def discard_output() -> None:
    """Point standard output at the null device: the reader of the pipe is gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in _RESERVED or [sys.stdout]:  # while it is reserved, sys.stdout is standard error
        # Python writes what is buffered when it ends, and would report that as an error.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _move(stream: TextIO) -> TextIO:
    """Point the descriptor of standard output at standard error and return a stream on its former target."""
    if not isinstance(stream, io.TextIOWrapper):  # a test's, or a notebook's
        return stream
    try:
        stream.flush()
        target = os.dup(stream.fileno())
        os.dup2(sys.stderr.fileno(), stream.fileno())
    except (OSError, ValueError):  # a stream without a descriptor, or a closed one
        return stream
    return output_stream(target, stream)


_SECONDS_BETWEEN_LINES = 10.0
"""Seconds between two lines of progress in a file or a pipe."""


@contextlib.contextmanager
def progress(screen: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function to call with each symbol before it is fetched.

    A terminal shows a progress bar. Elsewhere a line goes to standard error at the first symbol and every ten seconds.
    """
    if not screen.is_terminal:
        yield _progress_lines()
        return
    from rich.progress import Progress

    with Progress(console=screen, transient=True) as progress:
        task = progress.add_task("Fetching", total=None)

        def advance(symbol: str, done: int, total: int) -> None:
            progress.update(task, description=f"Fetching {symbol}", completed=done, total=total)

        yield advance


def _progress_lines() -> Callable[[str, int, int], None]:
    """Return a function that writes lines such as `Fetching SOL, 57 of 220`."""
    next_line = 0.0

    def advance(symbol: str, done: int, total: int) -> None:
        nonlocal next_line
        if (now := time.monotonic()) >= next_line:
            next_line = now + _SECONDS_BETWEEN_LINES
            typer.echo(f"Fetching {symbol}, {done + 1} of {total}", err=True)

    return advance


def require_one_market(market: str, data_dir: Path | None) -> None:
    """Raise ConfigError if both --data-dir and a --market other than auto are given."""
    if market != "auto" and data_dir is not None:
        raise ConfigError(f"--market {market} and --data-dir contradict each other", mend="keep one")


def market_line(name: str) -> str:
    """Describe a market by its name, in a line or two."""
    if name == "demo":
        return (
            "Market: DEMO, synthetic prices from a seed; they say nothing about real markets.\n"
            "For real prices: bot data update, or --data-dir FOLDER."
        )
    if name == "store":
        return "Market: the store, real prices that you fetched or imported."
    return f"Market: {name} (CSV folder)"


def parse_day(text: str | None, option: str) -> date | None:
    """Parse a date option. Raises ConfigError."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError("is not a date", where=option, expected="YYYY-MM-DD", was=repr(text)) from None


def parse_changes(assignments: Sequence[str] | None) -> dict[str, Any]:
    """Parse `--set a.b=value` options into a nested mapping; values are YAML. Raises ConfigError."""
    from bot.settings.yaml_text import parse_yaml

    changes: dict[str, Any] = {}
    for assignment in assignments or ():
        key, equals, text = assignment.partition("=")
        if not equals or not key:
            raise ConfigError("is not an assignment", where="--set", expected="key=value", was=repr(assignment))
        value = deepcopy(parse_yaml(text, f"--set {key}"))  # true, 0.5 and [ETH] mean what they mean in a config file
        *parents, last = key.split(".")
        if len(parents) > _DEEPEST_KEY:
            raise ConfigError("names no key", where="--set", was=repr(key))
        section: Any = changes
        for parent in parents:
            section = section.setdefault(parent, {})
            if not isinstance(section, dict):
                raise ConfigError(f"{parent!r} is set twice, once as a value", where=f"--set {key}")
        section[last] = value
    return changes


_DEEPEST_KEY = 8
"""Sections around a key; the deepest of a config has four."""


def percent(value: float | None) -> str:
    """Format a return as the report does, in ASCII.

    Parameters
    ----------
    value : float, optional
        Simple return as a share: 0.05 gives +5.0%.
    """
    return to_ascii(growth(value))


def number(value: float | None, digits: int = 2) -> str:
    """Format a number with thousands separators, in ASCII; an undefined one is a dash."""
    return to_ascii(ratio(value, digits))
