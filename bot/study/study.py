"""Run a study: a plan on a market, section by section, into a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from bot.core.errors import ConfigError, DataError, did_you_mean
from bot.core.moments import iso
from bot.infra.clock import SystemClock
from bot.infra.version import __version__
from bot.ledger.newest_study import FORMAT
from bot.ledger.plan_log import PlanEntryKind, plan_log
from bot.services.call_arguments import config_argument, folder_argument, path_argument
from bot.services.markets import open_market
from bot.services.universe import universe_of
from bot.settings.loader import Config
from bot.study.extra import require_extra
from bot.study.multiverse import cell_count
from bot.study.page.study_page import render
from bot.study.plan import StudyPlan, load_plan
from bot.study.prospective import look_dates
from bot.study.sections import SECTIONS
from bot.study.study_data import StudyData
from bot.study.study_folder import REPORT_FILE, STUDY_FILE, StudyFolder
from bot.study.trials import trials
from bot.study.worlds.worlds_run import kept_worlds

_PAGE = Path(__file__).parent / "page"
_SOURCES = (Path(__file__).parent, Path(__file__).parents[2] / "strategies")


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """A finished study as plain data; `folder` has its files."""

    figures: Mapping[str, Any]
    folder: Path

    @property
    def report(self) -> Path:
        """The report as HTML."""
        return self.folder / REPORT_FILE

    @property
    def file(self) -> Path:
        """All figures as JSON."""
        return self.folder / STUDY_FILE

    @property
    def verdict(self) -> pd.Series:
        """The word, its labels and its figures, by name."""
        return pd.Series(self.figures["verdict"])

    @property
    def episodes(self) -> pd.DataFrame:
        """Every event with its outcome (log return) and the reason if it is left out."""
        return pd.DataFrame(self.figures["episodes"])

    def section(self, name: str) -> pd.DataFrame:
        """Return the rows of a section, such as "replication" or "multiverse"."""
        return pd.DataFrame(self.figures["sections"][name]["rows"])


_PLAN_FILE = "the path of a YAML file, or a StudyPlan"


def run_study(
    plan: Path | str | StudyPlan | None = None,
    data_dir: Path | str | None = None,
    *,
    config: Path | str | Config | None = None,
    market: str = "auto",
    only: Sequence[str] = (),
    begin: Callable[[str], None] = lambda title: None,
) -> Study:
    """Run a study, or some of its sections.

    Parameters
    ----------
    plan
        Path of a plan in YAML, or a plan; config/study.yaml if left out.
    data_dir
        Folder of CSV files; by default the store, or the demo market while the store is empty.
    config
        Config of the rotation, or its path: state folder, symbols, endings, and the rules of the section `tables`.
    market
        "auto", "store" or "demo".
    only
        Names of sections; all if empty. The verdict is always among them.
    begin
        Called with the title of each section before it is computed.

    Returns
    -------
    Study

    Raises
    ------
    BotError
        An error of `bot.core.errors`. Finished sections are kept, and the next run goes on after them.
    """
    chosen = _chosen(only)
    require_extra()
    if not isinstance(plan, StudyPlan):
        plan = load_plan(None if plan is None else path_argument("plan", plan, _PLAN_FILE))
    plan_sha256 = plan.sha256  # before a price is read
    config = plan.with_symbols(config_argument(config))
    data = StudyData(plan, config, open_market(config, folder_argument("data_dir", data_dir), market))
    key = hashlib.sha256(f"{plan_sha256}{data.data_sha256}{config.fingerprint()}{code_sha256()}".encode()).hexdigest()
    log = plan_log(config.state)
    variants = {"name": plan.name, "data_sha256": data.data_sha256, "variants": 1 + cell_count(plan)}
    log.append_once(PlanEntryKind.STUDIED, plan_sha256, variants, SystemClock().now())
    folder = StudyFolder(config.state / "study" / f"{plan_sha256[:8]}-{key[:8]}")
    found = {name: _section(data, folder, name, begin) for name in chosen}
    figures = _figures(data, found, trials(log.entries()))
    if not only:
        folder.keep_study(figures, render(figures))
    return Study(figures, folder.path)


def code_sha256() -> str:
    """Hash the code that makes the figures of a study: other code may give other figures."""
    digest = hashlib.sha256(__version__.encode())
    for source in _SOURCES:
        for path in sorted(source.rglob("*.py")):
            # The pages only show the figures.
            if _PAGE not in path.parents:
                digest.update(path.read_bytes())
    return digest.hexdigest()


def _chosen(only: Sequence[str]) -> list[str]:
    # Of a call in Python: each letter of a text would be taken for a section.
    if isinstance(only, str) or not isinstance(only, Iterable):
        raise ConfigError("is no list of sections", where="--only", expected='a list, as ["verdict"]', was=repr(only))
    for name in only:
        if name not in SECTIONS:
            hint = did_you_mean(name, SECTIONS) or f"known are {', '.join(SECTIONS)}"
            raise ConfigError("there is no such section", where="--only", was=name, mend=hint)
    return [name for name in SECTIONS if not only or name in only or name == "verdict"]


def _section(data: StudyData, folder: StudyFolder, name: str, begin: Callable[[str], None]) -> dict[str, Any]:
    """Return the figures of a section, from its file if an earlier run finished it."""
    kept = folder.section(name)
    if kept is not None:
        return kept
    section = SECTIONS[name]
    begin(section.title)
    try:
        figures = section.compute(data)
    except DataError as problem:
        if name == "verdict":
            raise
        # A section that lacks its data is reported and not computed; the others stand.
        figures = {"sentence": f"Not computed: {problem}", "missing": str(problem)}
    figures = {**figures, "does_not_show": section.does_not_show, "definitions": dict(section.definitions)}
    folder.keep_section(name, figures)
    return folder.section(name) or figures


def _figures(data: StudyData, found: Mapping[str, dict[str, Any]], counted: Mapping[str, int]) -> dict[str, Any]:
    plan, verdict = data.plan, found["verdict"]
    return {
        "format": FORMAT,
        "version": __version__,
        "made_at": iso(SystemClock().now()),
        "market": data.market.name,
        "universe": universe_of(data.market),
        "plan": plan.model_dump(mode="json", by_alias=True),
        "plan_sha256": plan.sha256,
        "data_sha256": data.data_sha256,
        "data_to": str(data.index(plan.signal.series).sessions[-1]),
        "trials": dict(counted),
        "series": data.series_sha256,
        "reads": [data.symbol(name) for name in (plan.signal.series, plan.outcome.series)],
        "verdict": verdict["verdict"],
        "episodes": verdict["episodes"],
        "sections": dict(found),
        "looks": look_dates(data),
        **({} if (worlds := kept_worlds(plan, data.config)) is None else {"worlds": worlds}),
    }
