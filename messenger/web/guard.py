"""Who may call: the sign-in's cookie, the CSRF header, rate limits, and security headers."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from messenger.core.accounts import Session, session_of
from messenger.core.unit import Messenger
from messenger.errors import ApiError, ClientError

COOKIE = "messenger_session"
CSRF_HEADER = "X-Messenger-Request"
SESSION: web.RequestKey[Session] = web.RequestKey("session", Session)
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_SAME_SITE_FETCH = frozenset({"same-origin", "none"})
_TOO_MANY_KEYS = 10_000

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class RateLimit:
    """A token bucket per key, in this process.

    Args:
        per_minute: how many are let through in a minute; 0 for no limit.
    """

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._buckets: dict[Any, tuple[float, float]] = {}

    def wait(self, key: Any) -> int:
        """0 when let through, else the seconds until the next try."""
        if self.per_minute == 0:
            return 0
        now = time.monotonic()
        level, since = self._buckets.get(key, (float(self.per_minute), now))
        level = min(self.per_minute, level + (now - since) * self.per_minute / 60)
        if len(self._buckets) > _TOO_MANY_KEYS:
            self._buckets = {k: v for k, v in self._buckets.items() if now - v[1] < 60}
        if level < 1:
            self._buckets[key] = (level, now)
            return int((1 - level) * 60 / self.per_minute) + 1
        self._buckets[key] = (level - 1, now)
        return 0


def address_of(request: web.Request, trusted_proxies: int) -> str:
    """The caller's address; forwarded ones count only behind that many trusted proxies."""
    if trusted_proxies:
        hops = [h.strip() for h in request.headers.get("X-Forwarded-For", "").split(",") if h]
        if len(hops) >= trusted_proxies:
            return hops[-trusted_proxies]
    return request.remote or ""


def check_csrf(request: web.Request) -> None:
    """Refuse what another site's page could send.

    Raises:
        ClientError: 403.
    """
    if request.method in _SAFE_METHODS:
        return
    # A foreign page can't set our header without a preflight, which we never grant.
    if CSRF_HEADER not in request.headers:
        raise ClientError(403, "csrf")
    if request.headers.get("Sec-Fetch-Site", "none") not in _SAME_SITE_FETCH:
        raise ClientError(403, "csrf")


async def require_session(messenger: Messenger, request: web.Request) -> Session:
    """The signed-in person.

    Raises:
        ClientError: 401 or 403.
    """
    check_csrf(request)
    token = request.cookies.get(COOKIE, "")
    async with messenger.read() as unit:
        session = await session_of(unit, request.match_info["slug"], token) if token else None
    if session is None:
        raise ClientError(401, "signed_out")
    request[SESSION] = session
    return session


@web.middleware
async def client_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn our errors into the page's JSON."""
    try:
        return await handler(request)
    except ClientError as error:
        headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
        return _problem(error.status, error.code, error.code, headers)
    except ApiError as error:
        status = error.code if error.code in (400, 403, 404, 413, 429) else 400
        return _problem(status, "refused", error.description, {})


def _problem(status: int, code: str, message: str, headers: dict[str, str]) -> web.Response:
    body = {"error": {"code": code, "message": message}}
    return web.json_response(body, status=status, headers=headers)


def security_headers(frame_ancestors: str, https: bool) -> dict[str, str]:
    """Headers of every answer to a browser."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; media-src 'self' blob:; manifest-src 'self'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {frame_ancestors}"
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(self), payment=()",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Robots-Tag": "noindex, nofollow",
    }
    if frame_ancestors == "'none'":
        headers["X-Frame-Options"] = "DENY"
    if https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers
