"""Run the test of the test on all cores, into one file that a stopped run goes on from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.core.errors import ConfigError, LedgerError
from bot.infra.processes import process_pool
from bot.infra.write_access import write_error
from bot.ledger.text_file import write_state_text
from bot.services.strategy_settings import rotation_settings
from bot.settings.loader import Config
from bot.study import breakouts, counted, planned_looks, shifts, word
from bot.study.extra import require_extra
from bot.study.plan import StudyPlan
from bot.study.study_folder import to_json
from bot.study.worlds.judged_world import judge_world, null_p_values
from bot.study.worlds.spending import critical_values
from bot.study.worlds.table import table_of
from strategies import indicators
from strategies.rotation.rules import Rules

_CHUNK = 25
"""Worlds that a process judges before it reports."""

_TABLE, _CRITICALS = 0, 1
"""First part of a world's seed: the critical values are never tested on the worlds that gave them."""

Advance = Callable[[int], object]
"""Called with a number of worlds that were judged."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Worlds `first` to `last - 1` of a kind."""

    plan: StudyPlan
    rules: Rules
    kind: int
    first: int
    last: int

    def seeds(self, use: int, seed: int) -> Iterator[np.random.SeedSequence]:
        """Yield the seed of each world: the same whatever the number of processes."""
        for number in range(self.first, self.last):
            yield np.random.SeedSequence(seed, spawn_key=(use, self.kind, number))


def run_worlds(
    plan: StudyPlan,
    config: Config,
    worlds: int | None = None,
    *,
    workers: int | None = None,
    advance: Advance = lambda count: None,
) -> dict[str, Any]:
    """Judge synthetic worlds of every kind and make the tables of size and power.

    A finished table is read from its file; a stopped run goes on after its last full chunk.

    Parameters
    ----------
    plan
        Plan with the generator's parameters.
    config
        Config with the state folder and the rotation's rule.
    worlds
        Worlds of each kind; the plan's number if left out.
    workers
        Processes; one a core if left out. 1 computes in this process.
    advance
        Called with the number of worlds after each chunk, those of an earlier run included.

    Returns
    -------
    dict
        What `table_of` returns, with `worlds`, `plan_sha256` and `key`, the hash of plan, rule and code.

    Raises
    ------
    ConfigError
        If the plan lacks the effect of a size, its events come from a file, or a library of the extra is missing.
    LedgerError
        If the file cannot be written.
    """
    require_extra()
    count = worlds or plan.worlds.worlds
    _require_complete(plan)
    rules = rotation_settings(config).rules
    key = worlds_key(plan, rules, count)
    path = worlds_path(config, key)
    if (finished := _read(path)) is not None:
        advance(count * len(plan.worlds.kinds))
        return finished
    partial = path.with_suffix(".partial")
    kept = _kept_chunks(partial)
    chunks = [
        _Chunk(plan, rules, kind, first, min(first + _CHUNK, count))
        for kind in range(len(plan.worlds.kinds))
        for first in range(0, count, _CHUNK)
    ]
    advance(sum(chunk.last - chunk.first for chunk in chunks if (chunk.kind, chunk.first) in kept))
    left = [chunk for chunk in chunks if (chunk.kind, chunk.first) not in kept]
    for chunk, records in zip(left, _mapped(_judged, left, workers), strict=True):
        kept[chunk.kind, chunk.first] = records
        _append(partial, {"kind": chunk.kind, "first": chunk.first, "records": records})
        advance(len(records))
    by_kind: list[list[dict[str, Any]]] = [[] for _ in plan.worlds.kinds]
    for chunk in chunks:
        by_kind[chunk.kind] += kept[chunk.kind, chunk.first]
    found = {**table_of(plan, by_kind), "worlds": count, "plan_sha256": plan.sha256, "key": key}
    write_state_text(path, to_json(found))
    partial.unlink(missing_ok=True)
    return found


