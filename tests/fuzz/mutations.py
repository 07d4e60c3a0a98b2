"""Seeded mutations of a body: bytes flipped, pieces moved, and values that programs stumble over put in."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

ODD_VALUES: Sequence[bytes] = (
    *(b"", b"0", b"-1", b"NaN", b".nan", b"inf", b"-.inf", b"1e999", b"1E+99999999", b"1E-99999999", b"9" * 400),
    *(b"9" * 5000, b"0x" + b"f" * 4000, b"1_000", b'"1,806.95"', b"1.806,95", b"True", b"null", b"~", b"[]", b"{}"),
    *(b"2026-02-30", b"0000-00-00", b"9999-12-31", b"0001-01-01T00:00:00+12:00", b"1704153600000000", b"-", b"."),
    *(
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        "\u202e\u2028".encode(),
        b"\x1b[31m",
        "\ud83d".encode("utf-8", "surrogatepass"),
    ),
    *(b"&a [*a]", b"*a", b"<<: *a", b"!!python/object:os.system x", b"!!set {a}", b"[" * 2000, b"{a: " * 300),
    *(b"a" * 100_000, b"../../etc/passwd", b"/dev/zero", b"=1+1", b"';--", b"\r", b"\t", b"\n\n"),
)
"""Values at the edge of a type, of a parser, or of a terminal."""


ODD_JSON: Sequence[Any] = (
    *(None, True, 0, -1, -0.0, 0.5, 1e308, 5e-324, math.nan, math.inf, -math.inf, 2**63, 10**30, 10**400),
    *("", "0", "-1", "NaN", "Infinity", "1e999", "1E+99999999", "1E-99999999", "9" * 400, "9" * 5000, "1_000", " 7"),
    *("\ud800", "\x00", "\x1b[31m", "\u202e", "=1+1", "2026-02-30", "9999-12-31T23:59:59Z", "x" * 100_000),
    *([], {}, [[]], [None], {"": None}, ["x"], [1, [2, [3]]]),
)
"""Values in the place of one of a JSON document."""


def mutate(body: bytes, random: Random) -> bytes:
    """Return a body with one to four mutations: for half of the JSON bodies the result is JSON."""
    stays_json = random.random() < 0.5
    for _ in range(random.randint(1, 4)):
        change = _change_json if stays_json else random.choice(_MUTATIONS)
        body = change(body, random)
    return body


def _change_json(body: bytes, random: Random) -> bytes:
    """Change a value of a JSON document, or of the one at the end of a line; of another body, its bytes."""
    lines = [body] if body[:1] in b"[{" else body.split(b"\n")
    number = random.randrange(len(lines))
    before, tab, text = lines[number].rpartition(b"\t")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return random.choice(_MUTATIONS)(body, random)
    if places := list(_places(document)):
        _change_value(*random.choice(places), random)
    # Not json.dumps(..., allow_nan=False): NaN is what some encoders write, and some parsers read.
    lines[number] = before + tab + json.dumps(document, separators=(",", ":")).encode()
    return b"\n".join(lines)


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each list or object of a document with each of its indices or keys."""
    if not isinstance(document, dict | list):
        return
    for key in list(document) if isinstance(document, dict) else range(len(document)):
        yield document, key
        yield from _places(document[key])


def _change_value(container: Any, key: Any, random: Random) -> None:
    match random.randrange(6):
        case 0:
            del container[key]
        case 1 if isinstance(container, list):
            container.insert(key, container[random.randrange(len(container))])
        case 1:
            container[key] = container[random.choice(list(container))]
        case 2:
            container[key] = str(container[key])
        case _:
            container[key] = random.choice(ODD_JSON)


def _flip_bytes(body: bytes, random: Random) -> bytes:
    changed = bytearray(body)
    for _ in range(random.randint(1, 8) if changed else 0):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def _cut(body: bytes, random: Random) -> bytes:
    begin, end = sorted(random.randint(0, len(body)) for _ in range(2))
    return body[:begin] + body[end:]


def _repeat_lines(body: bytes, random: Random) -> bytes:
    lines = body.split(b"\n")
    begin = random.randrange(len(lines))
    piece = lines[begin : begin + random.randint(1, 5)] * random.choice((1, 2, 50))
    place = random.randint(0, len(lines))
    return b"\n".join([*lines[:place], *piece, *lines[place:]])


def _swap_lines(body: bytes, random: Random) -> bytes:
    lines = body.split(b"\n")
    random.shuffle(lines)
    return b"\n".join(lines)


def _replace_value(body: bytes, random: Random) -> bytes:
    """Replace what stands between two separators by an odd value."""
    ends = [0, *(place for place, letter in enumerate(body) if letter in b",:\n []{}"), len(body)]
    place = random.randrange(len(ends) - 1)
    return body[: ends[place] + 1] + random.choice((b"", b" ")) + random.choice(ODD_VALUES) + body[ends[place + 1] :]


def _insert(body: bytes, random: Random) -> bytes:
    place = random.randint(0, len(body))
    return body[:place] + random.choice(ODD_VALUES) + body[place:]


def _other_separators(body: bytes, random: Random) -> bytes:
    return body.replace(*random.choice(((b",", b";"), (b",", b"\t"), (b"\n", b"\r"), (b"\n", b"\r\n"), (b".", b","))))


_MUTATIONS: Sequence[Callable[[bytes, Random], bytes]] = (
    _flip_bytes,
    _cut,
    _repeat_lines,
    _swap_lines,
    _replace_value,
    _replace_value,
    _replace_value,
    _insert,
    _other_separators,
)
