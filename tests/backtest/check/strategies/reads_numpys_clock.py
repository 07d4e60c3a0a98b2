"""Read the clock through NumPy, in compiled code."""

from decimal import Decimal

import numpy as np

from bot import Decision


class Mine:
    name = "reads_numpys_clock"

    def decisions(self, market):
        eth = market[market.roles.eth]
        today = np.datetime64("today")  # fault
        words = ["IN" if moment > today else "OUT" for moment in market.decision_times]
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
