"""What a process that holds keys does when it starts."""

from __future__ import annotations

from contextlib import suppress


def forbid_core_dumps() -> None:
    """A core file would hold keys and decrypted data; the limit is inherited by child processes."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
