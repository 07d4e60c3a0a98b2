"""Binance's public archive: the listing of its bucket, and its files of daily candles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from http import HTTPStatus
from xml.etree import ElementTree

from bot.data.vendors.archive_file import ArchiveFile, read_candles, read_checksum
from bot.data.vendors.raw_bars import RawBars
from bot.infra.public_http import PublicSession
from bot.infra.vendor_errors import NotListed, Unreachable, WrongAnswer

_BUCKET = "data.binance.vision"
_FILES = f"https://{_BUCKET}/"
_LISTING = f"https://s3-ap-northeast-1.amazonaws.com/{_BUCKET}"
_NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
_PAIRS = "data/spot/monthly/klines/"
_PAIR = re.compile(r"[A-Z0-9]{2,30}", re.ASCII)
_MOST_PAGES = 200
"""Pages of one listing, 1,000 names each; all pairs of 2026 are four."""


class Archive:
    """Client of the archive, one file or one page of the listing a request.

    Every method raises RateLimited, Blocked or Unreachable if the answer is missing, and WrongAnswer for another
    listing than was asked for.
    """

    def __init__(self, session: PublicSession) -> None:
        self._session = session

    def pairs(self) -> list[str]:
        """Return the pairs that ever had monthly files, sorted: the point-in-time universe of the venue."""
        found = (name.removeprefix(_PAIRS).rstrip("/") for name in self._names(_PAIRS, ""))
        return sorted(pair for pair in found if _PAIR.fullmatch(pair))

    def months(self, pair: str) -> list[ArchiveFile]:
        """Return the monthly files of a pair, oldest first."""
        return self._files(pair, "monthly", r"\d{4}-\d{2}")

    def days(self, pair: str, after: date, until: date) -> list[ArchiveFile]:
        """Return the daily files of a pair after a day and up to another, oldest first."""
        # The marker begins the listing behind the months that are complete: a pair has thousands of daily files.
        return self._files(pair, "daily", r"\d{4}-\d{2}-\d{2}", str(after), str(until))

    def candles(self, file: ArchiveFile, symbol: str) -> tuple[RawBars, str]:
        """Fetch a file and its checksum and return the rows with the SHA-256.

        Raises
        ------
        NotListed
            The file or its checksum is absent.
        DataError
            The file is faulty: checksum, zip or rows.
        """
        sha256 = read_checksum(self._get(f"{file.path}.CHECKSUM").decode("ascii", "replace"), file)
        return read_candles(file, self._get(file.path), sha256, symbol), sha256

    def _get(self, path: str) -> bytes:
        answer = self._session.get(_FILES + path)
        name, was = path.rpartition("/")[2], f"HTTP {answer.status_code}"
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise NotListed("is in the listing and not in the archive", where=name, was=was)
        if answer.status_code != HTTPStatus.OK:
            raise Unreachable("the archive gave no file", where=name, was=was)
        return answer.content

    def _files(self, pair: str, period: str, stamp: str, after: str = "", until: str = "9999") -> list[ArchiveFile]:
        prefix = f"data/spot/{period}/klines/{pair}/1d/"
        name = re.compile(rf"{re.escape(prefix)}{pair}-1d-({stamp})\.zip", re.ASCII)
        # The checksum is the last key of its day.
        marker = f"{prefix}{pair}-1d-{after}.zip.CHECKSUM" if after else ""
        found = set()
        for key in self._names(prefix, marker):
            if (match := name.fullmatch(key)) is None or not _is_date(match[1]):
                continue
            if match[1] > until:
                break
            found.add(match[1])
        return [ArchiveFile(pair, stamp) for stamp in sorted(found)]

    def _names(self, prefix: str, marker: str) -> Iterator[str]:
        """Yield the folders and keys under a prefix, page by page."""
        for _ in range(_MOST_PAGES):
            query = {"delimiter": "/", "prefix": prefix} | ({"marker": marker} if marker else {})
            answer = self._session.get(_LISTING, params=query)
            if answer.status_code != HTTPStatus.OK:
                raise Unreachable("the archive gave no listing", where=prefix, was=f"HTTP {answer.status_code}")
            page = _parse(answer.content, prefix)
            names = [name.text or "" for name in page.iterfind(f"{_NAMESPACE}CommonPrefixes/{_NAMESPACE}Prefix")]
            names += [key.text or "" for key in page.iterfind(f"{_NAMESPACE}Contents/{_NAMESPACE}Key")]
            yield from names
            if page.findtext(f"{_NAMESPACE}IsTruncated") != "true":
                return
            # Without NextMarker the last name is the marker, by the documentation of the listing.
            following = page.findtext(f"{_NAMESPACE}NextMarker") or max(names, default="")
            if following <= marker:
                raise WrongAnswer("the listing does not go on", where=prefix, expected=f"after {marker}", was=following)
            marker = following
        raise WrongAnswer("the listing does not end", where=prefix, expected=f"at most {_MOST_PAGES} pages")


def _is_date(stamp: str) -> bool:
    try:
        ArchiveFile("", stamp).first  # noqa: B018 computed for its error
    except ValueError:
        return False
    return True


def _parse(body: bytes, prefix: str) -> ElementTree.Element:
    """Parse a page of the listing. Raises Unreachable for another page, WrongAnswer for another listing."""
    # A document type may define entities that expand without end.
    if b"<!" in body:
        raise Unreachable("the archive gave no listing", where=prefix, was="a page of another kind")
    try:
        page = ElementTree.fromstring(body)
    except ElementTree.ParseError as problem:
        raise Unreachable("the archive gave no listing", where=prefix, was=str(problem)) from None
    if page.tag != f"{_NAMESPACE}ListBucketResult":
        raise Unreachable("the archive gave no listing", where=prefix, was=page.tag.rpartition("}")[2])
    for name, expected in (("Name", _BUCKET), ("Prefix", prefix)):
        was = page.findtext(_NAMESPACE + name) or ""
        if was != expected:
            raise WrongAnswer(f"the listing has another {name.lower()}", where=prefix, expected=expected, was=was)
    return page
