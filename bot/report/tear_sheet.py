"""The report of a run: one HTML file that opens offline."""

from __future__ import annotations

from html import escape

from bot.report.contents import Contents


def render(contents: Contents) -> str:
    """The report as HTML."""
    return f"<!doctype html><title>{escape(contents.manifest['run_id'])}</title>"
