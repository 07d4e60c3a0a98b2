"""The schema of config/*.yaml: every key, its type and its range."""

from bot.settings.schema.config import Config

__all__ = ["Config"]
