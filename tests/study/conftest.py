"""The real market for the tests of the study."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.services.markets import open_market
from bot.settings.loader import load_config
from bot.study.plan import load_plan
from bot.study.study_data import StudyData


@pytest.fixture(scope="session")
def real_study(real_folder: Path) -> StudyData:
    """The package's plan on real prices, read once a worker."""
    plan, config = load_plan(), load_config()
    config = config.model_copy(update={"symbols": {**config.symbols, **plan.symbols}})
    return StudyData(plan, config, open_market(config, real_folder))
