"""Command line: commands, exit codes, and one line for every error."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
import traceback
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import typer
from typer.exceptions import TyperException

from bot.cli.command_line import command_line
from bot.cli.console import discard_output, parse_changes, print_json, print_json_line, reserve_output, set_json_version
from bot.core.errors import BotError, ConfigError, MachineError
from bot.core.json_schema import SCHEMA_VERSION
from bot.infra.garbage import collect_rarely
from bot.infra.installation import require_current_folder, require_own_strategies, require_supported_system
from bot.infra.standard_streams import OUTPUT, name_failing_streams, open_closed_streams

INTERRUPTED = 130
_DEBUG, _JSON_VERSION = "--debug", "--json-version"


class Interrupted(BotError):
    """Ctrl-C was pressed."""

    exit_code = INTERRUPTED


class Bug(BotError):
    """Unexpected exception: exit code 1."""


_IN_ASCII = {"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{MULTIPLICATION SIGN}": "x"}


def _replace_unwritable(problem: UnicodeError) -> tuple[str, int]:
    """Replace letters that an output cannot encode: by an ASCII letter if the bot uses them, by ? otherwise."""
    if not isinstance(problem, UnicodeEncodeError):
        raise problem  # Python's own rule for an error handler that does not apply
    unwritable = problem.object[problem.start : problem.end]
    return "".join(_IN_ASCII.get(letter, "?") for letter in unwritable), problem.end


def _replace_unwritable_letters() -> None:
    """Replace letters that the terminal or pipe cannot encode, so that a command ends as usual."""
    codecs.register_error("plainly", _replace_unwritable)
    # A command that dies at a letter of its output would leave a half-printed result, so both streams are set.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plainly")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command. An error ends in one line and the exit code of its kind."""
    open_closed_streams()
    if arguments is None:
        name_failing_streams()
        collect_rarely()
    _replace_unwritable_letters()
    words = list(sys.argv[1:] if arguments is None else arguments)
    # Taken out by hand, so that it may stand before or after any command.
    given, version = _without_version([word for word in words if word != _DEBUG])
    is_json = "--json" in given and "--help" not in given
    with reserve_output(own_process=arguments is None) if is_json else contextlib.nullcontext():
        code = _run(given, version, is_debug=_DEBUG in words)
        with contextlib.suppress(ValueError):  # a stream that is closed already
            try:
                sys.stdout.flush()
            except OSError as problem:
                code = code or _unwritten(problem, given)
                discard_output()
        sys.exit(code)


def _run(given: Sequence[str], version: str, is_debug: bool) -> int:
    """Run a command and return its exit code; with `is_debug` the traceback of an error is printed and kept."""
    try:
        require_supported_system()
        require_current_folder()
        # First of all: a folder named `strategies` in the user's folder would be imported instead of the bot's.
        require_own_strategies()
        set_json_version(version)
        code = command_line()(given or ["--help"], standalone_mode=False) or 0
        if code == INTERRUPTED:  # typer's exit code for Ctrl-C
            raise KeyboardInterrupt
        return int(code)
    except TyperException as error:
        what = error.format_message().rstrip(".").replace("Value error, ", "")
        return _report(ConfigError(what, mend="see --help"), given)
    except BotError as error:
        if is_debug:
            _show_traceback(error, given)
        return _report(error, given)
    except (KeyboardInterrupt, typer.Abort):
        return _report(_interrupted(given), given)
    except BrokenPipeError as problem:
        return _unwritten(problem, given)
    except SystemExit as end:
        # typer and rich end the process themselves where a pipe is closed.
        if isinstance(end.__context__, BrokenPipeError):
            return _unwritten(end.__context__, given)
        raise
    except MemoryError:  # first: without memory, the modules of the next clause cannot be imported
        return _report(MachineError("the machine has too little memory", mend="free memory"), given)
    except Exception as problem:
        from bot.infra.machine_error import machine_error

        if isinstance(problem, OSError) and problem.filename == OUTPUT:
            return _unwritten(problem, given)
        if is_debug:
            typer.echo(_masked(problem), err=True)
        if (of_machine := machine_error(problem)) is not None:
            return _report(of_machine, given)
        return _report(Bug(_log_traceback(_state_of(given), problem)), given)


