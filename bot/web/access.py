"""The door: who may ask the dashboard, and what every answer tells the browser to keep from doing."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "bot_dashboard"
ENTER = "/enter"
"""Where a browser leaves the token and gets a cookie for it."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_METHODS = ("GET", "HEAD")


@dataclass(frozen=True)
class AccessToken:
    """A token, and the cookie that stands for it while this process lives: it does not tell the token."""

    token: str
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def fits(self, given: str) -> bool:
        """Whether a token is this one, in a time that does not tell where it differs."""
        return _same(given, self.token)

    def opens(self, headers: Headers) -> bool:
        """Whether a request brings the token, or the cookie."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        return (scheme.lower() == "bearer" and self.fits(given.strip())) or _same(_cookie(headers), self.cookie)


@dataclass(frozen=True)
class AccessControl:
    """Lets through what may be asked and refuses the rest.

    `hosts` are the names under which the dashboard answers; a web page that leads its own name to this machine is
    refused by that. None is any name, where there is a key. Requests of other sites' pages are refused always.
    """

    inside: ASGIApp
    hosts: frozenset[str] | None
    key: AccessToken | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            return
        answer = self._refusal(scope) or self._entrance(scope)
        await (answer or self.inside)(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if scope["method"] not in _METHODS:
            return PlainTextResponse("The dashboard is read-only.\n", 405, {"Allow": ", ".join(_METHODS)})
        host = headers.get("host", "")
        if self.hosts is not None and host.lower() not in self.hosts:
            return PlainTextResponse("The dashboard does not answer under this name.\n", 403)
        if _is_foreign(headers, host):
            return PlainTextResponse("The dashboard does not answer other sites.\n", 403)
        return None

    def _entrance(self, scope: Scope) -> Response | None:
        if self.key is None:
            return None
        if scope["path"] == ENTER:
            (given, *_) = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
            if self.key.fits(given):
                entered = RedirectResponse("/", 303)
                entered.set_cookie(COOKIE, self.key.cookie, httponly=True, samesite="strict")
                return entered
        if self.key.opens(Headers(scope=scope)):
            return None
        told = f"A token is needed: send it as a Bearer, or open {ENTER}?token=TOKEN in a browser once.\n"
        return PlainTextResponse(told, 401, {"WWW-Authenticate": "Bearer"})


def _is_foreign(headers: Headers, host: str) -> bool:
    """Whether another site's page asks; that it links here, and is left for it, is nothing bad."""
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
        return True
    is_visit = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return headers.get("sec-fetch-site") in ("cross-site", "same-site") and not is_visit


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _same(given: str, secret: str) -> bool:
    digests = (hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest() for text in (given, secret))
    return hmac.compare_digest(*digests)


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return sent
