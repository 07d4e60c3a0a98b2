"""A small loop to compile."""

from __future__ import annotations

import numpy as np


def total(values: np.ndarray) -> float:
    """Sum values."""
    found = 0.0
    for value in values:
        found += value
    return found
