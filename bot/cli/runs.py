"""Define `bot runs`: list the runs, show one, verify their ledgers, and remove some."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.complete_names import complete_runs
from bot.cli.console import ConfigOption, JsonOption, number, percent, print_json
from bot.cli.warning_output import warning_lines
from bot.cli.whole_summaries import WholeSummaries
from bot.core.errors import ConfigError, LedgerError
from bot.core.plural import counted
from bot.core.text import printable

if TYPE_CHECKING:
    from bot.ledger.run_folder import RunFolder

SUMMARY = "List the runs, newest first; show, verify or remove one."


class RunsGroup(WholeSummaries):
    """Group whose first word may be a run: `bot runs latest` is `bot runs list latest`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name of the default command before other words."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["list", *args]
        return list(super().parse_args(ctx, args))


def _complete_first_word(ctx: Any, incomplete: str) -> list[str]:
    """Return commands and runs that begin as typed: `bot runs` may be followed by either."""
    commands = [name for name in ("list", "show", "rm") if name.startswith(incomplete)]
    return commands + complete_runs(ctx, incomplete)


runs = typer.Typer(cls=RunsGroup, help=f"{SUMMARY}\n\nExample: bot runs latest --verify")
RunArgument = Annotated[
    str | None,
    typer.Argument(
        help="A run's name or id, `latest`, or the path of its folder; all of them if left out.",
        autocompletion=_complete_first_word,
    ),
]


