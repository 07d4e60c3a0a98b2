"""Chunks of a sweep: the sets that one thread or worker runs, and that one transaction writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.sweep.sweep_file import SweepRow
from bot.sweep.sweep_inputs import SweepInputs
from bot.sweep.variation import Variations
from bot.sweep.window_order import in_window_order

Chunk = Sequence[tuple[int, Mapping[str, object]]]
"""Numbers of sets with their changes by config key."""

Backend = Callable[[SweepInputs, Mapping[int, Chunk]], Iterator[tuple[int, list[SweepRow]]]]
"""Runs chunks by number and yields the rows of each as it finishes, in any order."""


def chunks_of(drawn: Sequence[Mapping[str, object]], size: int) -> dict[int, Chunk]:
    """Cut the sets, in window order, into numbered chunks of `size`."""
    numbered = in_window_order(drawn)
    return {at // size: numbered[at : at + size] for at in range(0, len(numbered), size)}


def run_chunk(variations: Variations, chunk: Chunk) -> list[SweepRow]:
    """Run the sets of a chunk."""
    figures = variations.figures_of([changes for _, changes in chunk])
    return [(number, changes, found) for (number, changes), found in zip(chunk, figures, strict=True)]
