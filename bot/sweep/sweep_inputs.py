"""Inputs that all chunks of a sweep share: config, market, days of trading, and the simulation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from threading import Lock

from bot.core.market import Market
from bot.core.window import Window
from bot.settings.loader import Config
from bot.sweep.variation import Variations


class SweepInputs:
    """Inputs of a sweep. A pickle of them leaves out `variations`: each machine prepares its own."""

    def __init__(self, config: Config, market: Market, window: Window, compile_it: bool) -> None:
        self.config, self.market, self.window, self.compile_it = config, market, window, compile_it
        self._making = Lock()  # threads of a worker share the prepared market
        self._variations: Variations | None = None

    def __reduce__(self) -> tuple[Callable[..., SweepInputs], tuple[Config, Market, Window, bool]]:
        return SweepInputs, (self.config, self.market, self.window, self.compile_it)

    @property
    def variations(self) -> Variations:
        """The runs of these inputs, made once."""
        with self._making:
            if self._variations is None:
                self._variations = Variations(self.config, self.market, self.window, self.compile_it)
            return self._variations

    @property
    def sha256(self) -> str:
        """Hash of config, prices and days."""
        rows = [self.market[symbol].sha256 for symbol in sorted(self.market)]
        days = [str(self.window.start), str(self.window.end)]
        return hashlib.sha256("\n".join([self.config.fingerprint(), *rows, *days]).encode()).hexdigest()