@runs.command(name="list")
def list_(
    run: RunArgument = None,
    config: ConfigOption = None,
    verify: Annotated[bool, typer.Option("--verify", help="Check the hash chain of each ledger.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the runs, newest first, in two lines each; the word `list` may be left out.

    With --verify, check that every row of their ledgers is unchanged.

    Example: bot runs list latest --verify
    """
    from bot.ledger.run_folder import find_run, list_runs
    from bot.settings.state_folder import state_folder

    root = state_folder(config) / "runs"
    folders = [find_run(root, run)] if run is not None else list_runs(root)
    # A run that is named must fail if it cannot be verified; in the list an interrupted one is only marked.
    if run is not None and verify:
        folders[0].verify()
    # One damaged run must not hide the others from a list.
    is_list = run is None and not verify
    found = [_describe_or_problem(folder) if is_list else _describe(folder, verify) for folder in folders]
    if as_json:
        print_json({"runs": found})
        return
    # Without rich, which takes longer to load than the list.
    lines = [line for facts in found for line in _format_run(facts)]
    for line in lines or [f"No runs yet in {root}. `bot backtest` makes one."]:
        typer.echo(printable(line))


@runs.command()
def show(
    run: Annotated[str, typer.Argument(help="The run's name or id, or `latest`.", autocompletion=complete_runs)],
    config: ConfigOption = None,
    every: Annotated[bool, typer.Option("--warnings", help="Show every warning; by default three.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show one run: name, note, command, strategy, config, days, result, files and warnings.

    Example: bot runs show latest
    """
    from bot.ledger.run_folder import find_run
    from bot.settings.state_folder import state_folder

    folder = find_run(state_folder(config) / "runs", run)
    facts = _describe(folder, verify=False) | (_details(folder) if folder.is_complete else {})
    if as_json:
        print_json(facts)
        return
    for title, value in _lines(facts).items():
        typer.echo(printable(f"{title:9} {value}"))
    warnings = facts.get("warnings", [])
    for line in warning_lines(warnings, shutil.get_terminal_size().columns, every, "all with --warnings"):
        typer.echo(line)


@runs.command()
def rm(
    run: Annotated[list[str], typer.Argument(help="Names or ids of runs, or `latest`.", autocompletion=complete_runs)],
    config: ConfigOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Remove them without asking.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Ask, then remove runs with all their files. Exit code 2 if they are kept.

    Example: bot runs rm gated-2016 latest
    """
    from bot.ledger.run_folder import find_run, remove_run
    from bot.settings.state_folder import state_folder

    root = state_folder(config) / "runs"
    found = list(dict.fromkeys(find_run(root, name) for name in run))
    for folder in found:
        # A folder elsewhere may have other files of the user.
        if folder.path.parent != root:
            raise ConfigError("is not in the folder of the runs", where=str(folder.path), mend="remove it by hand")
    for folder in found:
        for line in _format_run(_describe_or_problem(folder)):
            typer.echo(printable(line), err=as_json)
    if not yes and not _confirmed(len(found), to_error=as_json):
        raise ConfigError("nothing was removed", mend="answer y, or give --yes")
    for folder in found:
        remove_run(folder)
    if as_json:
        print_json({"removed": [folder.run_id for folder in found]})
        return
    typer.echo(f"Removed {counted(len(found), 'run')}.")


def _confirmed(count: int, to_error: bool) -> bool:
    """Ask whether runs are to be removed; at the end of the input they are kept."""
    try:
        return typer.confirm(f"Remove {counted(count, 'run')} with all files?", err=to_error)
    except typer.Abort:
        typer.echo(err=to_error)
        return False


def _describe_or_problem(folder: RunFolder) -> dict[str, Any]:
    """Return the facts of a run; of a damaged one its id, its folder and the `problem`."""
    try:
        return _describe(folder, verify=False)
    except LedgerError as problem:
        return {**_identity(folder), "problem": str(problem)}


def _identity(folder: RunFolder) -> dict[str, Any]:
    return {"run_id": folder.run_id, "run_dir": str(folder.path), "complete": folder.is_complete}


def _describe(folder: RunFolder, verify: bool) -> dict[str, Any]:
    """Return the facts of a run; of an interrupted one only its id and folder. Raises LedgerError if it is damaged."""
    from bot.ledger.run_label import label_of
    from bot.report.strategy_text import strategy_name, text_of_strategy

    facts = _identity(folder)
    if folder.is_complete:
        manifest, summary = folder.json("manifest.json"), folder.json("summary.json")
        config, label = manifest.get("config", {}), label_of(manifest)
        text = text_of_strategy(config, strategy_name(manifest))
        facts |= {
            "name": label.name,
            "note": label.note,
            "strategy": text.name,
            "config": _config_file(manifest.get("command", "")),
            "entry": config.get("rotation", {}).get("entry") if text.is_rotation else None,
            "market": manifest["market"],
            "start": summary["start"],
            "end": summary["end"],
            "total_return": summary["strategy"]["total_return"],
        }
        if verify:
            facts["ledger_rows"] = folder.verify()
    return facts


def _details(folder: RunFolder) -> dict[str, Any]:
    """Return more facts of a complete run: how it was made, its figures, report and warnings."""
    manifest, summary = folder.json("manifest.json"), folder.json("summary.json")
    return {
        "command": manifest.get("command", ""),
        "started": manifest.get("started", ""),
        "max_drawdown": summary["strategy"].get("max_drawdown"),
        "trades": summary["strategy"].get("trades"),
        "report": str(folder.path / "report.html"),
        "warnings": summary.get("warnings", []),
    }


def _config_file(command: str) -> str | None:
    """Return the config file that a command names, by default default.yaml, if `bot` made the run."""
    try:
        words = [part for word in shlex.split(command) for part in _parts(word)]
    except ValueError:  # a command of an older version with a quote
        return None
    if words[:1] != ["bot"]:
        return None
    return next((Path(file).name for option, file in pairwise(words) if option in ("--config", "-c")), "default.yaml")


def _parts(word: str) -> Sequence[str]:
    return word.split("=", 1) if word.startswith("--") else [word]


def _format_run(facts: Mapping[str, Any]) -> list[str]:
    """Format a run as two lines: which one and what came out, then how it was made."""
    if not facts["complete"]:
        return [f"{facts['run_id']}  interrupted: incomplete"]
    if "problem" in facts:
        return [f"{facts['run_id']}  damaged: {facts['problem']}"]
    checked = f"  ledger valid, {counted(facts['ledger_rows'], 'row')}" if "ledger_rows" in facts else ""
    name = f"  {facts['name']}" if facts["name"] else ""
    first = f"{facts['run_id']}  {facts['start']} to {facts['end']}  {percent(facts['total_return']):>8}"
    return [first + name, f"  {', '.join(_made(facts))}{checked}"]


def _made(facts: Mapping[str, Any]) -> list[str]:
    """Return the strategy, its entry, the config and the market of a run, as far as they are known."""
    entry = [f"entry {facts['entry']}"] if facts["entry"] else []
    config = [f"config {facts['config']}"] if facts["config"] else []
    return [facts["strategy"], *entry, *config, f"market {facts['market']}"]


def _lines(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return the lines of `bot runs show` by their titles."""
    if not facts["complete"]:
        return {"Run": facts["run_id"], "State": "interrupted: incomplete", "Folder": facts["run_dir"]}
    return {
        "Run": facts["run_id"],
        **({"Name": facts["name"]} if facts["name"] else {}),
        **({"Note": facts["note"]} if facts["note"] else {}),
        "Made by": ", ".join(_made(facts)),
        "Command": facts["command"],
        "Started": facts["started"],
        "Days": f"{facts['start']} to {facts['end']}",
        "Return": percent(facts["total_return"]),
        "Drawdown": percent(facts["max_drawdown"]),
        "Trades": number(facts["trades"], 0),
        "Report": facts["report"],
    }
