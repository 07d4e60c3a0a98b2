"""Start of the program: `bot`, and `python -m bot`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line. Ctrl-C while its modules are imported ends in one line too."""
    try:
        from bot.infra.interrupt import repeat_lost_interrupts

        if sys.platform != "win32":  # which the command refuses by name
            repeat_lost_interrupts()
        from bot.cli.main import main as run
    except KeyboardInterrupt:
        sys.stderr.write("Error: interrupted; nothing was begun\n")
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
