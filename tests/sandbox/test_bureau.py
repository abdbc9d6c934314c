"""The bureau's counter over real HTTP: look-ups, submissions, duplicates, states, judgement."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import Running, running
from tests.sandbox.made import BLUE, WHITE, card, document, encode, id_number, portrait, submission

LOOKUP = "/bureau/v1/registry/lookup"


def who(serial: int = 0) -> dict[str, str]:
    return {"id_number": id_number(serial), "name": "样本一"}


async def test_whole_road_changes_card_and_history(sandbox: Running) -> None:
    reference = await sandbox.submitted()
    road = [await sandbox.step(reference) for _ in range(5)]
    assert road == ["making", "collectable", "collected", "social_enabled", "financial_activated"]
    told = await sandbox.status(reference)
    assert [entry["sequence"] for entry in told["history"]] == [1, 2, 3, 4, 5, 6]
    assert "工商银行" in told["history"][2]["place"]
    assert told["history"][2]["due"] is not None
    _, found = await sandbox.call("POST", LOOKUP, who())
    assert found["open_applications"] == []
    (own,) = found["cards"]
    assert (own["status"], own["social"], own["financial"]) == ("normal", "enabled", "active")
    assert own["province"] == "370000"
    path = f"/admin/applications/{reference}/step"
    assert (await sandbox.call("POST", path, {}))[0] == 409


async def test_functions_may_come_in_either_order(sandbox: Running) -> None:
    reference = await sandbox.submitted()
    for state in ("making", "collectable", "collected", "financial_activated"):
        assert await sandbox.step(reference, state) == state
    assert await sandbox.step(reference) == "social_enabled"


async def test_same_key_same_answer_and_one_application(sandbox: Running) -> None:
    body = submission()
    first, again = await sandbox.submit(body), await sandbox.submit(body)
    assert (first[0], again[0]) == (201, 200)
    assert first[1] == again[1]
    assert len(await sandbox.listed("applications")) == 1
    other = await sandbox.submit(submission("A-0002", serial=5), key="A-0001:1")
    assert (other[0], other[1]["error"]["code"]) == (422, "key_reused")


async def test_same_number_under_another_key_is_a_duplicate(sandbox: Running) -> None:
    await sandbox.submit(submission())
    status, body = await sandbox.submit(submission(), key="another-key")
    assert (status, body["error"]["code"]) == (409, "duplicate_application")
    assert len(body["open_applications"]) == 1


async def test_two_submissions_at_once_one_wins(sandbox: Running) -> None:
    tries = [sandbox.submit(submission(f"A-{n:04}")) for n in range(6)]
    answers = await asyncio.gather(*tries)
    assert sorted(status for status, _ in answers) == [201, 409, 409, 409, 409, 409]
    codes = {body["error"]["code"] for status, body in answers if status == 409}
    assert codes == {"duplicate_application"}
    assert len(await sandbox.listed("applications")) == 1


@pytest.mark.parametrize(
    ("status", "region", "refused"),
    [
        ("normal", "370200", True),
        ("making", "370100", True),
        ("collectable", "370100", True),
        ("lost", "370100", False),
        ("sealed", "370100", False),
        ("cancelled", "370100", False),
        ("normal", "320500", False),
    ],
)
async def test_valid_card_in_the_province_blocks(
    sandbox: Running, status: str, region: str, refused: bool
) -> None:
    _, before = await sandbox.call("POST", LOOKUP, who())
    assert before["cards"] == []
    await sandbox.seed(cards=[card(status=status, region=region)])  # between check and submission
    code, body = await sandbox.submit(submission())
    assert code == (409 if refused else 201)
    if refused:
        assert body["error"]["code"] == "duplicate_card"
        assert body["cards"][0]["last_four"] == "1234"


async def test_card_issued_during_review_is_never_doubled(sandbox: Running) -> None:
    reference = await sandbox.submitted()
    await sandbox.seed(cards=[card(bank="ccb")])
    assert await sandbox.step(reference) == "returned"
    told = await sandbox.status(reference)
    assert told["history"][-1]["reason"]["code"] == "other"
    assert len(await sandbox.listed("cards")) == 1
    status, _ = await sandbox.call("POST", "/admin/seed", {"cards": [card(bank="qlb")]})
    assert status == 409


async def test_bank_may_know_what_the_registry_does_not(sandbox: Running) -> None:
    await sandbox.seed(cards=[card(registered=False), card(region="110000", at_bank=False)])
    _, registry = await sandbox.call("POST", LOOKUP, who())
    _, bank = await sandbox.call("POST", "/bank/icbc/v1/cards/lookup", who())
    _, other = await sandbox.call("POST", "/bank/ccb/v1/cards/lookup", who())
    assert [one["region"] for one in registry["cards"]] == ["110000"]
    assert [one["region"] for one in bank["cards"]] == ["370100"]
    assert other["cards"] == []
    _, stranger = await sandbox.call("POST", LOOKUP, who() | {"name": "别人"})
    assert stranger["cards"] == []
    assert len(await sandbox.listed("lookups")) == 4


async def test_returned_is_mended_under_the_same_reference(sandbox: Running) -> None:
    reference = await sandbox.submitted(portrait=portrait(BLUE))
    assert await sandbox.step(reference) == "returned"
    reason = (await sandbox.status(reference))["history"][-1]["reason"]
    assert (reason["code"], reason["field"]) == ("photo_background", "portrait")
    early = await sandbox.submit(submission(revision=3))
    assert early[1]["error"]["field"] == "revision"
    status, body = await sandbox.submit(submission(revision=2))
    assert (status, body["reference"], body["status"]) == (201, reference, "reviewing")
    assert await sandbox.step(reference) == "making"


async def test_card_that_could_not_be_made_is_made_anew(sandbox: Running) -> None:
    reference = await sandbox.submitted()
    assert await sandbox.step(reference, "making") == "making"
    assert await sandbox.step(reference, "returned", reason_code="photo_face") == "returned"
    assert (await sandbox.submit(submission(revision=2)))[0] == 201
    for state in ("making", "collectable", "collected"):
        assert await sandbox.step(reference) == state
    assert [one["status"] for one in await sandbox.listed("cards")] == ["cancelled", "normal"]


async def test_card_changed_by_its_bank_stays_so(sandbox: Running) -> None:
    reference = await sandbox.submitted()
    await sandbox.step(reference)
    (made,) = await sandbox.listed("cards")
    assert (await sandbox.call("PATCH", f"/admin/cards/{made['id']}", {"status": "cancelled"}))[
        0
    ] == 200
    await sandbox.seed(cards=[card(bank="ccb")])
    assert await sandbox.step(reference) == "collectable"
    assert [one["status"] for one in await sandbox.listed("cards")] == ["cancelled", "normal"]


async def test_withdraw_until_the_card_is_made(sandbox: Running) -> None:
    one, two = await sandbox.submitted(), await sandbox.submitted("A-0002", serial=1)
    path = f"/bureau/v1/applications/{one}/withdraw"
    for _ in range(2):
        status, body = await sandbox.call("POST", path)
        assert (status, body["status"], body["sequence"]) == (200, "withdrawn", 2)
    await sandbox.step(two)
    late = await sandbox.call("POST", f"/bureau/v1/applications/{two}/withdraw")
    assert (late[0], late[1]["error"]["code"]) == (409, "too_late")
    assert (await sandbox.submit(submission("A-0003")))[0] == 201


def noisy(size: tuple[int, int] = (358, 441)) -> bytes:
    import numpy as np
    from PIL import Image

    pixels = np.random.default_rng(3).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return encode(Image.fromarray(pixels), 100)


def blank(width: int, height: int) -> bytes:
    from PIL import Image

    return encode(Image.new("RGB", (width, height), WHITE), 100) + b"\0" * 6000


def documents(kind: str, data: bytes) -> list[dict[str, str]]:
    return [
        document(kind, data) if one["kind"] == kind else one for one in submission()["documents"]
    ]


FAULTY: list[tuple[str, dict[str, Any]]] = [
    ("photo_background", {"portrait": portrait(BLUE)}),
    ("photo_size", {"portrait": portrait(size=(295, 413))}),
    ("photo_size", {"portrait": noisy()}),
    ("photo_face", {"portrait": blank(358, 441)}),
    ("photo_blurred", {"portrait": b"no picture at all"}),
    ("id_front_unreadable", {"documents": documents("id_front", blank(856, 540))}),
    ("id_back_unreadable", {"documents": documents("id_back", b"%PDF")}),
    ("id_expired", {"applicant": {"valid_to": "2025-01-01"}}),
    ("number_mismatch", {"applicant": {"id_number": id_number()[:17] + "0"}}),
    ("number_mismatch", {"applicant": {"birth": "1995-03-08"}}),
    ("number_mismatch", {"applicant": {"sex": "女"}}),
    ("name_mismatch", {"applicant": {"name": "样本二"}}),
    ("address_mismatch", {"applicant": {"address": "上海市别处"}}),
    (
        "employer_mismatch",
        {"employer": {"credit_code": "9" * 18, "unit_number": "x", "name": "无"}},
    ),
]


@pytest.mark.parametrize(("code", "changes"), FAULTY)
async def test_judges_by_its_own_rules(
    sandbox: Running, code: str, changes: dict[str, Any]
) -> None:
    sound = submission()
    await sandbox.seed(
        people=[
            {
                "id_number": id_number(),
                "name": "样本一",
                "address": "山东省济南市历下区样本路 1 号",
            }
        ],
        employers=[sound["employer"]],
    )
    assert id_number()[17] != "0"
    reference = await sandbox.submitted(**changes)
    assert await sandbox.step(reference) == "returned"
    reason = (await sandbox.status(reference))["history"][-1]["reason"]
    assert reason["code"] == code


@pytest.mark.parametrize("valid_to", ["长期", None, "2040-02-29"])
async def test_long_term_and_future_cards_pass(sandbox: Running, valid_to: str | None) -> None:
    reference = await sandbox.submitted(applicant={"valid_to": valid_to})
    assert await sandbox.step(reference) == "making"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"region": "37010"}, "region"),
        ({"revision": "1"}, "revision"),
        ({"revision": 2}, "revision"),
        ({"kind": "merge"}, "kind"),
        ({"extra": 1}, "extra"),
        ({"applicant": {"birth": "1577836800"}}, "applicant.birth"),
        ({"applicant": {"phone": "123"}}, "applicant.phone"),
        ({"documents": submission()["documents"][:2]}, "documents"),
        ({"documents": [submission()["documents"][0]] * 3}, "documents"),
    ],
)
async def test_bad_form_is_refused_by_field(
    sandbox: Running, changes: dict[str, Any], field: str
) -> None:
    status, body = await sandbox.submit(submission(**changes), key="some-key-1")
    assert (status, body["error"]["code"], body["error"]["field"]) == (422, "invalid", field)
    assert id_number() not in str(body)


async def test_content_must_match_its_digest(sandbox: Running) -> None:
    body = submission()
    body["documents"][1]["sha256"] = "0" * 64
    status, answer = await sandbox.submit(body)
    assert (status, answer["error"]["field"]) == (422, "documents[1]")


async def test_only_with_the_right_token(sandbox: Running) -> None:
    for token in ("", "wrong", sandbox.secrets.bank_tokens["icbc"]):
        assert (await sandbox.call("POST", LOOKUP, who(), token=token))[0] == 401
    bureau = sandbox.secrets.bureau_token
    for path in ("/bank/icbc/v1/health", "/admin/state"):
        assert (await sandbox.call("GET", path, token=bureau))[0] == 401


async def test_unknown_paths_and_bodies_answer_in_the_error_form(sandbox: Running) -> None:
    assert (await sandbox.call("GET", "/bureau/v1/applications/NONE-1"))[0] == 404
    assert (await sandbox.call("DELETE", "/bureau/v1/registry/lookup"))[0] == 405
    status, body = await sandbox.call("GET", "/bureau/v2/nothing")
    assert (status, body["error"]["code"]) == (404, "not_found")


async def test_hidden_faults_are_seeded(tmp_path: Path) -> None:
    async def returned(data: Path, seed: int) -> list[str]:
        options = {"hidden_fault_rate": 0.4, "hidden_fault_seed": seed}
        async with running(data, **options) as sandbox:
            numbers = [f"A-{n:04}" for n in range(12)]
            found = []
            for serial, number in enumerate(numbers):
                reference = await sandbox.submitted(number, serial)
                if await sandbox.step(reference) == "returned":
                    found.append(number)
            return found

    first, same = await returned(tmp_path / "a", 1), await returned(tmp_path / "b", 1)
    assert first == same
    assert 0 < len(first) < 12
    assert await returned(tmp_path / "c", 2) != first


async def test_regions_served(tmp_path: Path) -> None:
    async with running(tmp_path, regions=["370100"]) as sandbox:
        status, body = await sandbox.submit(submission(region="320500"))
        assert (status, body["error"]["field"]) == (422, "region")


def test_made_numbers_belong_to_nobody() -> None:
    assert id_number(birth=date(1995, 3, 7))[14:17] in {"996", "997", "998", "999"}
