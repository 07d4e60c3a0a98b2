"""Start a process while deciding."""

import subprocess
from decimal import Decimal

from bot import Decision


class Mine:
    name = "starts_process"

    def decisions(self, market):
        eth = market[market.roles.eth]
        answer = subprocess.run(["true"], check=False).returncode  # fault
        words = ["IN" if answer else "OUT" for _ in market.decision_times]
        return [
            Decision(at, word, word, {eth.symbol: Decimal("0.5")} if word == "IN" else {}, (word,))
            for at, word in zip(market.decision_moments, words, strict=True)
        ]


def strategy():
    return Mine()
