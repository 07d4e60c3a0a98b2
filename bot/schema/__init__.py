"""The schema of config/*.yaml: every key, its type and its range."""

from bot.schema.config import Config

__all__ = ["Config"]
