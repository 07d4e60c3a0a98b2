"""Define `bot data`: fetch live market data, and inspect, check, import, export and back up the store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.check_output import print_check
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
from bot.cli.data_output import coverage_to_dict, print_coverage, print_results, result_to_dict
from bot.cli.whole_summaries import WholeSummaries
from bot.core.errors import ConfigError, DataError
from bot.data.csv.csv_format import CsvFormat

if TYPE_CHECKING:
    from bot.data.store.update_result import UpdateResult
    from bot.services.data_check import Checked

data = typer.Typer(
    cls=WholeSummaries, help="Fetch live market data, and manage the store.", invoke_without_command=True
)


@data.callback()
def _help(context: typer.Context) -> None:
    """Fetch live market data, and manage the store."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@data.command()
def update(
    symbols: Annotated[list[str] | None, typer.Argument(help="The series; by default all that have a vendor.")] = None,
    since: Annotated[str | None, typer.Option(help="Fetch again from this day on, YYYY-MM-DD.")] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch new rows from Yahoo, FRED, DefiLlama and the exchanges, from where the last update stopped.

    Each series is stored as soon as it is fetched: after a stop, run the same command again. Needs a network.

    Example: bot data update RUT ETH BTC
    """
    from bot.infra.clock import SystemClock
    from bot.services.data_update import update_store
    from bot.services.markets import store_path
    from bot.services.vendors import open_sessions
    from bot.settings.loader import load_config
    from bot.study.registration import follow

    resolved = load_config(config, parse_changes(set_))
    first, clock, screen = parse_day(since, "--since"), SystemClock(), console(to_error=as_json)
    # A day in the future fetches nothing, and would end as a success.
    if first is not None and first > clock.now().date():
        raise ConfigError("is in the future", where="--since", was=str(first))
    with open_sessions(resolved, clock) as sessions, progress(screen) as advance:
        results = update_store(resolved, sessions, clock, symbols or (), first, advance, screen.print)
    print_results(screen, results)
    if (line := follow(resolved, clock.now())) is not None:
        screen.print(line, markup=False, soft_wrap=True)
    data = {"store": str(store_path(resolved)), "series": [result_to_dict(result) for result in results]}
    end_with(_missing_error(results, resolved.roles.symbols()), as_json, data)


@data.command()
def archive(
    coins: Annotated[list[str] | None, typer.Argument(help="The coins; by default all that were ever listed.")] = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch the daily candles of every coin that Binance ever listed, dead ones too, from its public archive.

    They are a source of their own beside the live listings; backtests, sweeps and studies read both. Each file is
    stored as soon as it is fetched: after a stop, run the same command again. Needs a network; a first run of all coins
    takes hours, since requests are spaced. Exit code 3 if a file failed.

    Example: bot data archive LUNC FTT SRM
    """
    from bot.infra.clock import SystemClock
    from bot.services.archive_update import open_archive_session, update_archive
    from bot.services.markets import store_path
    from bot.settings.loader import load_config

    resolved, clock, screen = load_config(config, parse_changes(set_)), SystemClock(), console(to_error=as_json)
    with open_archive_session(resolved, clock) as session, progress(screen) as advance:
        results = update_archive(resolved, session, clock, coins or (), advance, screen.print)
    print_results(screen, results)
    data = {"store": str(store_path(resolved)), "series": [result_to_dict(result) for result in results]}
    end_with(_missing_error(results, ()), as_json, data)


@data.command(name="list")
def list_(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List every series of the store: source, days, rows, revisions and source changes.

    Example: bot data list
    """
    from bot.data.store.store import Store
    from bot.services.markets import store_path
    from bot.settings.loader import load_config

    with Store.reading(store_path(load_config(config))) as store:
        found = store.coverage()
    if as_json:
        print_json({"series": [coverage_to_dict(row) for row in found]})
        return
    print_coverage(console(), found)


@data.command()
def check(
    symbols: Annotated[
        list[str] | None, typer.Argument(help="Series to list with each fault; by default counts of all.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="List each fault of each series.")] = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the store, or a folder, for faults: the verdict, quarantined series, and the number of faults by kind.

    With series or --all each fault of each series is listed. Exit code 3 if any series is quarantined; `quality.allow`
    in the config allows one.

    Example: bot data check BTC --data-dir prices
    """
    from bot.services.data_check import check_data
    from bot.settings.loader import load_config

    found = check_data(load_config(config, parse_changes(set_)), data_dir)
    if symbols:
        found = found.of(symbols)
    if not as_json:
        print_check(console(), found, in_detail=every or bool(symbols))
    end_with(_quarantine_error(found), as_json, found.as_dict())


@data.command(name="import")
def import_(
    folder: Annotated[Path, typer.Argument(help="A folder of CSV files, or one file.")],
    csv_format: Annotated[
        CsvFormat, typer.Option("--format", help="Whose files they are; auto recognises each by its header.")
    ] = CsvFormat.AUTO,
    config: ConfigOption = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import CSV files into the store: SYMBOL.csv, or downloads of vendors. Stored rows stay as they were first seen.

    Exit code 3 if a series failed; the others are stored.

    Example: bot data import prices
    """
    from bot.infra.clock import SystemClock
    from bot.services.data_update import import_folder
    from bot.settings.loader import load_config

    resolved, screen = load_config(config, parse_changes(set_)), console(to_error=as_json)
    results, notes = import_folder(resolved, folder, SystemClock(), screen.print, csv_format)
    print_results(screen, results)
    for note in notes:
        screen.print(note, markup=False, soft_wrap=True)
    data = {"series": [result_to_dict(result) for result in results], "notes": notes}
    end_with(_import_error(results), as_json, data)


@data.command()
def export(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    config: ConfigOption = None,
    set_: SetOption = None,
) -> None:
    """Export the store as a folder of CSV files, in the version that `sources.reading` names.

    Example: bot data export prices
    """
    from bot.data.vendors.csv_writer import write_folder
    from bot.services.archive_coins import ARCHIVE
    from bot.services.markets import SECOND, stored_rows
    from bot.settings.loader import load_config

    stored = stored_rows(load_config(config, parse_changes(set_)))
    # The folder format has one file a symbol: that of a second vendor and of the archive are left out.
    rows = {symbol: found.rows for symbol, found in stored.items() if not symbol.endswith((SECOND, ARCHIVE))}
    if not rows:
        raise DataError("the store has no row to export", where="store", mend="check sources.seen_by in the config")
    write_folder(folder, rows)
    console().print(f"{len(rows)} series written to {folder}.", markup=False, soft_wrap=True)


@data.command()
def backup(
    file: Annotated[Path | None, typer.Argument(help="The copy; by default a new file in logs/backups.")] = None,
    config: ConfigOption = None,
) -> None:
    """Copy the store, even while it is in use, and check the copy.

    Example: bot data backup
    """
    from bot.data.store.store_file import back_up
    from bot.infra.clock import SystemClock
    from bot.services.markets import store_path
    from bot.settings.loader import load_config

    resolved = load_config(config)
    target = file or resolved.state / "backups" / f"market-{SystemClock().now():%Y%m%dT%H%M%SZ}.sqlite3"
    target = back_up(store_path(resolved), target, numbered=file is None)
    console().print(f"The store was copied to {target}; the copy is valid.", markup=False, soft_wrap=True)


def _quarantine_error(found: Checked) -> DataError | None:
    """Return the error for quarantined series, if there are any."""
    if not found.quarantined:
        return None
    named = ", ".join(verdict.symbol for verdict in found.quarantined)
    return DataError(
        f"{len(found.quarantined)} series quarantined: {named}",
        mend="correct the data, or allow them with quality.allow in the config",
    )


def _import_error(results: Sequence[UpdateResult]) -> DataError | None:
    """Return the error for series of a folder that failed, if there are any."""
    failed = [result.symbol for result in results if result.problem is not None]
    if not failed:
        return None
    return DataError(
        f"{len(failed)} of {len(results)} series failed: {', '.join(failed)}; the others are stored",
        mend="correct their files and run the same command again",
    )


def _missing_error(results: Sequence[UpdateResult], needed: Collection[str]) -> DataError | None:
    """Return the error for series that failed or were left for later, and for required ones that are gone."""
    from bot.data.store.update_result import UpdateStatus

    missing = [r for r in results if r.status in (UpdateStatus.FAILED, UpdateStatus.LATER)]
    # A coin that was delisted is no fault, but a series that the rotation reads is.
    missing += [r for r in results if r.status in (UpdateStatus.GONE, UpdateStatus.NOT_LISTED) and r.symbol in needed]
    if not missing:
        return None
    return DataError(
        f"{len(missing)} of {len(results)} series are missing; the others are stored",
        mend="resume with the same command",
    )
