"""ccxt clients in permanent sandbox mode, one class per venue, on a guarded session.

ccxt's own sandbox mode fails open: most of its classes raise a TypeError and stay on production URLs. The guard below
the session is the protection. The checks here report an honest mistake (another session, a proxy, sandbox mode off)
earlier and by name.
"""

from __future__ import annotations

import logging
import sys
from types import MappingProxyType
from typing import NoReturn

import ccxt
from ccxt.base import order_router  # noqa: TID251 - to block it
from ccxt.base.exchange import Exchange

from bot.brokers.testnet.guard import Loopback, Profile
from bot.brokers.testnet.keys import Keys
from bot.brokers.testnet.session import TestnetSession
from bot.core.errors import NotSandbox
from bot.core.ports import Clock

RECEIVE_WINDOW = 10_000
"""Milliseconds in which the venue accepts a signed request."""
_BLOCKED_MODULES = ("ccxt.async_support", "ccxt.pro")
_MUTABLE = frozenset(
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
"""Attributes that ccxt changes while it works. None of them affects where a request goes or what it carries."""


class _Sandboxed:
    """Mixin over a ccxt class that blocks changes after construction.

    ccxt sets every constructor key as an attribute, so only the named settings below are passed in.
    """

    def __init__(self, session: TestnetSession, keys: Keys, clock: Clock, settings: dict[str, object]) -> None:
        silent = logging.Logger("silent", logging.CRITICAL)
        silent.disabled = True
        self.__dict__.update(_session=session, _clock=clock)
        super().__init__(  # type: ignore[call-arg]
            {
                "apiKey": keys.key,
                "secret": keys.secret,
                "enableRateLimit": False,  # RetryPolicy paces the requests
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
                **settings,
            }
        )
        super().set_sandbox_mode(True)  # type: ignore[misc]
        self.__dict__["_is_locked"] = True

    @property
    def session(self) -> TestnetSession:
        """The guarded session; read-only."""
        session: TestnetSession = self.__dict__["_session"]
        return session

    @property
    def verbose(self) -> bool:
        """False, since ccxt's verbose mode prints every header."""
        return False

    def milliseconds(self) -> int:
        """Return the time of this client's clock in milliseconds since 1970."""
        return int(self.__dict__["_clock"].now().timestamp() * 1000)

    def set_last_request(self, request: object) -> None:
        """Discard the request, which holds keys and signatures."""

    def set_sandbox_mode(self, enabled: bool = True, **extra: object) -> None:
        """Accept only True. Raises NotSandbox otherwise, since ccxt would restore the production URLs."""
        if enabled is not True or extra:
            raise NotSandbox("Sandbox mode cannot be switched off")

    def enable_demo_trading(self, enable: bool = True) -> NoReturn:
        """Raise NotSandbox: the host of a client is that of its session and stays the same."""
        raise NotSandbox("A client cannot be switched to demo trading; open the demo testnet instead")

    setSandboxMode, enableDemoTrading = set_sandbox_mode, enable_demo_trading

    def __setattr__(self, name: str, value: object) -> None:
        if "_is_locked" not in self.__dict__:
            if name not in ("session", "verbose"):
                super().__setattr__(name, value)
        elif name in _MUTABLE:
            super().__setattr__(name, value)
        else:
            raise NotSandbox("a sandbox client cannot be changed", was=name)

    def __delattr__(self, name: str) -> NoReturn:
        raise NotSandbox("a sandbox client cannot be changed", was=name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.session.profile})"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise NotSandbox("a sandbox client cannot be copied or pickled")


class SandboxBinance(_Sandboxed, ccxt.binance):  # type: ignore[misc]
    """Binance's spot testnet or demo mode, or a Binance-compatible venue on 127.0.0.1."""


class SandboxBybit(_Sandboxed, ccxt.bybit):  # type: ignore[misc]
    """Bybit's testnet or demo mode. Tested on documented answers only."""


class SandboxGate(_Sandboxed, ccxt.gate):  # type: ignore[misc]
    """Gate's testnet. Tested on documented answers only."""


_PINNED = MappingProxyType({"binance": SandboxBinance, "bybit": SandboxBybit, "gate": SandboxGate})
_LIBRARY = MappingProxyType({"binance": "ccxt.binance", "bybit": "ccxt.bybit", "gate": "ccxt.gate"})


def sandbox_client(session: TestnetSession, keys: Keys, clock: Clock) -> Exchange:
    """Create the client of a session's venue. Raises NotSandbox if ccxt is not as expected."""
    block_other_clients()
    profile = session.profile
    client = _PINNED[profile.exchange_id](session, keys, clock, _own_host(profile))
    refuse_unless_sandboxed(client)
    return client


def refuse_unless_sandboxed(client: object) -> None:
    """Raise NotSandbox unless this is one of the three classes here, on top of ccxt's own class.

    Types are compared, since any ccxt object can claim another `id`.
    """
    profile = client.session.profile if isinstance(client, _Sandboxed) else None
    if profile is None or type(client) is not _PINNED[profile.exchange_id]:
        raise NotSandbox("is not a sandbox client", was=type(client).__name__)
    modules = [kind.__module__ for kind in type(client).__mro__]
    if _LIBRARY[profile.exchange_id] not in modules or not isinstance(client, Exchange):
        raise NotSandbox("is not ccxt's own class", where=profile.venue, was=", ".join(modules))
    if type(client.session) is not TestnetSession:
        raise NotSandbox("the session is not guarded", where=profile.venue)


def block_other_clients() -> None:
    """Block ccxt's async, pro and order router modules, which open sessions of their own past the guard.

    Later imports of async and pro fail. Raises NotSandbox if one of them is loaded already.
    """
    for name in _BLOCKED_MODULES:
        if sys.modules.get(name) is not None:
            raise NotSandbox("sends requests past the guard", where=name, mend="do not import it in this process")
        sys.modules[name] = None  # type: ignore[assignment]  # Python's own way to make an import fail
    order_router.OrderRouter.__init__ = _refuse_router


def _refuse_router(*args: object, **kwargs: object) -> NoReturn:
    raise NotSandbox("sends requests past the guard", where="ccxt.OrderRouter")


def _own_host(profile: Profile) -> dict[str, object]:
    """Return the settings of a host that differs from ccxt's testnet of the venue: the loopback, or a demo mode."""
    if profile.venue == profile.exchange_id and type(profile) is not Loopback:
        return {}
    url = f"{profile.origin}/api/v3" if profile.exchange_id == "binance" else profile.origin
    return {"urls": {"test": {"public": url, "private": url}}}
