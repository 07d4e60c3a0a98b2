"""Compare an excerpt of a page with what a command prints."""

from __future__ import annotations

import re


def missing_lines(shown: str, printed: str) -> list[str]:
    """Return the lines of an excerpt that the output lacks, in order; `...` stands for any text of a line."""
    left, missing = [line.rstrip() for line in printed.splitlines()], []
    for line in map(str.rstrip, shown.splitlines()):
        pattern = re.compile(".*".join(map(re.escape, line.split("..."))))
        place = next((i for i, one in enumerate(left) if pattern.fullmatch(one)), None)
        if place is None:
            missing.append(line)
        else:
            left = left[place + 1 :]
    return missing
