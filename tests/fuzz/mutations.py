"""Seeded mutations of a body: bytes flipped, pieces moved, and values that programs stumble over put in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

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


def mutate(body: bytes, random: Random) -> bytes:
    """Return a body with one to four mutations."""
    for _ in range(random.randint(1, 4)):
        body = random.choice(_MUTATIONS)(body, random)
    return body


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
