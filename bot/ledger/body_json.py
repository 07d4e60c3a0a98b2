"""Parse the JSON body of a ledger row within fixed limits."""

from __future__ import annotations

import json
import math
from sys import intern

LONGEST_BODY = 1_000_000
"""Characters of a body. The largest that the bot writes, a valuation of 500 coins, has 60,000."""
_DEEPEST = 20
_LARGEST_NUMBER = 1e30


def parse_body(text: str) -> dict[str, object]:
    """Parse a body whose text, depth and numbers are within the limits.

    Parameters
    ----------
    text
        JSON of one object, at most LONGEST_BODY characters.

    Returns
    -------
    dict[str, object]
        The object. NaN, which strategies may record for an unknown reading, is None.

    Raises
    ------
    ValueError
        If the text is longer, no JSON object, nested deeper than 20 levels, has a key twice, an infinite number, one
        beyond 1e30, or text that no file can hold (a lone surrogate).
    """
    if len(text) > LONGEST_BODY:
        raise ValueError(f"a body of at most {LONGEST_BODY:,} characters is expected, was {len(text):,}")
    try:
        body = _DECODER.decode(text)
    except RecursionError:  # raised by the parser itself for some thousand levels
        raise ValueError("the body is nested too deep") from None
    if not isinstance(body, dict):
        raise ValueError("a JSON object is expected")
    # A body with so few brackets cannot be deeper; the count is much faster than the walk.
    if text.count("{") + text.count("[") > _DEEPEST:
        _require_shallow(body, _DEEPEST)
    # Escapes such as \ud800 become half a character, at which every later output would fail.
    if "\\u" in text:
        json.dumps(body, ensure_ascii=False).encode()
    return body


def _constant(name: str) -> None:
    if name != "NaN":
        raise ValueError(f"a finite number is expected, was {name}")


def _float(text: str) -> float:
    number = float(text)
    # `not <=` holds for infinity too, which a text such as 1e999 becomes.
    if not math.fabs(number) <= _LARGEST_NUMBER:
        raise ValueError(f"a number of at most {_LARGEST_NUMBER:g} is expected")
    return number


def _int(text: str) -> int:
    if len(text) > 19:  # an integer of 64 bits
        raise ValueError("a whole number of at most 19 characters is expected")
    return int(text)


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # The parser makes the text of a key anew for each row, and a daemon keeps all rows.
    found = {intern(key): value for key, value in pairs}
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _require_shallow(value: object, levels: int) -> None:
    if not isinstance(value, dict | list):
        return
    if not levels:
        raise ValueError(f"the body is nested deeper than {_DEEPEST} levels")
    for one in value.values() if isinstance(value, dict) else value:
        _require_shallow(one, levels - 1)


# One for all rows, since `json.loads` with hooks would make one for each.
_DECODER = json.JSONDecoder(
    parse_constant=_constant, parse_float=_float, parse_int=_int, object_pairs_hook=_unique_keys
)
