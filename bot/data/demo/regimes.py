"""Market regimes of the demo market, and their random order."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.data.demo.random_paths import Floats, stream


class Regime(NamedTuple):
    """Market regime; log returns and volatilities a year, drifts on top of the long-run trend."""

    sessions: tuple[int, int]  # shortest and longest spell
    then: tuple[float, float, float, float]  # odds of the regime that follows, in the order of REGIMES
    drift: float
    volatility: float
    small_cap_drift: float  # over large caps
    spread: float  # of high yield over Treasuries, per cent
    crypto_drift: float
    crypto_heat: float  # multiplies every coin's volatility


CALM = Regime((32, 72), (0.00, 0.86, 0.14, 0.00), -0.14, 0.11, -0.12, 3.8, -0.15, 0.80)
BOOM = Regime((40, 80), (0.85, 0.00, 0.15, 0.00), 0.22, 0.11, 0.12, 3.3, 0.40, 0.80)
STRESS = Regime((18, 38), (0.10, 0.00, 0.00, 0.90), -1.50, 0.27, -0.25, 7.0, -1.20, 1.80)
RECOVERY = Regime((35, 65), (0.40, 0.60, 0.00, 0.00), 0.60, 0.16, 0.12, 4.4, 0.30, 1.10)
REGIMES = (CALM, BOOM, STRESS, RECOVERY)


def draw_regimes(seed: int, component: str, count: int) -> NDArray[np.int64]:
    """Draw the position in REGIMES of each session: spells of random length, each followed by the regime's odds."""
    random, regime, path = stream(seed, component), 0, np.empty(0, np.int64)
    while len(path) < count:
        path = np.append(path, np.full(random.integers(*REGIMES[regime].sessions, endpoint=True), regime))
        regime = int(random.choice(len(REGIMES), p=REGIMES[regime].then))
    return path[:count]


def field_of(regimes: NDArray[np.int64], field: str) -> Floats:
    """Return a field of the regime of each session."""
    return np.array([getattr(regime, field) for regime in REGIMES], dtype=np.float64)[regimes]
