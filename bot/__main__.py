"""`python -m bot`: see bot/cli.py. Here only: Ctrl+C while Python still imports is no error."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    try:
        from bot.cli import main

        main()
    except KeyboardInterrupt:
        sys.exit(130)
