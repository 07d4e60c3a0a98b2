"""Version of the bot."""

__version__ = "0.2.0"
