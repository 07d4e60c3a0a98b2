"""Define `bot doctor`: check the config, the store, this machine and the vendors."""

from __future__ import annotations

import os
from textwrap import wrap

from bot.cli.console import ConfigOption, JsonOption, SetOption, console, end_with, parse_changes
from bot.core.errors import DataError
from bot.core.plural import counted
from bot.core.text import printable

_NAME = len("binance-data")
_HANG = len("fault ") + _NAME + 1
"""Column in which the text of a check begins."""


def doctor(config: ConfigOption = None, set_: SetOption = None, as_json: JsonOption = False) -> None:
    """Check the config, the store, its freshness, the clock, the disk, the guard, keys, and every vendor.

    Keys are looked up and never shown. Each vendor gets one small request, which needs a network. Exit code 3 if a
    check fails.

    Example: bot doctor
    """
    from bot.infra.clock import SystemClock
    from bot.services.doctor import CheckVerdict, examine
    from bot.services.vendors import open_sessions
    from bot.settings.loader import load_config

    resolved = load_config(config, {**parse_changes(set_)})
    # One try a vendor: a check must answer within seconds, and a retry would hide a flaky network.
    resolved = resolved.model_copy(update={"sources": resolved.sources.model_copy(update={"tries": 1})})
    clock, screen = SystemClock(), console(to_error=as_json)
    marks = {
        CheckVerdict.SOUND: "[green]ok   [/]",
        CheckVerdict.NOTE: "[yellow]note [/]",
        CheckVerdict.FAULT: "[red]fault[/]",
    }
    checks = []
    with open_sessions(resolved, clock) as sessions:
        for check in examine(resolved, clock, sessions, os.environ):
            checks.append(check)
            screen.print(f"{marks[check.verdict]} {check.name:{_NAME}}", end=" ")
            # Printed as each check ends, since a vendor may take seconds to answer.
            lines = wrap(printable(check.text), screen.width - _HANG, break_on_hyphens=False, break_long_words=False)
            screen.print(f"\n{' ' * _HANG}".join(lines), markup=False, soft_wrap=True)
    faults = [check.name for check in checks if check.verdict is CheckVerdict.FAULT]
    error = DataError(f"{counted(len(faults), 'fault')}: {', '.join(faults)}", mend="see above") if faults else None
    end_with(error, as_json, {"checks": [{"name": c.name, "verdict": c.verdict, "message": c.text} for c in checks]})
