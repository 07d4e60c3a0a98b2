"""The exchange library's objects, sealed: one class a venue, in sandbox mode for good, on a session that is guarded.

The library's own sandbox mode fails open, so it is not what protects here: the guard below the session is. The seal
keeps an honest mistake (another session, a proxy, sandbox mode off) from going unnoticed until then.
"""

from __future__ import annotations

import logging
import sys
from types import MappingProxyType
from typing import Any, NoReturn

import ccxt
from ccxt.base import order_router  # noqa: TID251 - to shut it
from ccxt.base.exchange import Exchange

from bot.brokers.testnet.guard import Loopback, Profile
from bot.brokers.testnet.keys import Keys
from bot.brokers.testnet.session import TestnetSession
from bot.core.errors import NotSandbox
from bot.core.ports import Clock

RECEIVE_WINDOW = 10_000
"""Milliseconds for which a signed request may be obeyed."""
_BARRED = ("ccxt.async_support", "ccxt.pro")
_MOVING = frozenset(
    {
        "lastRestRequestTimestamp",
        "last_json_response",
        "last_http_response",
        "last_response_headers",
        "markets",
        "markets_by_id",
        "symbols",
        "ids",
        "currencies",
        "currencies_by_id",
        "baseCurrencies",
        "quoteCurrencies",
        "codes",
        "accounts",
        "accountsById",
        "marketsLoading",
        "reloadingMarkets",
    }
)
"""What the library changes of itself while it works; none of it says where a request goes or what it carries."""


class _Sandboxed:
    """Laid over a class of the library: after construction, what leads to the wire can no longer be changed."""

    def __init__(self, session: TestnetSession, keys: Keys, clock: Clock, facts: dict[str, Any]) -> None:
        silent = logging.Logger("silent", logging.CRITICAL)
        silent.disabled = True
        self.__dict__.update(_session=session, _clock=clock)
        super().__init__(  # type: ignore[call-arg]
            {
                "apiKey": keys.key,
                "secret": keys.secret,
                "enableRateLimit": False,  # Courtesy sees to that
                "enableLastHttpResponse": False,
                "enableLastJsonResponse": False,
                "enableLastResponseHeaders": False,
                "timeout": 10_000,
                "logger": silent,
                "has": {"fetchCurrencies": False},
                "options": {
                    "defaultType": "spot",
                    "fetchMarkets": {"types": ["spot"]},
                    "fetchMargins": False,
                    "recvWindow": RECEIVE_WINDOW,
                    "adjustForTimeDifference": False,
                    "timeDifference": 0,
                    "unifiedAccount": False,
                    "warnOnFetchOpenOrdersWithoutSymbol": False,
                },
                **facts,
            }
        )
        super().set_sandbox_mode(True)  # type: ignore[misc]
        self.__dict__["_is_sealed"] = True

    @property
    def session(self) -> TestnetSession:
        """The guarded line; there is no other, and no way to put another in its place."""
        found: TestnetSession = self.__dict__["_session"]
        return found

    @property
    def verbose(self) -> bool:
        """False: the library would print every header."""
        return False

    def milliseconds(self) -> int:
        """Now, by the clock that this object was given."""
        return int(self.__dict__["_clock"].now().timestamp() * 1000)

    def set_last_request(self, request: object) -> None:
        """Keep nothing: it would hold keys and signatures."""

    def set_sandbox_mode(self, enabled: bool = True, **others: object) -> None:
        """Refuse to leave the sandbox."""
        if enabled is not True or others:
            raise NotSandbox("the sandbox is not left")

    def enable_demo_trading(self, enable: bool = True) -> NoReturn:
        """Refuse: that is a production host."""
        raise NotSandbox("demo trading is on a production host")

    setSandboxMode, enableDemoTrading = set_sandbox_mode, enable_demo_trading

    def __setattr__(self, name: str, value: object) -> None:
        if "_is_sealed" not in self.__dict__:
            if name not in ("session", "verbose"):
                super().__setattr__(name, value)
        elif name in _MOVING:
            super().__setattr__(name, value)
        else:
            raise NotSandbox("a sealed exchange cannot be changed", was=name)

    def __delattr__(self, name: str) -> NoReturn:
        raise NotSandbox("a sealed exchange cannot be changed", was=name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.session.profile})"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise NotSandbox("a sealed exchange cannot be copied or pickled")


class SandboxBinance(_Sandboxed, ccxt.binance):  # type: ignore[misc]
    """Binance's spot testnet, or a venue that speaks as it does on the loopback."""


class SandboxBybit(_Sandboxed, ccxt.bybit):  # type: ignore[misc]
    """Bybit's testnet; not tried against the real one."""


class SandboxGate(_Sandboxed, ccxt.gate):  # type: ignore[misc]
    """Gate's testnet; not tried against the real one."""


_PINNED = MappingProxyType({"binance": SandboxBinance, "bybit": SandboxBybit, "gate": SandboxGate})
_LIBRARY = MappingProxyType({"binance": "ccxt.binance", "bybit": "ccxt.bybit", "gate": "ccxt.gate"})


def sandbox_client(session: TestnetSession, keys: Keys, clock: Clock) -> Any:
    """The sealed object of a session's place. Raises NotSandbox where the library is not as it should be."""
    block_other_clients()
    profile = session.profile
    client = _PINNED[profile.venue](session, keys, clock, _facts(profile))
    refuse_unless_sandboxed(client)
    return client


def refuse_unless_sandboxed(client: object) -> None:
    """Raise NotSandbox unless this is one of the three sealed classes, over the library's own ordinary one."""
    profile = client.session.profile if isinstance(client, _Sandboxed) else None
    if profile is None or type(client) is not _PINNED[profile.venue]:
        raise NotSandbox("is no sealed exchange", was=type(client).__name__)
    bases = [kind.__module__ for kind in type(client).__mro__]
    if _LIBRARY[profile.venue] not in bases or not isinstance(client, Exchange):
        raise NotSandbox("is not the library's own class", where=profile.venue, was=", ".join(bases))
    if type(client.session) is not TestnetSession:
        raise NotSandbox("has a session that is not guarded", where=profile.venue)


def block_other_clients() -> None:
    """Close the library's ways to the network that have sessions of their own: async, pro and the order router.

    Raises NotSandbox where async or pro are loaded already; later imports of them fail.
    """
    for name in _BARRED:
        if sys.modules.get(name) is not None:
            raise NotSandbox("sends requests past the guard", where=name, mend="do not import it in this process")
        sys.modules[name] = None  # type: ignore[assignment]  # Python's own way to make an import fail
    order_router.OrderRouter.__init__ = _refuse_router


def _refuse_router(*given: object, **named: object) -> NoReturn:
    raise NotSandbox("sends requests past the guard", where="ccxt.OrderRouter")


def _facts(profile: Profile) -> dict[str, Any]:
    if type(profile) is not Loopback:
        return {}
    base = f"{profile.origin}/api/v3"
    return {"urls": {"test": {"public": base, "private": base}}}
