"""Explain a day: its decision, the next triggers, and the orders."""

from bot.review.why.day import Why, last_day, why

__all__ = ["Why", "last_day", "why"]
