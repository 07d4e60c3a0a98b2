"""Folder of the bot's own configs, and the state folder of a config."""

from __future__ import annotations

import os
from pathlib import Path

from bot.settings.config_file import read_config_text
from bot.settings.yaml_text import parse_yaml

_PACKAGE = Path(__file__).resolve().parents[1]
_INSTALLED = _PACKAGE / "config"
CONFIG_FOLDER = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "config"
"""Folder of the bot's own configs: `bot/config` in a wheel, `config/` in a checkout."""

OWN_FOLDERS = (CONFIG_FOLDER, CONFIG_FOLDER / "examples")
"""Folders in which a config of the bot is found by its name, in this order."""

DEFAULT_CONFIG = CONFIG_FOLDER / "default.yaml"


def own_file(path: Path) -> Path:
    """Return the path of a file; where it is missing, that of the bot's own file of this name.

    Parameters
    ----------
    path
        A path as typed. `gated.yaml`, `config/gated.yaml` and `gold-miners.yaml` name files of the bot in every folder,
        also where it was installed from a wheel.
    """
    if path.is_absolute() or ".." in path.parts or os.path.lexists(path):
        return path
    parts = path.parts[1:] if path.parts[:1] == ("config",) else path.parts
    for folder in OWN_FOLDERS:
        # os.path: for a name that is too long Path.is_file raises an error.
        if os.path.isfile(own := folder.joinpath(*parts)):  # noqa: PTH113
            return own
    return path


def state_folder(config: Path | None) -> Path:
    """Read the state folder of a config.

    Parameters
    ----------
    config
        File of the config, which is validated; config/default.yaml by default.

    Raises
    ------
    ConfigError
        If the config is invalid.
    """
    if config is None:
        # The schema takes longer to load than a list of runs; a test validates the bot's own config.
        own = parse_yaml(read_config_text(DEFAULT_CONFIG), str(DEFAULT_CONFIG))
        if isinstance(own, dict) and isinstance(own.get("state"), str):
            return Path(own["state"])
    from bot.settings.loader import load_config

    return load_config(config).state
