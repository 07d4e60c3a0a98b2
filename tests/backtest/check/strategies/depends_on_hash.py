"""Name the stage by the first letter of a set."""

from decimal import Decimal

from bot import Decision


class Mine:
    name = "depends_on_hash"

    def decisions(self, market):
        eth = market[market.roles.eth]
        first = next(iter(set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")))
        words = [first for _ in market.decision_times]
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
