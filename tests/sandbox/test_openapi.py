"""docs/gateway.openapi.yaml is valid, and the sandbox does what it says."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
import yaml
from aiohttp import web
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from sandbox.server import create_app
from sandbox.settings import AGENCIES, SandboxSettings
from sandbox.web import SECRETS
from tests.sandbox.conftest import Receiver, Running
from tests.sandbox.made import card, document, id_number, id_side, submission

DOCUMENT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs" / "gateway.openapi.yaml").read_text("utf-8")
)
# Valid form with impossible content (a digest that doesn't match) is refused with 422.
CONFIG = SchemathesisConfig.from_dict(
    {"checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "404", "409", "422"]}}}
)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)
PAPERS = {
    "id_card": ("id_front", "id_back"),
    "temporary_id": ("temporary_id",),
    "hmt_permit": ("hmt_front", "hmt_back"),
    "foreign_permit": ("foreign_permit",),
    "passport": ("passport",),
}
SOUND = schemathesis.openapi.from_dict(
    DOCUMENT, config=SchemathesisConfig.from_dict({"generation": {"mode": "positive"}})
)
BOUNDED = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
# Where one interface has several servers, each gets its share.
FEW = settings(BOUNDED, max_examples=15)
BANKS = SandboxSettings(data=Path()).banks


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A sandbox in a thread of its own: schemathesis is synchronous."""
    loop = asyncio.new_event_loop()
    app = create_app(SandboxSettings(data=tmp_path_factory.mktemp("openapi")))
    runner = web.AppRunner(app, shutdown_timeout=1)

    async def start() -> str:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return "http://{}:{}".format(*runner.addresses[0][:2])

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    url = asyncio.run_coroutine_threadsafe(start(), loop).result(20)
    secrets = app[SECRETS]
    own = {"hr": secrets.hr_token, "bureau": secrets.bureau_token}
    yield url, own | secrets.bank_tokens | secrets.agency_tokens
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(20)
    loop.close()


def test_document_is_valid_openapi() -> None:
    SCHEMA.validate()
    assert DOCUMENT["openapi"].startswith("3.1")


@SCHEMA.include(tag="bureau").parametrize()
@BOUNDED
def test_bureau_does_what_the_document_says(
    case: schemathesis.Case[Any], outside: tuple[str, dict[str, str]]
) -> None:
    url, tokens = outside
    bearer = {"Authorization": f"Bearer {tokens['bureau']}"}
    case.call_and_validate(base_url=url + "/bureau", headers=bearer)


@pytest.mark.parametrize("bank", BANKS)
@SCHEMA.include(tag="bank").parametrize()
@FEW
def test_every_bank_does_what_the_document_says(
    case: schemathesis.Case[Any], outside: tuple[str, dict[str, str]], bank: str
) -> None:
    url, tokens = outside
    bearer = {"Authorization": f"Bearer {tokens[bank]}"}
    case.call_and_validate(base_url=f"{url}/bank/{bank}", headers=bearer)


def sound_parts(body: dict[str, Any]) -> dict[str, Any]:
    """What a first application may not leave out keeps the value of a faultless one."""
    return {name: value for name, value in body["applicant"].items() if value is not None}


@SCHEMA.include(tag="hr").parametrize()
@BOUNDED
def test_the_hr_system_does_what_the_document_says(
    case: schemathesis.Case[Any], outside: tuple[str, dict[str, str]]
) -> None:
    url, tokens = outside
    bearer = {"Authorization": f"Bearer {tokens['hr']}"}
    case.call_and_validate(base_url=url + "/hr", headers=bearer)


@pytest.mark.parametrize("agency", AGENCIES)
@SCHEMA.include(tag="agency").parametrize()
@FEW
def test_every_agency_does_what_the_document_says(
    case: schemathesis.Case[Any], outside: tuple[str, dict[str, str]], agency: str
) -> None:
    url, tokens = outside
    bearer = {"Authorization": f"Bearer {tokens[agency]}"}
    case.call_and_validate(base_url=f"{url}/agency/{agency}", headers=bearer)


@SOUND.include(operation_id="submitApplication").parametrize()
@BOUNDED
def test_any_sound_application_is_taken_and_told(
    case: schemathesis.Case[Any], outside: tuple[str, dict[str, str]]
) -> None:
    """Generated applications with real pictures: what no generator could guess is filled in."""
    url, tokens = outside
    base, bearer = url + "/bureau", {"Authorization": f"Bearer {tokens['bureau']}"}
    assert isinstance(case.body, dict)
    applicant = submission()["applicant"] | {"nationality": "UTO"} | sound_parts(case.body)
    papers = PAPERS[applicant.get("document_type") or "id_card"]
    case.body = case.body | {
        "kind": "first",
        "details": None,
        "applicant": applicant,
        "documents": [
            *(document(kind, id_side("front")) for kind in papers),
            submission()["documents"][-1],
        ],
        "number": secrets.token_hex(8),
        "revision": 1,
    }
    case.headers["Idempotency-Key"] = secrets.token_hex(8)
    answer = case.call(base_url=base, headers=bearer)
    case.validate_response(answer)
    assert answer.status_code in (201, 409)
    if answer.status_code == 409:  # the same person in the same province once more
        reference = answer.json()["open_applications"][0]["reference"]
    else:
        reference = answer.json()["reference"]
    for path, method in (("", "GET"), ("/withdraw", "POST")):
        place = SOUND[f"/v1/applications/{{reference}}{path}"][method]
        follow = place.Case(path_parameters={"reference": reference})
        told = follow.call(base_url=base, headers=bearer)
        follow.validate_response(told)
        assert told.status_code == 200


def conforms(name: str, value: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(schema).validate(value)


async def test_real_bodies_conform(sandbox: Running, receiver: Receiver) -> None:
    sent = submission(callback_url=receiver.url)
    conforms("Submission", sent)
    status, receipt = await sandbox.submit(sent)
    assert status == 201
    conforms("Receipt", receipt)
    for _ in range(3):
        await sandbox.step(receipt["reference"])
    conforms("Application", await sandbox.status(receipt["reference"]))
    for _, body in await receiver.until(3):
        conforms("StateChange", json.loads(body))
    await sandbox.seed(cards=[card(region="320500")])
    who = {"id_number": id_number(), "name": "样本一"}
    _, found = await sandbox.call("POST", "/bureau/v1/registry/lookup", who)
    assert len(found["cards"]) == 2
    for one in found["cards"]:
        conforms("CardRecord", one)
    _, refused = await sandbox.submit(submission("A-0002"))
    conforms("Error", refused)
    conforms("CardRecord", refused["cards"][0])
