"""Define `bot config`: check a config, show it resolved, or print its schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.console import JsonOption, SetOption, console, parse_changes, print_json
from bot.cli.whole_summaries import WholeSummaries

config = typer.Typer(
    cls=WholeSummaries, help="Check a config, show it resolved, or print its schema.", invoke_without_command=True
)

FileArgument = Annotated[Path | None, typer.Argument(help="A YAML config; by default config/default.yaml.")]


@config.callback()
def _help(context: typer.Context) -> None:
    """Check a config, show it resolved, or print its schema."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@config.command()
def check(file: FileArgument = None, set_: SetOption = None, as_json: JsonOption = False) -> None:
    """Check a config and everything that it extends.

    Example: bot config check config/gated.yaml
    """
    from bot.settings.loader import DEFAULT_CONFIG, load_config

    resolved = load_config(file, parse_changes(set_))
    if as_json:
        print_json({"file": str(file or DEFAULT_CONFIG), "config_hash": resolved.fingerprint()})
    else:
        console().print(f"{file or DEFAULT_CONFIG} is valid (hash {resolved.fingerprint()[:8]}).", soft_wrap=True)


@config.command()
def show(file: FileArgument = None, set_: SetOption = None, as_json: JsonOption = False) -> None:
    """Show a config as the bot reads it, with every `extends` merged.

    Example: bot config show config/gated.yaml
    """
    import yaml

    from bot.settings.loader import load_config

    plain = load_config(file, parse_changes(set_)).resolved()
    if as_json:
        print_json(plain)
    else:
        typer.echo(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100), nl=False)


@config.command()
def schema() -> None:
    """Print the JSON schema of a config, for editors.

    Example: bot config schema > config.schema.json
    """
    from bot.settings.loader import Config

    print_json(Config.model_json_schema())
