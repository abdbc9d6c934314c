"""Runs a module as `python -m` does, but not longer than whoever holds the other end of its input.

    python -m bot.commands.leash messenger --port 8081

The demo's neighbours are started so: however the demo ends, none of them is left behind.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def _wait_for_the_end() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Run the module that the first argument names with the arguments after it."""
    threading.Thread(target=_wait_for_the_end, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
