"""The HTTP connector of contract v1: deadlines, retries, circuit breaker, checked answers.

Requests are logged by connector, route and outcome only; personal data stands in bodies alone.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import structlog
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState
from pydantic import BaseModel, ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential_jitter

from services.gateways.contract import (
    BankAnswer,
    ErrorAnswer,
    Receipt,
    RegistryAnswer,
    StateAnswer,
    SubmissionBody,
)
from services.gateways.errors import (
    Duplicate,
    GatewayError,
    Misbehaved,
    NoConnector,
    Rejected,
    Unavailable,
)
from services.gateways.settings import ConnectorSettings, GatewaySettings
from storage.guard import refuse_in_turn

log = structlog.get_logger(__name__)
M = TypeVar("M", bound=BaseModel)
_LATER = frozenset({408, 425, 429})
_DUPLICATE = frozenset({"duplicate_card", "duplicate_application"})


@dataclass
class HttpClient:
    """The connection pool and the breakers that all HTTP connectors of a process share."""

    settings: GatewaySettings
    session: aiohttp.ClientSession | None = None
    breakers: AsyncCircuitBreakerFactory = field(init=False)

    def __post_init__(self) -> None:
        self.breakers = AsyncCircuitBreakerFactory(
            default_threshold=self.settings.breaker_failures,
            default_ttl=self.settings.breaker_seconds,
            # A refusal is an answer: the other side works. A cancelled call says nothing.
            exclude=[Rejected, Duplicate, asyncio.CancelledError],
        )

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        if self.session is not None:
            await self.session.close()
            self.session = None

    def connections(self) -> aiohttp.ClientSession:
        """The session, made inside the running loop at first use."""
        if self.session is None or self.session.closed:
            self.session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self.settings.attempt_seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self.session


@dataclass(frozen=True)
class Call:
    """One request. `route` is what a log may say: the path's pattern without its values."""

    method: str
    path: str
    route: str
    body: Any = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True


