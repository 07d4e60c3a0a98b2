"""Help of a command group with the whole first sentence of every command."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

_ANY_LENGTH = 1_000


class WholeSummaries(TyperGroup):
    """Command group whose help wraps the summary of a command; typer would cut it at the end of the line."""

    def summaries(self, ctx: Any) -> list[tuple[str, str]]:
        """List the names of the commands with their whole summaries."""
        shown = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        return [(name, found.get_short_help_str(_ANY_LENGTH)) for name, found in shown if found is not None]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the summary of each command beside its name."""
        with formatter.section("Commands"):
            formatter.write_dl(self.summaries(ctx))
