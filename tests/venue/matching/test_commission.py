"""Commission in kind, in the quote asset, in BNB and none: amounts by hand at a fee of 0.1%."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.core.orders import Side
from bot.venue.matching.commission import CommissionMode
from bot.venue.matching.exchange import KEY, AccountTerms, Exchange
from tests.venue.world import D, exchange, market, owned


def traded(terms: AccountTerms, sells: bool = False) -> tuple[Exchange, list[tuple[str, Decimal]]]:
    """Buy 2 at 100.10, and sell 1 at 99.90: the venue, and the commissions."""
    venue = exchange(terms=terms)
    venue.place(KEY, market(Side.BUY, "2"))
    if sells:
        venue.place(KEY, market(Side.SELL, "1", "s"))
    return venue, [(trade.commission_asset, trade.commission) for trade in venue.account(KEY).trades]


@pytest.mark.parametrize(
    ("mode", "bought", "sold"),
    [
        (CommissionMode.IN_KIND, ("ETH", "0.002"), ("USDT", "0.0999")),
        (CommissionMode.QUOTE, ("USDT", "0.2002"), ("USDT", "0.0999")),
        (CommissionMode.ZERO, ("ETH", "0"), ("USDT", "0")),
        # 0.2002 x 0.75 / 600 and 0.0999 x 0.75 / 600, cut at eight decimals.
        (CommissionMode.BNB, ("BNB", "0.00025025"), ("BNB", "0.00012487")),
    ],
)
def test_each_mode_takes_its_asset(mode: CommissionMode, bought: tuple[str, str], sold: tuple[str, str]) -> None:
    venue, commissions = traded(AccountTerms(commission=mode, bnb=D(1)), sells=True)
    assert commissions == [(bought[0], D(bought[1])), (sold[0], D(sold[1]))]
    paid = {asset: sum((amount for each, amount in commissions if each == asset), D(0)) for asset, _ in commissions}
    expected = {"USDT": D(10_000) - D("200.20") + D("99.90"), "ETH": D(1), "BNB": D(1)}
    assert {asset: free for asset, (free, _) in owned(venue).items()} == {
        asset: amount - paid.get(asset, D(0)) for asset, amount in expected.items()
    }


def test_too_few_bnb_pay_in_kind() -> None:
    _, commissions = traded(AccountTerms(commission=CommissionMode.BNB, bnb=D("0.00025024")))
    assert commissions == [("ETH", D("0.002"))]


def test_the_terms_set_the_price_of_bnb() -> None:
    terms = AccountTerms(commission=CommissionMode.BNB, bnb=D(1), bnb_price=D(300))
    assert traded(terms)[1] == [("BNB", D("0.0005005"))]
