"""Versions of the JSON that commands and the dashboard give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

JsonVersion = Literal[1, 2]
SCHEMA_VERSION: JsonVersion = 2
"""Version of JSON objects, under the key `schema_version`. Version 1 has no such key."""


def versioned(data: Mapping[str, object], version: JsonVersion) -> dict[str, object]:
    """Return a JSON object as a version has it.

    Version 2 begins with `schema_version`. Version 1 has no such key, and `message` has its old name `told`.
    """
    if version == SCHEMA_VERSION:
        return {"schema_version": SCHEMA_VERSION, **data}
    return {key: _first(value) for key, value in data.items()}


def _first(value: object) -> object:
    if isinstance(value, Mapping):
        # The `message` of an error, which has a `type`, had this name in version 1 too.
        renamed = {} if "type" in value else {"message": "told"}
        return {renamed.get(key, key): _first(one) for key, one in value.items()}
    return [_first(one) for one in value] if isinstance(value, list | tuple) else value
