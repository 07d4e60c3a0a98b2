"""Random paths of the demo market, each from a stream of its own."""

import zlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def stream(seed: int, component: str) -> np.random.Generator:
    """Return the random stream of one component."""
    # Keyed by the name: a new coin leaves the numbers of all others as they are.
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(component.encode()),)))


def student(random: np.random.Generator, count: int) -> Floats:
    """Return shocks of variance one from Student's t with five degrees of freedom, clipped at six."""
    # Clipped, so that a single day cannot dominate a history.
    return np.clip(random.standard_t(5.0, count) / float(np.sqrt(5.0 / 3.0)), -6.0, 6.0)


def smooth(values: Floats, half_life: float) -> Floats:
    """Return the exponential mean of the values; `half_life` is in steps."""
    import pandas as pd  # not at the top: commands without the demo market would wait for it

    return pd.Series(values).ewm(halflife=half_life, adjust=False).mean().to_numpy(dtype=np.float64)


def fading_sum(steps: Floats, half_life: float) -> Floats:
    """Return a running sum in which a step's effect halves every `half_life` steps."""
    rest = steps[1:] / (1.0 - 0.5 ** (1.0 / half_life))  # an exponential mean takes its first value whole
    return smooth(np.concatenate([steps[:1], rest]), half_life)


def cycle(random: np.random.Generator, count: int, half_life: float, deviation: float) -> Floats:
    """Return a stationary first-order autoregression around zero."""
    steps = random.standard_normal(count) * deviation
    steps[1:] *= np.sqrt(1.0 - 0.25 ** (1.0 / half_life))
    return fading_sum(steps, half_life)
