"""Define `bot paper anchor`: have the head of a ledger time-stamped."""

from __future__ import annotations

import typer

from bot.cli.console import ConfigOption, JsonOption, SetOption, console, print_json
from bot.cli.paper.options import LedgerOption, config_of, line_printer, name_of

anchors = typer.Typer()


@anchors.command()
def anchor(
    ledger: LedgerOption = "paper", config: ConfigOption = None, set_: SetOption = None, as_json: JsonOption = False
) -> None:
    """Have number and hash of the last row time-stamped by an authority (RFC 3161), and keep the token.

    The authority is `anchor.authority` of the config; it gets a digest alone. The token is a new file beside the
    ledger, named after the row. `bot review verify --anchors` verifies it offline. Exit code 3 if a valid answer is
    missing; then the folder stays as it was.

    Example: bot paper anchor --ledger mine
    """
    from bot.paper.anchor import anchor_ledger

    name = name_of(ledger)
    found = anchor_ledger(config_of(config, set_), name)
    if as_json:
        print_json({"ledger": name, **found.to_dict()})
    say = line_printer(console(to_error=as_json))
    stamped = f"{found.token.time:%Y-%m-%d %H:%M:%S} UTC by {found.token.authority}"
    say(f"{name}: row {found.row:,} {'is' if found.is_new else 'was already'} time-stamped, {stamped}.")
    say(f"Token: {found.path}. Keep a copy elsewhere.")
    if not found.is_verified:
        say("The signature was not verified: set anchor.certificate to the authority's certificate.")
