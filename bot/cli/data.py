"""`bot data`: fetch live market data, and look after the store that keeps them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.console import (
    ConfigOption,
    DataDirOption,
    JsonOption,
    SetOption,
    console,
    end_with,
    parse_changes,
    parse_day,
    print_json,
    progress,
)
from bot.core.errors import ConfigError, DataError

if TYPE_CHECKING:
    from rich.console import Console

    from bot.data.store.update_result import UpdateResult
    from bot.services.data_check import Checked

data = typer.Typer(
    help="Fetch live market data, and look after the store that keeps them.", invoke_without_command=True
)
_NAMED = 12
"""How many symbols a line names before it only counts them."""


@data.callback()
def _help(context: typer.Context) -> None:
    """Fetch live market data, and look after the store that keeps them."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@data.command()
def update(
    symbols: Annotated[list[str] | None, typer.Argument(help="The series; all that have a vendor if left out.")] = None,
    since: Annotated[str | None, typer.Option(help="Ask again from this day on, YYYY-MM-DD.")] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch what is new from Yahoo, FRED and the exchanges; go on where the last update stopped.

    Every series is kept as soon as it is there: an update that is stopped loses nothing. Needs a network.

    Example: bot data update RUT ETH BTC
    """
    from bot.infra.clock import SystemClock
    from bot.services.data_update import update_store
    from bot.services.markets import store_path
    from bot.services.vendors import open_sessions
    from bot.settings.loader import load_config

    resolved = load_config(config, parse_changes(set_))
    first, clock, screen = parse_day(since, "--since"), SystemClock(), console(to_error=as_json)
    if first is not None and first > clock.now().date():
        raise ConfigError("lies in the future", where="--since", was=str(first))
    with open_sessions(resolved, clock) as sessions, progress(screen) as advance:
        results = update_store(resolved, sessions, clock, symbols or (), first, advance, screen.print)
    _show(screen, results)
    told = {"store": str(store_path(resolved)), "series": [_as_json(result) for result in results]}
    end_with(_missing(results, resolved.roles.symbols()), as_json, told)


@data.command(name="list")
def list_(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List every series of the store: its source, its days, and how its past was changed.

    Example: bot data list
    """
    from bot.data.store.store import Store
    from bot.services.markets import store_path
    from bot.settings.loader import load_config

    with Store.reading(store_path(load_config(config))) as store:
        found = store.coverage()
    if as_json:
        print_json({"series": [_coverage_json(row) for row in found]})
        return
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    screen, table = console(), Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name in ("Symbol", "Source", "First", "Last", "Rows", "Revised", "Seams"):
        table.add_column(name, justify="right" if name in ("Rows", "Revised", "Seams") else "left")
    for row in found:
        table.add_row(
            row.symbol,
            escape(row.source),
            row.first,
            row.last,
            f"{row.rows:,}",
            str(row.revisions or ""),
            str(len(row.source_changes) or ""),
        )
    screen.print(table)
    screen.print(f"{len(found)} series, {sum(row.rows for row in found):,} rows.")


@data.command()
def check(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look for faults in the store, or in a folder: a verdict for each series, what bars it, and from which day.

    Exit code 3 if any series is barred from trading; `quality.allow` in the config allows one.

    Example: bot data check --data-dir prices
    """
    from bot.services.data_check import check_data
    from bot.settings.loader import load_config

    found = check_data(load_config(config, parse_changes(set_)), data_dir)
    if not as_json:
        _show_check(console(), found)
    end_with(_bars(found), as_json, found.as_dict())


@data.command(name="import")
def import_(
    folder: Annotated[Path, typer.Argument(help="A folder of SYMBOL.csv files.")],
    config: ConfigOption = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a folder of CSV files into the store; what the store has already stays as it was first seen.

    Example: bot data import prices
    """
    from bot.infra.clock import SystemClock
    from bot.services.data_update import import_folder
    from bot.settings.loader import load_config

    resolved, screen = load_config(config, parse_changes(set_)), console(to_error=as_json)
    results, notes = import_folder(resolved, folder, SystemClock(), screen.print)
    if as_json:
        print_json({"series": [_as_json(result) for result in results], "notes": notes})
    _show(screen, results)
    for note in notes:
        screen.print(note, markup=False, soft_wrap=True)


@data.command()
def export(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Write the store as a folder of CSV files, read as the config says.

    Example: bot data export prices
    """
    from bot.data.vendors.csv_writer import write_folder
    from bot.services.markets import SECOND, stored_rows
    from bot.settings.loader import load_config

    stored = stored_rows(load_config(config, parse_changes(set_)))
    rows = {symbol: found.rows for symbol, found in stored.items() if not symbol.endswith(SECOND)}
    if not rows:
        raise DataError("there is no row to export", where="store", mend="see sources.seen_by in the config")
    write_folder(folder, rows)
    console().print(f"{len(rows)} series written to {folder}.", markup=False, soft_wrap=True)


@data.command()
def backup(
    file: Annotated[Path | None, typer.Argument(help="The copy; by default a new file in logs/backups.")] = None,
    config: ConfigOption = None,
) -> None:
    """Copy the store, also while it is in use, and check the copy.

    Example: bot data backup
    """
    from bot.data.store.store_file import back_up
    from bot.services.markets import store_path
    from bot.settings.loader import load_config

    resolved = load_config(config)
    target = file or resolved.state / "backups" / f"market-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.sqlite3"
    back_up(store_path(resolved), target)
    console().print(f"The store was copied to {target}, and the copy is whole.", markup=False, soft_wrap=True)


def _show_check(screen: Console, found: Checked) -> None:
    from rich import box
    from rich.table import Table

    from bot.data.quality import Standing

    of_close = [revision for revision in found.revisions if "close" in revision.changed]
    for revision in of_close[-_NAMED:]:
        seen = datetime.fromtimestamp(revision.seen_at, UTC)
        change = f"{revision.close_before:g} became {revision.close:g}, seen {seen:%Y-%m-%d}"
        screen.print(f"{revision.symbol} {revision.date}: close {change}", markup=False)
    if found.revisions:
        others = len(found.revisions) - len(of_close)
        screen.print(f"{len(of_close)} revision(s) of a close, {others} of other columns.")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name in ("Series", "Verdict", "Fault", "First", "Last", "Rows"):
        table.add_column(name, justify="right" if name == "Rows" else "left")
    for row in found.rows:
        style = "red" if row.standing == "barred" else None
        table.add_row(row.symbol, row.standing, row.kind, str(row.first), str(row.last), f"{row.count:,}", style=style)
    screen.print(table)
    for verdict in found.quarantined:
        since = f"{verdict.quarantined_from:%Y-%m-%d %H:%M}"
        why = verdict.quarantine_faults[0].text
        screen.print(f"{verdict.symbol} is barred from {since} UTC on: {why}.", markup=False, soft_wrap=True)
    counts = found.counts
    told = ", ".join(f"{counts[standing]} {standing}" for standing in reversed(Standing))
    screen.print(f"{counts.total()} series: {told}.")


def _as_json(result: UpdateResult) -> dict[str, Any]:
    return {
        "symbol": result.symbol,
        "vendor": result.vendor,
        "came": result.status,
        "new": result.new,
        "revised": result.revised,
        "last": result.last,
        "notes": list(result.notes),
        "problem": str(result.problem) if result.problem else None,
    }


def _coverage_json(row: Any) -> dict[str, Any]:
    return {
        "symbol": row.symbol,
        "source": row.source,
        "first": row.first,
        "last": row.last,
        "rows": row.rows,
        "revisions": row.revisions,
        "vintages": row.vintages,
        "last_seen_at": f"{datetime.fromtimestamp(row.last_seen_at, UTC):%Y-%m-%dT%H:%M:%SZ}",
        "seams": [{"date": day, "source": source} for day, source in row.source_changes],
    }


def _show(screen: Console, results: Sequence[UpdateResult]) -> None:
    """What came, in a table; then what did not, and why, the same reason told once."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name in ("", "Series", "New rows", "Revised"):
        table.add_column(name, justify="right" if name else "left")
    for came in dict.fromkeys(result.status for result in results):
        of_kind = [result for result in results if result.status is came]
        new, revised = sum(r.new for r in of_kind), sum(r.revised for r in of_kind)
        table.add_row(came.capitalize(), str(len(of_kind)), f"{new:,}", f"{revised:,}")
    screen.print(table)
    for result in results:
        for note in result.notes:
            screen.print(f"{result.symbol}: {note}.", markup=False, soft_wrap=True)
    for reason, symbols in _by_reason(results).items():
        named = ", ".join(symbols[:_NAMED]) + (f" and {len(symbols) - _NAMED} more" if len(symbols) > _NAMED else "")
        screen.print(f"{named}: {reason}.", markup=False, soft_wrap=True)


def _by_reason(results: Sequence[UpdateResult]) -> Mapping[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for result in results:
        if result.problem is not None:
            reasons.setdefault(f"{result.status}: {result.problem}", []).append(result.symbol)
    return reasons


def _bars(found: Checked) -> DataError | None:
    """What to say where a series is barred."""
    if not found.quarantined:
        return None
    named = ", ".join(verdict.symbol for verdict in found.quarantined)
    return DataError(
        f"{len(found.quarantined)} series barred from trading: {named}",
        mend="mend the data, or allow them with quality.allow in the config",
    )


def _missing(results: Sequence[UpdateResult], needed: Collection[str]) -> DataError | None:
    """What to say where something did not come that may come later, or that a rule needs."""
    from bot.data.store.update_result import UpdateStatus

    missing = [r for r in results if r.status in (UpdateStatus.FAILED, UpdateStatus.LATER)]
    missing += [r for r in results if r.status in (UpdateStatus.GONE, UpdateStatus.NOT_LISTED) and r.symbol in needed]
    if not missing:
        return None
    return DataError(
        f"{len(missing)} of {len(results)} series did not come; what came is kept", mend="resume with the same command"
    )