def _without_version(words: Sequence[str]) -> tuple[list[str], str]:
    """Take `--json-version N` out of the words of a command; it may stand before or after any command."""
    given, version = list(words), str(SCHEMA_VERSION)
    for place, word in enumerate(words):
        if word.startswith(f"{_JSON_VERSION}="):
            version = word.partition("=")[2]
            given.remove(word)
        elif word == _JSON_VERSION:
            version = "".join(words[place + 1 : place + 2])
            given = [*words[:place], *words[place + 2 :]]
    return given, version


def _unwritten(problem: OSError, given: Sequence[str]) -> int:
    """Discard further output and return the exit code: 0 at a closed pipe, whose reader has seen enough."""
    discard_output()
    if isinstance(problem, BrokenPipeError):
        return 0
    what = f"cannot be written: {problem.strerror}"
    return _report(MachineError(what, where=OUTPUT, mend="make room, or write it elsewhere"), given)


def _show_traceback(error: BotError, given: Sequence[str]) -> None:
    """Print the traceback of an error on standard error, and keep it in the log.

    An error of a user's strategy file has the exception of the file as its context, which is what to look at.
    """
    cause = error.__context__ or error
    typer.echo(_masked(cause), err=True)
    if _write_log(_state_of(given), "--debug", cause) is None:
        typer.echo(f"The log of {_state_of(given)} cannot be written.", err=True)


def _masked(problem: BaseException) -> str:
    """Format a traceback, with secrets of the environment masked."""
    from bot.paper.notifier import secret_filter

    return secret_filter(os.environ)("".join(traceback.format_exception(problem)).rstrip())


def _interrupted(given: Sequence[str]) -> Interrupted:
    """Return the error for Ctrl-C, with the state that the command leaves."""
    if given[:2] == ["paper", "replay"]:
        return Interrupted("interrupted; a replay is written when it is whole, so nothing was written")
    text = "interrupted; finished work is kept"
    if given[:1] == ["backtest"]:
        text += "; the run folder of the interrupted run is marked INCOMPLETE"
    return Interrupted(text)


def _report(error: BotError, given: Sequence[str]) -> int:
    """Print an error, under --json as an object too, and return its exit code."""
    # The words as given: an error in the options themselves comes before they are parsed.
    if "--json" in given:
        # A watch writes one object a line, and its error too.
        try:
            (print_json_line if given[:1] == ["watch"] else print_json)({"error": error.as_dict()})
        except OSError:  # the line on standard error is left
            discard_output()
    typer.echo(f"Error: {error}", err=True)
    return error.exit_code


def _state_of(given: Sequence[str]) -> Path:
    """Return the state folder of the command's config, or `logs` if that config is faulty."""
    from bot.settings.loader import load_config

    # Read by hand, since the command may have failed before its options were parsed.
    words = [part for word in given for part in (word.split("=", 1) if word.startswith("--") else [word])]
    pairs = list(pairwise(words))
    file = next((Path(value) for option, value in pairs if option in ("--config", "-c")), None)
    changes = [value for option, value in pairs if option == "--set" and value.startswith("state=")]
    try:
        return load_config(file, parse_changes(changes)).state
    except BotError:
        return Path("logs")


def _log_traceback(state: Path, problem: BaseException) -> str:
    """Write the traceback of a bug to the log, and return the message for the user."""
    text = "this is a bug in the bot, not in what you did"
    log = _write_log(state, "a bug", problem)
    if log is None:
        return f"{text}; its traceback could not be kept: {state / 'bot.log'} cannot be written"
    return f"{text}; please report it with {log}"


def _write_log(state: Path, title: str, problem: BaseException) -> Path | None:
    """Write a traceback to the log with secrets masked, and return the log, None if it cannot be written."""
    from loguru import logger

    log = state / "bot.log"
    try:
        logger.remove()  # its default prints to the terminal, where one line is enough
        logger.add(log, format="{time:YYYY-MM-DD HH:mm:ss!UTC} | {level: <8} | {message}")
    except OSError:
        return None
    # A traceback can hold a key from the environment.
    logger.error("{}\n{}", title, _masked(problem))
    return log
