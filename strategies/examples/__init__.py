"""Strategies of a user's own, to copy from: docs/writing-a-strategy.md explains them."""
