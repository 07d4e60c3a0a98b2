"""Trials: what the log of plans has seen."""

from __future__ import annotations

from collections.abc import Sequence

from bot.core.errors import LedgerError
from bot.ledger.plan_log import PlanEntry, PlanEntryKind


def trials(entries: Sequence[PlanEntry]) -> dict[str, int]:
    """Count what the log has seen: distinct plans that were run, and their variants, cells of multiverses included.

    Raises LedgerError for an entry without a number of variants.
    """
    variants: dict[str, int] = {}
    for entry in entries:
        if entry.kind is PlanEntryKind.STUDIED:
            count = entry.body.get("variants")
            if type(count) is not int:
                raise LedgerError("has no number of variants", where=f"log of plans, entry {entry.number}")
            variants[entry.plan_sha256] = count
    return {"plans": len(variants), "variants": sum(variants.values())}