def run_criticals(
    plan: StudyPlan,
    config: Config,
    worlds: int | None = None,
    *,
    workers: int | None = None,
    advance: Advance = lambda count: None,
) -> dict[str, list[float]]:
    """Compute the critical p-values of the looks on worlds of the first kind.

    Parameters
    ----------
    plan
        Plan with the looks, their levels and the generator's parameters.
    config
        Config with the rotation's rule.
    worlds
        Number of worlds; the plan's if left out.
    workers, advance
        As for `run_worlds`.

    Returns
    -------
    dict
        `critical_up` and `critical_low`, a value a look.
    """
    _require_rule(plan)
    count, schedule = worlds or plan.prospective.worlds, plan.prospective
    rules = rotation_settings(config).rules
    chunks = [_Chunk(plan, rules, 0, first, min(first + _CHUNK, count)) for first in range(0, count, _CHUNK)]
    p_values = np.full((2, count, len(schedule.looks)), np.nan)
    for chunk, found in zip(chunks, _mapped(_nulls, chunks, workers), strict=True):
        for number, sides in enumerate(found, start=chunk.first):
            for side, looked in enumerate(sides):
                p_values[side, number, : len(looked)] = looked
        advance(len(found))
    return {
        "critical_up": critical_values(p_values[0], schedule.alpha_up, schedule.looks),
        "critical_low": critical_values(p_values[1], schedule.alpha_low, schedule.looks),
    }


def kept_worlds(plan: StudyPlan, config: Config) -> dict[str, Any] | None:
    """Return the finished table of a plan with its own number of worlds, if it was made."""
    key = worlds_key(plan, rotation_settings(config).rules, plan.worlds.worlds)
    return _read(worlds_path(config, key))


def worlds_key(plan: StudyPlan, rules: Rules, count: int) -> str:
    """Hash all that the tables depend on: parts of the plan, the rotation's rule, the code, the number of worlds."""
    parts = plan.model_dump(mode="json", by_alias=True)
    read = {name: parts[name] for name in ("signal", "outcome", "judgement", "worlds", "prospective")}
    read["signal"].pop("file")
    read["prospective"].pop("power")  # a result of these tables
    digest = hashlib.sha256(json.dumps([read, list(rules), count], sort_keys=True).encode())
    for path in _sources():
        digest.update(path.read_bytes())
    return digest.hexdigest()


def worlds_path(config: Config, key: str) -> Path:
    """Return the file of a table."""
    return config.state / "study" / f"worlds-{key[:12]}.json"


def _sources() -> list[Path]:
    modules = [Path(str(module.__file__)) for module in (breakouts, counted, planned_looks, shifts, word, indicators)]
    rule = Path(str(indicators.__file__)).parent / "rotation"
    return [*modules, *sorted(Path(__file__).parent.glob("*.py")), *sorted(rule.glob("*.py"))]


def _require_complete(plan: StudyPlan) -> None:
    _require_rule(plan)
    for effect in (0, plan.judgement.effect):
        if effect not in plan.worlds.effects:
            raise ConfigError("a size needs its effect", where="worlds.effects", expected=f"{effect} among them")


def _require_rule(plan: StudyPlan) -> None:
    if plan.signal.file is not None:
        # Sessions of a world have no dates, which a function of the user's own file returns.
        raise ConfigError(
            "synthetic worlds need the rule of the rotation",
            where="signal.file",
            was=plan.signal.file.name,
            mend="test the plan without its file",
        )


def _judged(chunk: _Chunk) -> list[dict[str, Any]]:
    kind = chunk.plan.worlds.kinds[chunk.kind]
    seeds = chunk.seeds(_TABLE, chunk.plan.worlds.seed)
    return [judge_world(chunk.plan, chunk.rules, kind, seed) for seed in seeds]


def _nulls(chunk: _Chunk) -> list[list[list[float]]]:
    kind = chunk.plan.worlds.kinds[chunk.kind]
    seeds = chunk.seeds(_CRITICALS, chunk.plan.prospective.seed)
    return [null_p_values(chunk.plan, chunk.rules, kind, seed) for seed in seeds]


def _mapped(judge: Callable[[_Chunk], list[Any]], chunks: list[_Chunk], workers: int | None) -> Iterator[list[Any]]:
    """Yield the result of each chunk in order."""
    if workers == 1 or len(chunks) < 2:
        yield from map(judge, chunks)
        return
    with process_pool(workers) as pool:
        yield from pool.map(judge, chunks)


def _kept_chunks(partial: Path) -> dict[tuple[int, int], list[dict[str, Any]]]:
    """Read the chunks of a stopped run; a last line that is torn is left out."""
    try:
        lines = partial.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    kept = {}
    for line in lines:
        try:
            chunk = json.loads(line)
        except ValueError:
            continue
        kept[chunk["kind"], chunk["first"]] = chunk["records"]
    return kept


def _append(partial: Path, chunk: dict[str, Any]) -> None:
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("a", encoding="utf-8") as opened:
            opened.write("\n" + json.dumps(chunk))  # a line that a stop tore keeps its own line
    except OSError as problem:
        raise write_error(LedgerError, partial, problem) from None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as problem:
        raise LedgerError(f"cannot be read: {problem}", where=str(path), mend="remove it") from None
    return found
