"""Recover rows of a ledger from a damaged SQLite file, page by page.

The format is that of https://www.sqlite.org/fileformat2.html. The caller checks the rows against the chain of hashes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.core.errors import LedgerError
from bot.ledger.row import RawRow

_MAGIC = b"SQLite format 3\0"
_HEADER = 100
_USUAL_PAGE = 4096
_LOCKED_AT = 2**30
"""Offset of the lock page, which holds no data."""
_TABLE_LEAF = 13
_TREE_PAGES = {2, 5, 10, _TABLE_LEAF}
_TEXT_FROM = 13


@dataclass(slots=True)
class DatabasePages:
    """The bytes of a database file, and its page size; `usable` is the part of a page that holds data. In bytes."""

    content: bytes
    size: int
    usable: int
    overflow: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, path: Path) -> DatabasePages:
        """Read the pages of a file, with the usual page size if its header is damaged. Raises LedgerError."""
        try:
            content = path.read_bytes()
        except OSError as problem:
            raise LedgerError(f"cannot be read: {problem.strerror}", where=str(path)) from None
        if not content.startswith(_MAGIC):
            return cls(content, _USUAL_PAGE, _USUAL_PAGE)
        stated = int.from_bytes(content[16:18], "big")
        size = 65536 if stated == 1 else max(512, stated)  # 65536 does not fit into two bytes; 1 stands for it
        return cls(content, size, size - content[20])

    def rows(self) -> dict[int, list[int]]:
        """Find the offsets of cells that may be rows of a ledger, by the row's number."""
        found: dict[int, list[int]] = defaultdict(list)
        for page in range(len(self.content) // self.size):
            begin = page * self.size
            head = begin + (_HEADER if page == 0 else 0)
            if self.content[head] != _TABLE_LEAF:
                continue
            for number in range(min(self._number(head + 3, 2), self.size // 4)):
                place = begin + self._number(head + 8 + 2 * number, 2)
                if begin < place < begin + self.size:
                    _, after = self._varint(place)
                    sequence, _ = self._varint(after)
                    found[sequence].append(place)
        return found

    def row(self, place: int) -> RawRow | None:
        """Return the row of a cell if it is a row of a ledger."""
        length, after = self._varint(place)
        sequence, after = self._varint(after)
        payload = self._payload(length, after)
        if payload is None:
            return None
        cell = DatabasePages(payload, self.size, self.usable)
        header, at = cell._varint(0)
        lengths = []
        while at < header <= len(payload):
            kind, at = cell._varint(at)
            lengths.append(kind)
        texts = lengths[1:]
        if len(lengths) != 5 or lengths[0] != 0 or any(kind < _TEXT_FROM or kind % 2 == 0 for kind in texts):
            return None
        values, at = [], header
        for kind in texts:
            end = at + (kind - _TEXT_FROM) // 2
            values.append(payload[at:end].decode("utf-8", "replace"))
            at = end
        return sequence, values[0], values[1], values[2], values[3]

    def unread(self) -> int:
        """Count the bytes that are unreadable or missing. Call it after all rows were read."""
        has_header = self.content.startswith(_MAGIC)
        whole, stated = len(self.content) // self.size, self._number(28, 4) if has_header else 0
        odd = [
            page
            for page in range(whole)
            if self.content[page * self.size + (_HEADER if page == 0 else 0)] not in _TREE_PAGES
            and page + 1 not in self.overflow
            and page != _LOCKED_AT // self.size
        ]
        missing = max(0, stated * self.size - len(self.content))
        return len(odd) * self.size + len(self.content) % self.size + missing + (0 if has_header else _HEADER)

    def _payload(self, length: int, place: int) -> bytes | None:
        """Return the content of a cell, including its overflow pages, if all of it is in the file."""
        if length > len(self.content):
            return None
        if length <= self.usable - 35:
            return self.content[place : place + length]
        # The formulas are those of "B-tree Cell Format" in the file format: 35, 12, 32 / 255 and 23 are its constants.
        least = (self.usable - 12) * 32 // 255 - 23
        local = least + (length - least) % (self.usable - 4)
        local = local if local <= self.usable - 35 else least
        parts, left = [self.content[place : place + local]], length - local
        page = self._number(place + local, 4)
        visited: set[int] = set()
        while left > 0:
            begin = (page - 1) * self.size
            # A damaged chain of overflow pages can run in a circle.
            if page < 1 or page in visited or begin + self.size > len(self.content):
                return None
            visited.add(page)
            parts.append(self.content[begin + 4 : begin + 4 + min(left, self.usable - 4)])
            left -= self.usable - 4
            page = self._number(begin, 4)
        self.overflow |= visited
        return b"".join(parts)

    def _number(self, place: int, length: int) -> int:
        return int.from_bytes(self.content[place : place + length], "big")

    def _varint(self, place: int) -> tuple[int, int]:
        """Read a variable-length integer of one to nine bytes; return it and the offset after it."""
        value = 0
        for position in range(place, place + 8):
            byte = self.content[position] if position < len(self.content) else 0
            value = value << 7 | byte & 127
            if byte < 128:
                return value, position + 1
        last = self.content[place + 8] if place + 8 < len(self.content) else 0
        return value << 8 | last, place + 9


def rows_in_order(pages: DatabasePages, places: dict[int, list[int]]) -> Iterator[tuple[int, list[RawRow]]]:
    """Yield each number from 1 on with its candidate rows, up to the first number that is missing."""
    sequence = 1
    while sequence in places:
        yield sequence, [row for place in places[sequence] if (row := pages.row(place)) is not None]
        sequence += 1
