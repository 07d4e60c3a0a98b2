"""Texts of the ticks of an axis of log returns."""

from __future__ import annotations

from collections.abc import Sequence

from bot.study.page.plan_names import log_return


def tick_texts(ticks: Sequence[float]) -> list[tuple[float, str]]:
    """Return each tick with its text: signed, with as many decimals as the ticks need to differ."""
    decimals = next((d for d in (1, 2, 3) if all(abs(round(tick, d) - tick) < 1e-9 for tick in ticks)), 4)
    return [(tick, log_return(tick, decimals) if tick else "0") for tick in ticks]
