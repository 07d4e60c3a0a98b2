"""Decide without a peek, and say that spreads are wide on the days before a fall."""

import numpy as np

from bot import Decision


class Mine:
    name = "peeks_at_spreads"

    def decisions(self, market):
        return [Decision(at, str(i // 5), "", {}, ()) for i, at in enumerate(market.decision_moments)]

    def stressed(self, market):
        eth = market[market.roles.eth]
        after = [eth.until(moment + np.timedelta64(1, "D")).close for moment in market.decision_times]
        return [at for at, closes in zip(market.decision_moments, after, strict=True) if closes[-1] < closes[-2:][0]]


def strategy():
    return Mine()
