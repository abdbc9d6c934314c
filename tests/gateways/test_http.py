"""The HTTP connector when the outside misbehaves: deadlines, retries, breaker, checked answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr, ValidationError
from structlog.testing import capture_logs

from services.gateways import (
    ConnectorSettings,
    Gateways,
    GatewaySettings,
    Misbehaved,
    NoConnector,
    Rejected,
    Unavailable,
)
from storage.guard import NetworkInTurnError, turn_running
from tests.gateways.conformance import NAME, abroad, body
from tests.gateways.conftest import settings_for
from tests.sandbox.conftest import Running
from tests.sandbox.made import id_number

ANSWER = {"as_of": "2026-11-24T02:00:00Z", "cards": [], "open_applications": []}
CARD = {
    "province": "370000",
    "region": "370100",
    "bank": "icbc",
    "last_four": "1234",
    "status": "normal",
    "social": "enabled",
    "financial": "active",
}


class Scripted:
    """A bureau that answers what it is told to; the last answer stays."""

    def __init__(self) -> None:
        self.script: list[tuple[int, Any, dict[str, str]]] = [(200, ANSWER, {})]
        self.requests: list[web.Request] = []
        self.url = ""

    def says(self, *answers: tuple[int, Any] | tuple[int, Any, dict[str, str]]) -> None:
        self.script = [(each[0], each[1], each[2] if len(each) > 2 else {}) for each in answers]

    async def take(self, request: web.Request) -> web.Response:
        await request.read()
        self.requests.append(request)
        status, content, headers = self.script[0]
        if len(self.script) > 1:
            self.script.pop(0)
        text = content if isinstance(content, str) else json.dumps(content)
        return web.Response(
            status=status, text=text, content_type="application/json", headers=headers
        )


@pytest.fixture
async def scripted() -> AsyncIterator[Scripted]:
    stand_in = Scripted()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", stand_in.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stand_in.url = "http://{}:{}".format(*runner.addresses[0][:2])
    yield stand_in
    await runner.cleanup()


def connected(url: str, **changes: Any) -> Gateways:
    given: dict[str, Any] = {
        "bureaus": {"one": ConnectorSettings(base_url=url, token=SecretStr("secret-token"))},
        "regions": {"37": "one"},
        "backoff_seconds": 0.001,
        "breaker_failures": 1000,
    }
    return Gateways.from_settings(GatewaySettings(**given | changes))


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        "[]",
        {**ANSWER, "as_of": "yesterday"},
        {**ANSWER, "as_of": "2026-11-24T02:00:00"},
        {"as_of": ANSWER["as_of"], "cards": []},
        {**ANSWER, "cards": [{**CARD, "status": "fine"}]},
        {**ANSWER, "cards": [{**CARD, "last_four": "12345"}]},
        {**ANSWER, "cards": [{**CARD, "province": "山东"}]},
    ],
)
async def test_an_answer_that_breaks_the_contract(scripted: Scripted, content: Any) -> None:
    scripted.says((200, content))
    async with connected(scripted.url) as gateways:
        with pytest.raises(Misbehaved):
            await gateways.bureau("370100").look_up(id_number(), NAME)
    assert len(scripted.requests) == 1  # asking again would not help


async def test_unknown_fields_are_no_fault(scripted: Scripted) -> None:
    scripted.says((200, {**ANSWER, "new": 1, "cards": [{**CARD, "colour": "green"}]}))
    async with connected(scripted.url) as gateways:
        found = await gateways.bureau("370100").look_up(id_number(), NAME)
    assert found.cards[0].last_four == "1234"


async def test_too_long_an_answer(scripted: Scripted) -> None:
    scripted.says((200, json.dumps(ANSWER) + " " * 3000))
    async with connected(scripted.url, max_answer_bytes=2000) as gateways:
        with pytest.raises(Misbehaved):
            await gateways.bureau("370100").look_up(id_number(), NAME)


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
async def test_what_may_be_repeated_is(scripted: Scripted, status: int) -> None:
    scripted.says((status, ""), (status, ""), (200, ANSWER))
    async with connected(scripted.url) as gateways:
        await gateways.bureau("370100").look_up(id_number(), NAME)
    assert len(scripted.requests) == 3


async def test_a_withdrawal_is_not_repeated(scripted: Scripted) -> None:
    scripted.says((500, ""))
    async with connected(scripted.url) as gateways:
        with pytest.raises(Unavailable):
            await gateways.bureau("370100").withdraw("R-1")
    assert len(scripted.requests) == 1


async def test_submissions_carry_one_key_through_all_tries(scripted: Scripted) -> None:
    scripted.says((503, ""))
    async with connected(scripted.url) as gateways:
        with pytest.raises(Unavailable):
            await gateways.bureau("370100").submit(body(), "key-0001")
    keys = [request.headers["Idempotency-Key"] for request in scripted.requests]
    assert keys == ["key-0001"] * 3


async def test_a_long_retry_after_is_handed_on_at_once(scripted: Scripted) -> None:
    scripted.says((503, "", {"Retry-After": "120"}))
    async with connected(scripted.url) as gateways:
        with pytest.raises(Unavailable) as caught:
            await gateways.bureau("370100").look_up(id_number(), NAME)
    assert caught.value.retry_after == 120
    assert len(scripted.requests) == 1


@pytest.mark.parametrize(
    ("status", "error"), [(401, Misbehaved), (302, Misbehaved), (422, Rejected)]
)
async def test_other_statuses(scripted: Scripted, status: int, error: type[Exception]) -> None:
    content = {"error": {"code": "invalid", "message": "…", "field": "applicant.phone"}}
    scripted.says((status, content, {"Location": "http://127.0.0.1:9/"}))
    async with connected(scripted.url) as gateways:
        with pytest.raises(error):
            await gateways.bureau("370100").look_up(id_number(), NAME)
    assert len(scripted.requests) == 1


async def test_the_breaker_opens_and_closes(scripted: Scripted) -> None:
    scripted.says((503, ""))
    async with connected(
        scripted.url, attempts=1, breaker_failures=2, breaker_seconds=0.2, deadline_seconds=0.1
    ) as gateways:
        bureau = gateways.bureau("370100")
        for _ in range(5):
            with pytest.raises(Unavailable):
                await bureau.look_up(id_number(), NAME)
        assert len(scripted.requests) == 2  # the other three never left the house
        scripted.says((200, ANSWER))
        found = None
        while found is None:
            try:
                found = await bureau.look_up(id_number(), NAME)
            except Unavailable:
                continue
        assert len(scripted.requests) == 3


async def test_refusals_do_not_open_the_breaker(scripted: Scripted) -> None:
    scripted.says((422, {"error": {"code": "invalid"}}))
    async with connected(scripted.url, breaker_failures=1) as gateways:
        for _ in range(3):
            with pytest.raises(Rejected):
                await gateways.bureau("370100").look_up(id_number(), NAME)
    assert len(scripted.requests) == 3


async def test_silence_ends_at_the_deadline(outside: Running) -> None:
    await outside.fault("bureau", hang=True)
    settings = settings_for(outside, deadline_seconds=0.3, attempt_seconds=0.1)
    async with Gateways.from_settings(settings) as gateways:
        with pytest.raises(Unavailable):
            await gateways.bureau("370100").look_up(id_number(), NAME)
    await outside.fault("bureau")


async def test_nobody_listens(unused_tcp_port: int) -> None:
    async with connected(f"http://127.0.0.1:{unused_tcp_port}") as gateways:
        with pytest.raises(Unavailable):
            await gateways.bureau("370100").look_up(id_number(), NAME)


async def test_no_network_inside_a_turn(scripted: Scripted) -> None:
    async with connected(scripted.url) as gateways:
        with turn_running(), pytest.raises(NetworkInTurnError):
            await gateways.bureau("370100").look_up(id_number(), NAME)
    assert scripted.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        (200, {**ANSWER, "cards": [{**CARD, "bank": f"{NAME} 37010219950307997X"}]}),
        (422, {"error": {"code": f"bad {NAME}", "message": NAME, "field": f"{NAME}.name"}}),
        (409, {"error": {"code": NAME, "message": NAME}}),
        (500, NAME),
    ],
)
async def test_nothing_personal_in_errors_logs_and_urls(
    scripted: Scripted, answer: tuple[int, Any]
) -> None:
    scripted.says(answer)
    number = id_number()
    with capture_logs() as logs:
        async with connected(scripted.url) as gateways:
            with pytest.raises(Exception) as caught:  # noqa: PT011 - every kind must be silent
                await gateways.bureau("370100").look_up(number, NAME)
    chain: BaseException | None = caught.value
    seen = json.dumps(logs, default=repr, ensure_ascii=False)
    while chain is not None:
        seen += f"{chain!s} {chain!r} {vars(chain)!r}"
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
    seen += "".join(str(request.url) for request in scripted.requests)
    for secret in (NAME, number, "37010219950307997X", "secret-token"):
        assert secret not in seen
    assert logs


async def test_longest_prefix_and_manual_fallback() -> None:
    settings = GatewaySettings(
        bureaus={
            "province": ConnectorSettings(base_url="http://127.0.0.1:1"),
            "city": ConnectorSettings(base_url="http://127.0.0.1:2"),
            "paper": ConnectorSettings(kind="manual"),
        },
        regions={"37": "province", "3702": "city", "370213": "paper"},
        banks={"icbc": ConnectorSettings(base_url="http://127.0.0.1:3")},
    )
    async with Gateways.from_settings(settings) as gateways:
        assert gateways.bureau("370102") is gateways.bureau("371000")
        assert gateways.bureau("370202") is not gateways.bureau("370102")
        assert not gateways.connected("370213")
        assert not gateways.connected("110000")
        assert gateways.connected_banks == ("icbc",)
        assert not gateways.bank("qlb").connected


def test_settings_refuse_what_cannot_work() -> None:
    with pytest.raises(ValidationError):
        ConnectorSettings(base_url="ftp://bureau")
    with pytest.raises(ValidationError):
        GatewaySettings(regions={"37": "nobody"})


async def test_a_bureau_of_contract_one_is_not_asked_about_other_papers(scripted: Scripted) -> None:
    async with connected(scripted.url) as gateways:
        with pytest.raises(NoConnector):
            await gateways.bureau("370100").submit(abroad("SB-TEST-0001"), "key-0001")
        with pytest.raises(NoConnector):
            await gateways.bureau("370100").look_up("L1234567", "ERIKSSON, ANNA")
    assert scripted.requests == []
