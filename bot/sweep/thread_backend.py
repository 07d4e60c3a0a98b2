"""Run the chunks of a sweep on the threads of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from bot.sweep.chunks import Chunk, run_chunk
from bot.sweep.sweep_file import SweepRow
from bot.sweep.sweep_inputs import SweepInputs


def run_on_threads(inputs: SweepInputs, chunks: Mapping[int, Chunk]) -> Iterator[tuple[int, list[SweepRow]]]:
    """Run chunks on a thread a core; the compiled loop releases the interpreter lock."""

    def run(number: int) -> tuple[int, list[SweepRow]]:
        return number, run_chunk(inputs.variations, chunks[number])

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        try:
            yield from threads.map(run, chunks)
        finally:
            threads.shutdown(cancel_futures=True)
