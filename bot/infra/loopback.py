"""The throwaway API key and secret of the venue on this machine. They are public and open nothing else."""

from __future__ import annotations

LOOPBACK_KEY, LOOPBACK_SECRET = "throwaway-key-of-the-loopback", "throwaway-secret-of-the-loopback"
