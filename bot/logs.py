"""Structured logs that carry ids, never persons.

Libraries put what they handle into their messages (PTB logs whole updates, SQLAlchemy its
parameters). Their records keep logger, level and the unfilled template, or their place in the code
where there is none; exceptions of any origin keep their type and places, without their text.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import structlog

OURS = ("bot", "handlers", "services", "knowledge", "storage", "messenger")


class _NoContent(logging.Filter):
    """Strip arguments from foreign records."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in OURS:
            # With arguments the text is a template of the library's; without, it may be anything.
            known = record.args and isinstance(record.msg, str)
            record.msg = record.msg if known else f"withheld at {record.module}:{record.lineno}"
            record.args = ()
        return True


def describe_error(error: BaseException) -> str:
    """An exception as type and places, without its text: `ValueError at bot/x.py:12 < …`."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    places = " < ".join(
        f"{'/'.join(f.filename.split('/')[-2:])}:{f.lineno}" for f in reversed(frames)
    )
    return f"{type(error).__name__} at {places}" if places else type(error).__name__


def _without_exception_text(_logger: Any, _name: str, event: Any) -> Any:
    info = event.pop("exc_info", None)
    if info:
        error = info if isinstance(info, BaseException) else sys.exc_info()[1]
        if isinstance(info, tuple):
            error = info[1]
        if error is not None:
            event["error"] = describe_error(error)
    event.pop("stack_info", None)
    return event


def configure(level: str = "INFO", form: str = "json") -> None:
    """Send every log line to standard error in one form."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_exception_text,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    last: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer()
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.addFilter(_NoContent())
    # A line that cannot be written must not bring its arguments, or the error at hand, to stderr.
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in (
        "alembic",
        "aiosqlite",
        "psycopg",
        "httpx",
        "httpcore",
        "aiohttp.access",
        "telegram",
        "PIL",
        "asyncio",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
