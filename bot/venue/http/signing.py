"""Check keys, signatures and the time of signed requests."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from bot.venue.http.parameters import Parameters
from bot.venue.matching.clocks import VenueClock
from bot.venue.matching.refusal import Refusal, illegal, malformed

_USUAL_WINDOW, _WIDEST_WINDOW, _AHEAD = 5000, 60_000, 1000
_SIGNATURE = re.compile(r"(?:^|&)signature=([^&]*)")
_KEY_FORMAT = re.compile(r"[A-Za-z0-9_-]{1,128}")


def require_key(key: str | None, secrets: Mapping[str, str]) -> str:
    """Return the key of a request. Raises Refusal for a missing, malformed or unknown key."""
    if key is None or not _KEY_FORMAT.fullmatch(key):
        raise Refusal(-2014, "API-key format invalid.", 401)
    if key not in secrets:
        raise Refusal(-2015, "Invalid API-key, IP, or permissions for action.", 401)
    return key


def require_signed(secret: str, query: str, body: str) -> None:
    """Raise Refusal unless query and body, as exact texts, are signed with a secret (HMAC-SHA256)."""
    # The texts as sent, since decoding and encoding again can change a character that was signed.
    signatures = _SIGNATURE.findall(query) + _SIGNATURE.findall(body)
    if len(signatures) != 1 or not signatures[0]:
        raise malformed("signature")
    if not re.fullmatch(r"[A-Za-z0-9+/=%]+", signatures[0]):
        raise illegal("signature", "^[A-Fa-f0-9]{64}$")
    payload = _SIGNATURE.sub("", query) + _SIGNATURE.sub("", body)
    expected = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signatures[0].lower()):
        raise Refusal(-1022, "Signature for this request is not valid.")


def require_recent(parameters: Parameters, clock: VenueClock) -> None:
    """Raise Refusal for a request that was signed too long ago or in the future.

    The age is measured from `now()` and the future from `server_time()`: a client may have read either of them.
    """
    timestamp, window = parameters.integer("timestamp"), parameters.decimal("recvWindow")
    if timestamp is None:
        raise malformed("timestamp")
    if window is not None and window > _WIDEST_WINDOW:
        raise Refusal(-1131, "recvWindow must be less than 60000.")
    if timestamp >= _milliseconds(clock.server_time()) + _AHEAD:
        raise Refusal(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    if _milliseconds(clock.now()) - timestamp > (_USUAL_WINDOW if window is None else window):
        raise Refusal(-1021, "Timestamp for this request is outside of the recvWindow.")


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