class Endpoint:
    """One base URL with its token: sends calls, checks answers, turns failures into errors."""

    def __init__(self, source: str, settings: ConnectorSettings, client: HttpClient) -> None:
        self.source = source
        self._client = client
        self._base = settings.base_url.rstrip("/")
        self._token = settings.token

    async def call(self, call: Call, model: type[M]) -> M:
        """The checked answer, within the deadline.

        Raises:
            GatewayError: see its subclasses.
            NetworkInTurnError: called inside a turn.
        """
        refuse_in_turn("gateway")
        settings = self._client.settings
        try:
            async with asyncio.timeout(settings.deadline_seconds):
                answer = await self._with_retries(call, model)
        except TimeoutError:
            error: GatewayError = Unavailable(self.source, "deadline passed")
        except GatewayError as failed:
            error = failed
        else:
            log.info("gateway.answered", source=self.source, route=call.route)
            return answer
        log.warning(
            "gateway.failed", source=self.source, route=call.route, error=type(error).__name__
        )
        raise error from None

    async def _with_retries(self, call: Call, model: type[M]) -> M:
        settings = self._client.settings
        pause = wait_exponential_jitter(
            multiplier=settings.backoff_seconds, max=settings.deadline_seconds, jitter=0.2
        )

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.retry_after if isinstance(error, Unavailable) else None
            return max(asked or 0.0, pause(state))

        def worthwhile(error: BaseException) -> bool:
            wanted = (
                error.retry_after if isinstance(error, Unavailable) else settings.deadline_seconds
            )
            return (wanted or 0.0) < settings.deadline_seconds

        retrying = AsyncRetrying(
            retry=retry_if_exception(worthwhile),
            stop=stop_after_attempt(settings.attempts if call.repeatable else 1),
            wait=wait,
            reraise=True,
        )
        return await retrying(self._through_breaker, call, model)

    async def _through_breaker(self, call: Call, model: type[M]) -> M:
        breaker = await self._client.breakers.get_breaker(f"{self.source} {self._base}")
        try:
            async with breaker:
                return await self._once(call, model)
        except OpenedState:
            wait = self._client.settings.breaker_seconds
            raise Unavailable(self.source, "breaker open", retry_after=wait) from None

    async def _once(self, call: Call, model: type[M]) -> M:
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}", **call.headers}
        try:
            async with self._client.connections().request(
                call.method,
                self._base + call.path,
                json=call.body,
                headers=headers,
                allow_redirects=False,
            ) as response:
                content = await self._read(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as lost:
            raise Unavailable(self.source, type(lost).__name__) from None
        if 200 <= response.status < 300:
            return self._checked(content, model)
        raise self._failure(response, content)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        limit = self._client.settings.max_answer_bytes
        content = bytearray()
        async for part in response.content.iter_any():
            content += part
            if len(content) > limit:
                raise Misbehaved(self.source, "answer too long")
        return bytes(content)

    def _checked(self, content: bytes, model: type[M]) -> M:
        try:
            return model.model_validate_json(content)
        except ValidationError as wrong:
            first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            # Both are ours: the place in our model and pydantic's kind of error, no values.
            raise Misbehaved(self.source, f"{first['type']} at {where or 'body'}") from None

    def _failure(self, response: aiohttp.ClientResponse, content: bytes) -> GatewayError:
        status = response.status
        if status in _LATER or status >= 500:
            return Unavailable(self.source, f"status {status}", _retry_after(response))
        if status in (401, 403) or status < 400:
            return Misbehaved(self.source, f"status {status}")
        try:
            answer = ErrorAnswer.model_validate_json(content)
        except ValidationError:
            return Misbehaved(self.source, f"status {status} without the contract's error")
        if status == 409 and answer.error.code in _DUPLICATE:
            return Duplicate(self.source, answer.error.code, answer.cards, answer.open_applications)
        return Rejected(self.source, answer.error.code, answer.error.field)


class HttpBureau:
    """A bureau over HTTP."""

    connected = True

    def __init__(self, settings: ConnectorSettings, client: HttpClient) -> None:
        self._endpoint = Endpoint("bureau", settings, client)
        self._kinds = frozenset(settings.kinds)
        self._papers = frozenset(settings.papers)

    async def look_up(self, id_number: str, name: str) -> RegistryAnswer:
        if not _known(id_number, self._papers):
            raise NoConnector("bureau")
        path = "/v1/registry/lookup"
        body = {"id_number": id_number, "name": name}
        return await self._endpoint.call(Call("POST", path, path, body), RegistryAnswer)

    async def submit(self, body: SubmissionBody, key: str) -> Receipt:
        paper = getattr(body.applicant, "document_type", None) or "id_card"
        if body.kind not in self._kinds or paper not in self._papers:
            raise NoConnector("bureau")
        path = "/v1/applications"
        call = Call(
            "POST", path, path, body.model_dump(mode="json"), headers={"Idempotency-Key": key}
        )
        return await self._endpoint.call(call, Receipt)

    async def state(self, reference: str) -> StateAnswer:
        path = f"/v1/applications/{quote(reference, safe='')}"
        return await self._endpoint.call(
            Call("GET", path, "/v1/applications/{reference}"), StateAnswer
        )

    async def withdraw(self, reference: str) -> StateAnswer:
        path = f"/v1/applications/{quote(reference, safe='')}/withdraw"
        call = Call(
            "POST", path, "/v1/applications/{reference}/withdraw", body={}, repeatable=False
        )
        return await self._endpoint.call(call, StateAnswer)


class HttpBank:
    """A bank over HTTP."""

    connected = True

    def __init__(self, code: str, settings: ConnectorSettings, client: HttpClient) -> None:
        self.code = code
        self._endpoint = Endpoint(code, settings, client)
        self._papers = frozenset(settings.papers)

    async def look_up(self, id_number: str, name: str) -> BankAnswer:
        if not _known(id_number, self._papers):
            raise NoConnector(self.code)
        path = "/v1/cards/lookup"
        body = {"id_number": id_number, "name": name}
        return await self._endpoint.call(Call("POST", path, path, body), BankAnswer)


def _known(id_number: str, papers: frozenset[str]) -> bool:
    """Whether an interface can be asked of this number; contract 1.0 has 18 digits only."""
    return papers != {"id_card"} or re.fullmatch(r"[1-9][0-9]{16}[0-9X]", id_number) is not None


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    """Seconds of a Retry-After header; its date form is rare and ignored."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None
