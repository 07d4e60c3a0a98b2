"""Check each request to a testnet against the allow-lists of `policies`. All other requests are refused.

The check covers the origin, the method with its path, the fields of query or body with their values, and the headers.
It is independent of how requests are sent: `session` runs it on every request, in the last step before the network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qsl

from bot.brokers.testnet.policies import COMMON_HEADERS, POLICIES, EndpointRule, VenuePolicy
from bot.core.errors import ConfigError, NotSandbox, did_you_mean

_SHOWN = 60
_REMAINDER = re.compile(r"(?P<path>/[A-Za-z0-9/_.-]*)(\?(?P<query>[A-Za-z0-9=&%+_.~-]*))?")
"""Path and query after the origin, in plain characters: two parsers read anything else in different ways."""


@dataclass(frozen=True, slots=True)
class Testnet:
    """A pinned testnet, by the venue's name. Raises ConfigError for an unknown venue."""

    __test__ = False  # pytest takes it for a test by its name

    venue: str

    def __post_init__(self) -> None:
        if self.venue not in POLICIES:
            raise ConfigError(
                f"{self.venue!r} has no known testnet",
                expected=" or ".join(POLICIES),
                mend=did_you_mean(str(self.venue), POLICIES),
            )

    @property
    def origin(self) -> str:
        """Scheme and host of every request."""
        return POLICIES[self.venue].origin

    @property
    def exchange_id(self) -> str:
        """ccxt's id of the venue."""
        return POLICIES[self.venue].exchange_id

    @property
    def page(self) -> str:
        """Web page on which test coins are claimed."""
        return POLICIES[self.venue].page


@dataclass(frozen=True, slots=True)
class Loopback:
    """A Binance-compatible venue on one port of 127.0.0.1, over plain HTTP with throwaway keys.

    `max_order_delay` is the time after sending in which an order can still appear, for tests that delay requests.
    """

    port: int
    max_order_delay: timedelta = timedelta(0)
    venue: str = field(default="binance", init=False)
    exchange_id: str = field(default="binance", init=False)
    page: str = field(default="`bot venue serve`, with --cash", init=False)

    def __post_init__(self) -> None:
        if type(self.port) is not int or not 0 < self.port < 65_536:
            raise ConfigError("invalid port", where="loopback", expected="a number of 1 to 65535", was=repr(self.port))

    @property
    def origin(self) -> str:
        """Scheme, host and port of every request."""
        return f"http://127.0.0.1:{self.port}"


Profile = Testnet | Loopback
TESTNETS = tuple(POLICIES)
"""Names of the pinned testnets."""


def refuse_unless_sandbox(
    profile: Profile, key: str, method: str | None, url: str | None, headers: Mapping[str, object], body: object
) -> None:
    """Raise NotSandbox unless a request is on the allow-list of the profile's venue and carries this key.

    Messages show the origin, the path and the name of the faulty part; values may be secrets and are left out.

    Parameters
    ----------
    profile : Testnet or Loopback
        Target of the request. Subclasses are refused, since they could override `origin`.
    key : str
        API key that the venue's key header may carry.
    method, url, headers, body
        The prepared request, as it goes to the network.

    Raises
    ------
    NotSandbox
        A part of the request is absent from the allow-list; the caller must drop the request.
    """
    if type(profile) is not Testnet and type(profile) is not Loopback:
        raise NotSandbox("is not a testnet", was=type(profile).__name__)
    rules = POLICIES[profile.venue]
    path, query = _split_url(profile.origin, url)
    where = f"{method} {profile.origin}{path}"
    endpoints = [rule for rule in rules.endpoints if rule.method == method and rule.path.fullmatch(path)]
    if not endpoints:
        raise NotSandbox("the request is not on the allow-list", where=where[:200])
    _refuse_headers(rules, key, headers, where)
    if method == "POST":
        if query:
            raise NotSandbox("a POST request must not have a query", where=where)
        fields = _body_fields(rules, body, headers, where)
    else:
        if body is not None:
            raise NotSandbox("only a POST request may have a body", where=where)
        fields = _unique_fields(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)), where)
    _refuse_fields(endpoints[0], fields, where)


def _split_url(origin: str, url: str | None) -> tuple[str, str]:
    # Compared as text with the whole origin and a slash: `https://host@other` passes a test for the prefix alone,
    # and a parser may read such a URL in another way than the HTTP library does.
    if type(url) is not str or not url.startswith(f"{origin}/"):
        raise NotSandbox("the request goes to another host", expected=origin, was=_shown_origin(url))
    remainder = _REMAINDER.fullmatch(url[len(origin) :])
    if remainder is None or "//" in remainder["path"] or "/." in remainder["path"]:
        raise NotSandbox("the URL has an ambiguous path or query", where=origin)
    return remainder["path"], remainder["query"] or ""


def _shown_origin(url: object) -> str:
    scheme, _, remainder = str(url).partition("://")
    authority = re.split(r"[/?#\\]", remainder, maxsplit=1)[0]
    return f"{scheme[:_SHOWN]}://{'a host with a user name' if '@' in authority else authority[:_SHOWN]}"


def _refuse_headers(rules: VenuePolicy, key: str, headers: Mapping[str, object], where: str) -> None:
    for name, value in headers.items():
        lower = name.lower() if type(name) is str else ""
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        if lower == rules.key_header:
            if text != key:
                raise NotSandbox("the request carries another key than this testnet's", where=where)
            continue
        allowed = COMMON_HEADERS.get(lower) or rules.headers.get(lower)
        if allowed is None or type(text) is not str or not allowed.fullmatch(text):
            raise NotSandbox("the header is not on the allow-list", where=where, was=str(name)[:_SHOWN])


def _body_fields(rules: VenuePolicy, body: object, headers: Mapping[str, object], where: str) -> dict[str, object]:
    if not isinstance(body, bytes | str):
        raise NotSandbox("the body must be text", where=where, was=type(body).__name__)
    text = body.decode("latin-1") if isinstance(body, bytes) else body
    content_types = [value for name, value in headers.items() if name.lower() == "content-type"]
    if len(content_types) != 1:
        raise NotSandbox("the request must have one Content-Type header", where=where)
    try:
        if rules.body == "form":
            return _unique_fields(parse_qsl(text, keep_blank_values=True, strict_parsing=True), where)
        fields = json.loads(text, object_pairs_hook=lambda pairs: _unique_fields(pairs, where))
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise NotSandbox("the body must be a flat list of fields", where=where)
    return fields


def _unique_fields(pairs: Iterable[tuple[str, object]], where: str) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, value in pairs:
        if name in fields:
            # Venues differ in which of the two they use, so a checked value could be overridden.
            raise NotSandbox("the field is sent twice", where=where, was=name[:_SHOWN])
        fields[name] = value
    return fields


def _refuse_fields(rule: EndpointRule, fields: Mapping[str, object], where: str) -> None:
    for name, value in fields.items():
        allowed = rule.fields.get(name)
        if allowed is None:
            raise NotSandbox("the field is not on the allow-list", where=where, was=name[:_SHOWN])
        if type(value) is not str or not allowed.fullmatch(value):
            raise NotSandbox(f"the value of {name} is not on the allow-list", where=where)
    if missing := sorted(rule.required - set(fields)):
        raise NotSandbox("a required field is missing", where=where, expected=", ".join(missing))
