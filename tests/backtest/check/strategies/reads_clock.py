"""Hold ETH if the year of the computer's clock is even."""

import datetime
from decimal import Decimal

from bot import Decision


class Mine:
    name = "reads_clock"

    def decisions(self, market):
        eth = market[market.roles.eth]
        year = datetime.datetime.now(datetime.UTC).year  # noqa: TID251  # fault
        words = ["IN" if year % 2 == 0 else "OUT" for _ in market.decision_times]
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
