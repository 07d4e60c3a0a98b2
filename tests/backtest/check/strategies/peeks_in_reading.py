"""Decide without a peek, and show the next day's close as a reading."""

import numpy as np

from bot import Decision


class Mine:
    name = "peeks_in_reading"

    def decisions(self, market):
        eth = market[market.roles.eth]
        after = [eth.until(moment + np.timedelta64(1, "D")).close for moment in market.decision_times]
        words = [str(i // 50) for i in range(len(after))]
        return [
            Decision(at, word, word, {}, (), readings={"rank": np.nan, "next": closes[-1]})
            for at, word, closes in zip(market.decision_moments, words, after, strict=True)
        ]


def strategy():
    return Mine()
