"""The story of a run in sentences."""

from bot.review.story.story import Story, story_of

__all__ = ["Story", "story_of"]
