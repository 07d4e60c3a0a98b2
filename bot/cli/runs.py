"""`bot runs`: the runs so far, and whether their ledgers are whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.console import ConfigOption, JsonOption, console, percent, print_json

if TYPE_CHECKING:
    from bot.ledger.run_folder import RunFolder


def runs(
    run: Annotated[str | None, typer.Argument(help="One run, or `latest`; all of them if left out.")] = None,
    config: ConfigOption = None,
    verify: Annotated[bool, typer.Option("--verify", help="Check the hash chain of each ledger.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the runs, oldest first; with --verify, check that no row of their ledgers was changed.

    Example: bot runs latest --verify
    """
    from bot.ledger.run_folder import find_run, list_runs
    from bot.settings.loader import load_config

    root = load_config(config).state / "runs"
    folders = [find_run(root, run)] if run is not None else list_runs(root)
    if run is not None and verify:
        folders[0].verify()
    told = [_described(folder, verify) for folder in folders]
    if as_json:
        print_json({"runs": told})
        return
    screen = console()
    if not told:
        screen.print(f"No runs yet in {root}. `bot backtest` makes one.")
    for line in told:
        screen.print(_line(line), markup=False, soft_wrap=True)


def _described(folder: RunFolder, verify: bool) -> dict[str, Any]:
    """What a folder says of itself; an interrupted run says only that."""
    told: dict[str, Any] = {"run_id": folder.run_id, "run_dir": str(folder.path), "complete": folder.is_complete}
    if folder.is_complete:
        manifest, summary = folder.json("manifest.json"), folder.json("summary.json")
        told |= {
            "market": manifest["market"],
            "start": summary["start"],
            "end": summary["end"],
            "total_return": summary["strategy"]["total_return"],
        }
        if verify:
            told["ledger_rows"] = folder.verify()
    return told


def _line(told: dict[str, Any]) -> str:
    if not told["complete"]:
        return f"{told['run_id']}  interrupted: not to be believed"
    checked = f"  ledger whole, {told['ledger_rows']:,} rows" if "ledger_rows" in told else ""
    made = f"{percent(told['total_return']):>8}  {told['market']}"
    return f"{told['run_id']}  {told['start']} to {told['end']}  {made}{checked}"
