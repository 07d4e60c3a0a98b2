"""The check of the system."""

from __future__ import annotations

import pytest

from bot.core.errors import ConfigError
from bot.infra.installation import require_supported_system


def test_windows_is_refused_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"^Windows is not supported; start the bot in WSL 2; see docs/platforms.md$"):
        require_supported_system("win32")


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_linux_and_macos_are_accepted(platform: str) -> None:
    require_supported_system(platform)
