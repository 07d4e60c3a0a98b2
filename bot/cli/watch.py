"""Define `bot watch`: alerts alone, for a reader who trades elsewhere."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from bot.cli.console import (
    ConfigOption,
    DataDirOption,
    MarketOption,
    SetOption,
    console,
    parse_changes,
    print_json_line,
    require_one_market,
)
from bot.core.errors import ConfigError


def watch(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    market: MarketOption = "auto",
    once: Annotated[bool, typer.Option("--once", help="Look once and end, for cron.")] = False,
    set_: SetOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line for each alert.")] = False,
) -> None:
    """Send alerts without a portfolio: stage changes, near misses, stale data and new looks of the registered plan.

    By default it fetches new prices into the store and looks at them, then again after each midnight (UTC). Each alert
    is shown once, and sent once to the addresses of BOT_NOTIFY_URLS. It has no ledger, no broker and no keys.

    Exit code 3: prices are missing, or an address did not take an alert, which the next look sends again; 5: another
    process watches the same.

    Example: bot watch --once --json
    """
    from bot.infra.clock import SystemClock
    from bot.paper.daemon import Stop
    from bot.paper.notifier import open_post, secret_filter
    from bot.paper.watch.watch_alerts import Alert
    from bot.paper.watch.watcher import Watcher, alert_line, problem_of, summary_line
    from bot.settings.loader import load_config

    require_one_market(market, data_dir)
    if market == "demo" and not once:
        raise ConfigError("needs --once: the demo market has no new days", where="--market", was="demo")
    resolved, screen = load_config(config, parse_changes(set_)), console(to_error=as_json)
    hide = secret_filter(os.environ)

    def say(line: str) -> None:
        screen.print(hide(line), markup=False, soft_wrap=True)

    def show(alert: Alert) -> None:
        if as_json:
            print_json_line(alert.as_dict())
        else:
            say(alert_line(alert))

    watcher = Watcher(resolved, data_dir, market, SystemClock(), open_post(resolved, os.environ), show, say)
    if not once:
        watcher.run(Stop())
        say("Stopped.")
        return
    result = watcher.once()
    say(summary_line(result))
    if (problem := problem_of(result)) is not None:
        raise problem
