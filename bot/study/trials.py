"""Trials: what the log of plans has seen."""

from __future__ import annotations

from collections.abc import Sequence

from bot.ledger.plan_log import PlanEntry, PlanEntryKind


def trials(entries: Sequence[PlanEntry]) -> dict[str, int]:
    """Count what the log has seen: distinct plans that were run, and their variants, cells of multiverses included."""
    variants = {e.plan_sha256: int(e.body["variants"]) for e in entries if e.kind is PlanEntryKind.STUDIED}
    return {"plans": len(variants), "variants": sum(variants.values())}
