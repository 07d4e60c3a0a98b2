"""Define `bot dashboard`: ledgers and runs as read-only web pages."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from bot.cli.console import ConfigOption, console, stop_event
from bot.cli.peek import note_command

TOKEN = "BOT_DASHBOARD_TOKEN"


def dashboard(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8790,
    host: Annotated[
        str, typer.Option(help="The address to listen on; one beyond this machine needs a token.")
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(help=f"The access token; safer in {TOKEN}, since other users see a command's options."),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Show ledgers and runs on read-only web pages, until Ctrl-C.

    Example: bot dashboard --port 8790
    """
    from bot.infra.clock import SystemClock
    from bot.settings.loader import load_config
    from bot.web.dashboard_server import DashboardServer
    from bot.web.site_sources import site_of

    resolved, clock = load_config(config), SystemClock()
    note_command(resolved.state, "bot dashboard", clock.now().date())
    site = site_of(resolved, clock)
    # An empty variable counts as unset, as a shell's `BOT_DASHBOARD_TOKEN= bot dashboard` means it.
    server = DashboardServer(site, host, port, token or os.environ.get(TOKEN) or None)
    with server, stop_event() as ended:
        screen = console()
        screen.print(f"Dashboard: {server.url}", markup=False, soft_wrap=True)
        if server.needs_token:
            screen.print(f"Open it once at {server.url}/enter?token=TOKEN", markup=False, soft_wrap=True)
        screen.print("The dashboard is read-only. Stop with Ctrl-C.", markup=False)
        ended.wait()
