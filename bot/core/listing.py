"""Kind of a symbol, and when its rows may be used."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.core.series_kind import SeriesKind


@dataclass(frozen=True, slots=True)
class Listing:
    """Kind and release rule of a symbol, by the config's symbol table."""

    kind: SeriesKind
    release: Release


class Release(StrEnum):
    """Time from which a row dated D may be used."""

    SESSION = "session"  # the US session's own close; rows on other days are a vendor's artefact
    UTC_DAY = "utc day"  # D+1 00:00 UTC
    SAME_DAY = "same day"  # the New York close of D (the Fed's reverse repo, out at 13:15)
    NEXT_SESSION = "next session"  # the close of the session after D (yields and credit spreads on FRED)
    THURSDAY = "thursday"  # Thursday 16:30 New York after Wednesday D, Friday after a holiday (the Fed's H.4.1)
