"""Testnet keys: read from the environment, shown nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from bot.core.errors import ConfigError, NotSandbox
from bot.infra.loopback import LOOPBACK_KEY, LOOPBACK_SECRET

KEY_NAMES = {
    venue: (f"{venue.upper()}_TESTNET_API_KEY", f"{venue.upper()}_TESTNET_API_SECRET")
    for venue in ("binance", "bybit", "gate")
}
"""The environment's names for the keys of each venue's testnet; there are none for a real exchange."""


class Keys:
    """A key and its secret, which cannot be changed, printed, compared, copied or pickled."""

    __slots__ = ("_key", "_secret")
    _key: str
    _secret: str

    def __init__(self, key: str, secret: str) -> None:
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_secret", secret)

    @property
    def key(self) -> str:
        """What names the account; it travels in a header."""
        return self._key

    @property
    def secret(self) -> str:
        """What signs; it never travels."""
        return self._secret

    def hidden_in(self, text: str) -> str:
        """A text in which neither stands any more: some venues repeat the key when they refuse it."""
        for hidden in (self._secret, self._key):
            text = text.replace(hidden, "(hidden)")
        return text

    def __repr__(self) -> str:
        return "Keys(hidden)"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise NotSandbox("the keys cannot be changed")

    def __reduce__(self) -> NoReturn:
        raise NotSandbox("the keys cannot be copied or pickled")


LOOPBACK_KEYS = Keys(LOOPBACK_KEY, LOOPBACK_SECRET)
"""What signs on this machine: known to everybody, worth nothing, and never the environment's."""


def keys_from(environment: Mapping[str, str], venue: str) -> Keys:
    """The keys of a venue's testnet. Raises ConfigError where one is missing or is no plain text."""
    found = {name: environment.get(name, "").strip() for name in KEY_NAMES[venue]}
    missing = [name for name, value in found.items() if not value]
    if missing:
        raise ConfigError(
            "needs testnet keys",
            where=venue,
            expected=" and ".join(found),
            was=f"no {' and no '.join(missing)}",
            mend="docs/testnet-keys.md tells how to get them",
        )
    for name, value in found.items():
        if not (value.isascii() and value.isprintable()) or " " in value or len(value) < 8:
            raise ConfigError("is no key", where=name, expected="8 characters or more, printable, without a space")
    key, secret = found.values()
    return Keys(key, secret)
