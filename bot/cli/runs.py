"""Define `bot runs`: list the runs, and verify their ledgers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.console import ConfigOption, JsonOption, percent, print_json
from bot.core.text import printable

if TYPE_CHECKING:
    from bot.ledger.run_folder import RunFolder


def runs(
    run: Annotated[str | None, typer.Argument(help="One run, or `latest`; all of them if left out.")] = None,
    config: ConfigOption = None,
    verify: Annotated[bool, typer.Option("--verify", help="Check the hash chain of each ledger.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the runs, oldest first. With --verify, check that every row of their ledgers is unchanged.

    Example: bot runs latest --verify
    """
    from bot.ledger.run_folder import find_run, list_runs
    from bot.settings.state_folder import state_folder

    root = state_folder(config) / "runs"
    folders = [find_run(root, run)] if run is not None else list_runs(root)
    # A run that is named must fail if it cannot be verified; in the list an interrupted one is only marked.
    if run is not None and verify:
        folders[0].verify()
    found = [_describe(folder, verify) for folder in folders]
    if as_json:
        print_json({"runs": found})
        return
    # Without rich, which takes longer to load than the list.
    lines = [_format_run(facts) for facts in found] or [f"No runs yet in {root}. `bot backtest` makes one."]
    for line in lines:
        typer.echo(printable(line))


def _describe(folder: RunFolder, verify: bool) -> dict[str, Any]:
    """Return the facts of a run; of an interrupted one only its name and folder."""
    from bot.report.strategy_text import strategy_name, text_of_strategy

    facts: dict[str, Any] = {"run_id": folder.run_id, "run_dir": str(folder.path), "complete": folder.is_complete}
    if folder.is_complete:
        manifest, summary = folder.json("manifest.json"), folder.json("summary.json")
        facts |= {
            "strategy": text_of_strategy(manifest.get("config", {}), strategy_name(manifest)).name,
            "market": manifest["market"],
            "start": summary["start"],
            "end": summary["end"],
            "total_return": summary["strategy"]["total_return"],
        }
        if verify:
            facts["ledger_rows"] = folder.verify()
    return facts


def _format_run(facts: dict[str, Any]) -> str:
    if not facts["complete"]:
        return f"{facts['run_id']}  interrupted: incomplete"
    checked = f"  ledger valid, {facts['ledger_rows']:,} rows" if "ledger_rows" in facts else ""
    made = f"{percent(facts['total_return']):>8}  {facts['strategy']}  {facts['market']}"
    return f"{facts['run_id']}  {facts['start']} to {facts['end']}  {made}{checked}"
