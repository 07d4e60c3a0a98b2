"""Testnet keys from the environment, kept out of logs, errors and copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from bot.core.errors import ConfigError, NotSandbox
from bot.infra.loopback import LOOPBACK_KEY, LOOPBACK_SECRET

KEY_NAMES = {
    "binance": ("BINANCE_TESTNET_API_KEY", "BINANCE_TESTNET_API_SECRET"),
    "bybit": ("BYBIT_TESTNET_API_KEY", "BYBIT_TESTNET_API_SECRET"),
    "gate": ("GATE_TESTNET_API_KEY", "GATE_TESTNET_API_SECRET"),
    "binance-demo": ("BINANCE_DEMO_API_KEY", "BINANCE_DEMO_API_SECRET"),
    "bybit-demo": ("BYBIT_DEMO_API_KEY", "BYBIT_DEMO_API_SECRET"),
}
"""Environment variables of each testnet's key and secret. Real exchanges have none."""


class Keys:
    """An API key and its secret. Changing, printing, copying and pickling are blocked."""

    __slots__ = ("_key", "_secret")
    _key: str
    _secret: str

    def __init__(self, key: str, secret: str) -> None:
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_secret", secret)

    @property
    def key(self) -> str:
        """API key, sent in a header."""
        return self._key

    @property
    def secret(self) -> str:
        """Secret that signs requests; it stays in this process."""
        return self._secret

    def redact(self, text: str) -> str:
        """Replace key and secret in a text. Some venues repeat the key when they refuse it."""
        for secret in (self._secret, self._key):
            text = text.replace(secret, "(hidden)")
        return text

    def __repr__(self) -> str:
        return "Keys(hidden)"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise NotSandbox("the keys cannot be changed")

    def __reduce__(self) -> NoReturn:
        raise NotSandbox("the keys cannot be copied or pickled")


LOOPBACK_KEYS = Keys(LOOPBACK_KEY, LOOPBACK_SECRET)
"""Public keys of the local venue."""


def keys_from(environment: Mapping[str, str], venue: str) -> Keys:
    """Read the keys of a venue's testnet.

    Raises
    ------
    ConfigError
        A key is missing, shorter than 8 characters, or has a space or a character that cannot be printed.
    """
    values = {name: environment.get(name, "").strip() for name in KEY_NAMES[venue]}
    missing = [name for name, value in values.items() if not value]
    if missing:
        raise ConfigError(
            "needs testnet keys",
            where=venue,
            expected=" and ".join(values),
            was=f"no {' and no '.join(missing)}",
            mend="see docs/testnet-keys.md",
        )
    for name, value in values.items():
        if not (value.isascii() and value.isprintable()) or " " in value or len(value) < 8:
            raise ConfigError("invalid key", where=name, expected="8 characters or more, printable, without a space")
    key, secret = values.values()
    return Keys(key, secret)
