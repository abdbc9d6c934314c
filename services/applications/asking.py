"""The network part: run by tasks, outside any transaction and any turn. No database in here."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import dataclass, field, replace
from typing import Literal

from knowledge.agencies import partner_banks
from services.applications.answers import BUREAU, Answer, State, SubmitResult
from services.gateways import Gateways
from services.gateways.contract import SubmissionBody, SubmittedDocument, TransferBody
from services.gateways.errors import (
    ByFile,
    Duplicate,
    GatewayError,
    Misbehaved,
    NoConnector,
    Rejected,
    Unavailable,
)
from storage.files import FileStore


@dataclass(frozen=True)
class LookUpRequest:
    """Who is asked about, and where."""

    region_code: str
    bank_code: str | None
    id_number: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True)
class CheckRequest(LookUpRequest):
    """The same for one round of an application's check."""

    application_id: int
    round: int


@dataclass(frozen=True)
class PackageFile:
    """A picture of the package by its name in the file store."""

    kind: str
    media_type: str
    name: str


@dataclass(frozen=True)
class Package:
    """Everything that is handed in. `key` stays the same for every try of this revision."""

    application_id: int
    revision: int
    region_code: str
    key: str
    body: SubmissionBody | TransferBody = field(repr=False)
    files: tuple[PackageFile, ...]
    agency: str | None = None

    async def read(self, files: FileStore) -> Package:
        """The same with the pictures' bytes.

        Raises:
            FileNotFoundError: a picture has been deleted meanwhile.
        """
        if isinstance(self.body, TransferBody):
            return self
        documents = []
        for each in self.files:
            content = await files.read(each.name)
            documents.append(
                SubmittedDocument(
                    kind=each.kind,
                    media_type=each.media_type,
                    sha256=hashlib.sha256(content).hexdigest(),
                    content=base64.b64encode(content).decode("ascii"),
                )
            )
        return replace(self, body=self.body.model_copy(update={"documents": tuple(documents)}))


@dataclass(frozen=True)
class PollRequest:
    """Whose state is to be fetched, or what is to be taken back.

    `agency`: the window of a transfer; None is the bureau's card desk.
    """

    application_id: int
    region_code: str
    reference: str
    agency: str | None = None


async def run_check(gateways: Gateways, request: LookUpRequest) -> list[Answer]:
    """Ask the bureau's registry and every partner bank at the same time."""
    banks = banks_to_ask(request.region_code, request.bank_code, gateways.connected_banks)
    questions = [_ask_bureau(gateways, request)]
    questions += [_ask_bank(gateways, code, request) for code in banks]
    return list(await asyncio.gather(*questions))


def banks_to_ask(
    region_code: str, chosen: str | None, connected: tuple[str, ...]
) -> tuple[str, ...]:
    """The region's partner banks, the chosen one, and, where the list is not known to be
    complete, every bank that can be asked."""
    partners = partner_banks(region_code)
    codes = [bank.code for bank in partners.banks] if partners else []
    if partners is None or not partners.complete:
        codes += connected
    if chosen:
        codes.append(chosen)
    return tuple(dict.fromkeys(codes))


async def _ask_bureau(gateways: Gateways, request: LookUpRequest) -> Answer:
    try:
        found = await gateways.bureau(request.region_code).look_up(request.id_number, request.name)
    except GatewayError as error:
        return _failed(BUREAU, error)
    return Answer(
        source=BUREAU,
        outcome="answered",
        as_of=found.as_of,
        cards=found.cards,
        open_applications=found.open_applications,
    )


async def _ask_bank(gateways: Gateways, code: str, request: LookUpRequest) -> Answer:
    try:
        found = await gateways.bank(code).look_up(request.id_number, request.name)
    except GatewayError as error:
        return _failed(code, error)
    return Answer(source=code, outcome="answered", as_of=found.as_of, cards=found.cards)


def _failed(source: str, error: GatewayError) -> Answer:
    if isinstance(error, NoConnector):
        return Answer(source=source, outcome="no_connector")
    if isinstance(error, Rejected):
        return Answer(source=source, outcome="rejected", detail=error.code)
    if isinstance(error, Misbehaved):
        return Answer(source=source, outcome="misbehaved", detail=error.what)
    return Answer(source=source, outcome="unavailable")


async def run_submit(gateways: Gateways, package: Package) -> SubmitResult:
    """Hand in a package (after `Package.read`). Safe to repeat: the key makes it one."""
    body = package.body.model_copy(update={"callback_url": gateways.callback_url})
    revision = package.revision
    try:
        if isinstance(body, TransferBody):
            window = gateways.agency(package.agency or "", package.region_code)
            receipt = await window.request_transfer(body, package.key)
        else:
            receipt = await gateways.bureau(package.region_code).submit(body, package.key)
    except Duplicate as error:
        return SubmitResult(
            outcome="duplicate",
            revision=revision,
            cards=error.cards,
            open_applications=error.open_applications,
            code=error.code,
        )
    except Rejected as error:
        return SubmitResult(
            outcome="rejected", revision=revision, code=error.code, field=error.field
        )
    except ByFile:
        return SubmitResult(outcome="by_file", revision=revision)
    except NoConnector:
        return SubmitResult(outcome="manual", revision=revision)
    except Unavailable as error:
        return SubmitResult(outcome="unavailable", revision=revision, retry_after=error.retry_after)
    except Misbehaved as error:
        # It may have arrived: only the same key again can tell.
        return SubmitResult(outcome="unavailable", revision=revision, code=error.what[:64])
    return SubmitResult(outcome="received", revision=revision, receipt=receipt)


async def run_poll(gateways: Gateways, request: PollRequest) -> State | None:
    """The application's history; None when the bureau can't be asked now."""
    try:
        if request.agency is not None:
            window = gateways.agency(request.agency, request.region_code)
            found = await window.transfer_state(request.reference)
        else:
            found = await gateways.bureau(request.region_code).state(request.reference)
    except GatewayError:
        return None
    return State.model_validate(found.model_dump())


async def run_withdraw(
    gateways: Gateways, request: PollRequest
) -> Literal["withdrawn", "refused", "unavailable"]:
    """Take an application back at the bureau."""
    try:
        if request.agency is not None:
            window = gateways.agency(request.agency, request.region_code)
            await window.withdraw_transfer(request.reference)
        else:
            await gateways.bureau(request.region_code).withdraw(request.reference)
    except (Rejected, Duplicate):
        return "refused"
    except GatewayError:
        return "unavailable"
    return "withdrawn"
