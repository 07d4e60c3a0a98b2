"""Read a file while deciding."""

from decimal import Decimal
from pathlib import Path

from bot import Decision


class Mine:
    name = "reads_file"

    def decisions(self, market):
        eth = market[market.roles.eth]
        text = Path(__file__).read_text(encoding="utf-8")  # fault
        words = ["IN" if len(text) > 10 else "OUT" for _ in market.decision_times]
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
