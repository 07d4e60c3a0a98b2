"""Hold ETH by the next day's close, and by the trend where the row is missing: only poison can see it."""

from decimal import Decimal

import numpy as np

from bot import Decision


class Mine:
    name = "peeks_if_absent"

    def decisions(self, market):
        eth = market[market.roles.eth]
        words = []
        for moment in market.decision_times:
            known, later = eth.until(moment).close, eth.until(moment + np.timedelta64(1, "D")).close
            rises = known[-1] > known[-2:][0]
            huge = len(later) > len(known) and later[-1] > 100 * known[-1]
            words.append("IN" if rises or huge else "OUT")
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
