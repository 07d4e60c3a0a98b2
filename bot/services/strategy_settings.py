"""Settings of the rotation from a config."""

from __future__ import annotations

from bot.settings.loader import Config
from strategies.rotation.config_paths import filled
from strategies.rotation.settings import RotationSettings


def rotation_settings(config: Config) -> RotationSettings:
    """Return the sections of a config that the rotation reads."""
    return filled(RotationSettings, config)
