"""Public API key and secret of the local venue. They are valid there only."""

from __future__ import annotations

LOOPBACK_KEY, LOOPBACK_SECRET = "throwaway-key-of-the-loopback", "throwaway-secret-of-the-loopback"
