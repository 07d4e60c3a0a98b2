"""Registered plans: begin one, follow its episodes, and write down each look at its outcomes."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.core.errors import BotError, ConfigError
from bot.core.market import Market
from bot.data.demo.demo_market import DEMO
from bot.ledger.plan_log import FILE_NAME, PlanEntry, PlanEntryKind, note_peek, plan_log
from bot.ledger.plan_progress import keep_progress
from bot.services.markets import open_market
from bot.settings.loader import Config
from bot.study.plan import StudyPlan
from bot.study.prospective import as_dict, progress_of
from bot.study.study_data import StudyData


def register(state: Path, plan: StudyPlan, at: datetime) -> PlanEntry:
    """Begin a prospective plan: write its content, its hash and the date to the log of plans.

    Raises
    ------
    ConfigError
        If this plan is registered already.
    LedgerError
        If the log cannot be written, or its chain is broken.
    """
    log = plan_log(state)
    before = log.registered()
    if before is not None and before.plan_sha256 == plan.sha256:
        raise ConfigError(
            f"plan {plan.name} is registered already, on {before.day}", where=str(log.path), mend="bot study status"
        )
    content = plan.model_dump(mode="json", by_alias=True)
    if plan.signal.file is not None:  # read again from any working folder
        content["signal"]["file"] = str(plan.signal.file.resolve())
    return log.append(PlanEntryKind.REGISTERED, plan.sha256, {"name": plan.name, "plan": content}, at)


def registered_plan(entry: PlanEntry) -> StudyPlan:
    """Return the plan of a registration.

    Raises
    ------
    ConfigError
        If its event file is gone or has changed since, or if another version of the bot wrote it.
    """
    try:
        plan = StudyPlan.model_validate(entry.body["plan"])
    except (ValidationError, KeyError):
        raise ConfigError(
            f"the plan of entry {entry.number} was registered with another version and cannot be read",
            where=FILE_NAME,
            mend="use that version, or register the plan anew",
        ) from None
    if plan.sha256 != entry.plan_sha256:
        raise ConfigError(
            f"plan {plan.name} changed after its registration on {entry.day}",
            expected=f"hash {entry.plan_sha256[:12]}",
            was=f"hash {plan.sha256[:12]}",
            mend="restore its event file, or register the changed plan as a new one",
        )
    return plan


def status_of(config: Config, data_dir: Path | None, market: str, at: datetime) -> dict[str, Any]:
    """Return the progress of the newest registered plan as plain data, and write a peek first.

    Raises
    ------
    ConfigError
        If no plan is registered, or it changed since.
    DataError, LedgerError
        If prices or the log cannot be read.
    """
    log = plan_log(config.state)
    entry = log.registered()
    if entry is None:
        raise ConfigError("no plan is registered", where=str(log.path), mend="begin one with: bot study register")
    data = _opened(config, registered_plan(entry), data_dir, market)
    note_peek(config.state, "bot study status", _last_day(data.market), at)
    if data.market.name == DEMO:  # its years are still to come, and its episodes are none of the plan's
        found = as_dict(data, entry, progress_of(data, entry.day))
    else:
        found = _followed(config.state, entry, data, at)
    peeks = sum(one.kind is PlanEntryKind.PEEK and one.plan_sha256 == entry.plan_sha256 for one in log.entries())
    return {**found, "peeks": peeks}


def follow(config: Config, at: datetime) -> str | None:
    """Add the new episodes of the registered plan to the log, from the prices of the store.

    Returns
    -------
    str or None
        One line on the plan's progress, or on what prevented it; None if no plan is registered.
    """
    try:
        entry = plan_log(config.state).registered()
        if entry is None:
            return None
        data = _opened(config, registered_plan(entry), None, "store")
        line: str = _followed(config.state, entry, data, at)["line"]
    # A tick or an update has done its own work by now, which stays valid.
    except BotError as problem:
        return f"The registered plan was not followed: {problem}"
    return f"{data.plan.name}: {line}"


def _followed(state: Path, entry: PlanEntry, data: StudyData, at: datetime) -> dict[str, Any]:
    """Add the new episodes of a registered plan to the log, and keep and return its progress."""
    found = progress_of(data, entry.day)
    for session in found.sessions:
        plan_log(state).append_once(PlanEntryKind.EPISODE, entry.plan_sha256, {"session": str(session)}, at)
    progress = as_dict(data, entry, found)
    keep_progress(state, progress)
    return progress


def _last_day(market: Market) -> date:
    day: date = market[market.roles.eth].dates[-1].item()
    return day


def _opened(config: Config, plan: StudyPlan, data_dir: Path | None, market: str) -> StudyData:
    config = plan.with_symbols(config)
    return StudyData(plan, config, open_market(config, data_dir, market))
