"""Access control of the dashboard: token, session cookie, host names and security headers."""

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
"""Address at which a browser exchanges the token for a cookie."""
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
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; "
    "connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "sandbox allow-scripts allow-downloads"
)
"""Content security policy of a run's report.

Its scripts and its packed charting library are in the page, hence `unsafe-inline`. `sandbox` gives it an origin of its
own: it connects to nothing, and reads neither the cookie nor another page.
"""
_REPORT_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": REPORT_POLICY,
    "Cross-Origin-Opener-Policy": "unsafe-none",  # browsers refuse a sandboxed page with any other value
}
_METHODS = ("GET", "HEAD")


@dataclass(frozen=True)
class AccessToken:
    """Access token and its session cookie. The cookie is random and valid while this process lives."""

    token: str
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def matches(self, given: str) -> bool:
        """Return True if a token is this one; the comparison takes the same time wherever they differ."""
        return _same(given, self.token)

    def allows(self, headers: Headers) -> bool:
        """Return True if a request has the token or the cookie."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        return (scheme.lower() == "bearer" and self.matches(given.strip())) or _same(_cookie(headers), self.cookie)


@dataclass(frozen=True)
class AccessControl:
    """Middleware that passes allowed requests to `inside` and refuses the rest.

    `hosts` are the names under which the dashboard answers, None for any. They keep out a web page whose own name
    resolves to this machine (DNS rebinding). Requests from pages of other sites are always refused.
    """

    inside: ASGIApp
    hosts: frozenset[str] | None
    key: AccessToken | None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request or refuse it."""
        if scope["type"] != "http":
            return  # the pages use no websockets, so none is accepted
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
            if self.key.matches(given):
                # The redirect takes the token out of the address bar and the history.
                entered = RedirectResponse("/", 303)
                entered.set_cookie(COOKIE, self.key.cookie, httponly=True, samesite="strict")
                return entered
        if self.key.allows(Headers(scope=scope)):
            return None
        message = f"A token is needed: send it as a Bearer, or open {ENTER}?token=TOKEN in a browser once.\n"
        return PlainTextResponse(message, 401, {"WWW-Authenticate": "Bearer"})


def _is_foreign(headers: Headers, host: str) -> bool:
    """Return True if a page of another site sends the request; following a link from there is allowed."""
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
        return True
    # Browsers send no Origin with a plain link, so the fetch metadata has to tell a visit from an embedded request.
    is_visit = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return headers.get("sec-fetch-site") in ("cross-site", "same-site") and not is_visit


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""


def _same(given: str, secret: str) -> bool:
    # Digests have one length, so that the comparison does not reveal the length of the secret either.
    digests = (hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest() for text in (given, secret))
    return hmac.compare_digest(*digests)


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            # A page may choose between these two policies only.
            is_report = headers.get("content-security-policy") == REPORT_POLICY
            headers.update(_REPORT_HEADERS if is_report else HEADERS)
        await send(message)

    return sent
