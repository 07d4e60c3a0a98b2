"""Hold ETH if the close of the day that has only begun is above the close before."""

from decimal import Decimal

import numpy as np

from bot import Decision


class Mine:
    name = "peeks_one_day"

    def decisions(self, market):
        eth = market[market.roles.eth]
        words = []
        for moment in market.decision_times:
            known = eth.until(moment + np.timedelta64(1, "D")).close
            words.append("IN" if known[-1] > known[-2:][0] else "OUT")
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
