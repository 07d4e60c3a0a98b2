"""Checks of the address and the headers of a request, shared by the guards of pings and time-stamps."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.core.errors import NotPublic
from bot.paper.exchange_domains import names_exchange


def refuse_other_address(url: str, asked: str, where: str, what: str) -> None:
    """Raise NotPublic for the domain of an exchange, and for any address but the configured one.

    `what` names the request ("a ping"), `where` is what the message shows in place of the address.
    """
    if names_exchange(asked):
        raise NotPublic(f"the address is one of an exchange: {what} is refused there", where=where)
    if asked != url:
        raise NotPublic(f"{what} goes to the configured address only", where=where)


def refuse_other_headers(allowed: Mapping[str, re.Pattern[str]], headers: Mapping[str, object], where: str) -> None:
    """Raise NotPublic for a header outside the allow-list, which has the pattern of each value."""
    for name, value in headers.items():
        pattern = allowed.get(name.lower())
        if pattern is None or not pattern.fullmatch(str(value)):
            raise NotPublic("the header is not on the allow-list", where=where, was=str(name))
