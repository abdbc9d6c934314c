"""The papers of one application: pictures sent, read or typed, corrected, confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from sqlmodel.ext.asyncio.session import AsyncSession

from benchmarks.support.year.pictures import own_fields, reading_of, spoilt
from services import applications as apps
from services.applications.mending import kind_of
from services.applications.readings import Reading
from services.applications.views import DocumentView

if TYPE_CHECKING:
    from benchmarks.support.year.cardwish import CardWish

_MOST_TRIES = 8
_TYPO_FIELDS = ("name", "id_number", "address", "birth", "valid_to")
Sent = Literal["taken", "refused", "expired"]


class Papers:
    """Both sides and the portrait. `conditions`: of the pictures that stand."""

    def __init__(self, wish: CardWish) -> None:
        self.wish = wish
        self.person = wish.plan.person
        self.conditions: dict[str, str] = {}
        self._helped: set[str] = set()
        wrong = wish.chance("form", wish.year.a.typing_wrong)
        self._typo = wish.rng("form").choice(_TYPO_FIELDS) if wrong else None

    @property
    def _fields(self) -> dict[str, str]:
        return self.person.fields()

    async def renew(self) -> None:
        """A new ID card from the police, and its fields."""
        wish = self.wish
        await wish.in_days(wish.year.a.renewal_days)
        until = wish.today + timedelta(days=7300)
        self.person = replace(self.person, valid_from=wish.today, valid_to=until)

    async def bring(self, kind: str, *, again: bool = False) -> bool:
        """Send a picture until one is taken; False when the person gives up."""
        wish, a = self.wish, self.wish.year.a
        condition = self._condition(kind, again=again)
        for _ in range(_MOST_TRIES):
            sent = await self._send(kind, condition)
            if sent == "taken":
                self.conditions[kind] = condition
                return True
            if sent == "expired":
                await self.renew()
                continue
            if not wish.chance("sends_again", a.sends_again):
                await wish.half_done()
            condition = self._condition(kind, again=True)
        return False

    def _condition(self, kind: str, *, again: bool) -> str:
        a = self.wish.year.a
        if again and self.wish.chance(f"better:{kind}", a.better_again):
            return "good"
        shares = a.portrait if kind == "portrait" else a.id_side
        return self.wish.rng(f"condition:{kind}").choices(list(shares), list(shares.values()))[0]

    async def _send(self, kind: str, condition: str) -> Sent:
        year = self.wish.year
        async with year.house.writing() as session:
            if not year.checks:
                return await self._as_it_is(session, kind, condition)
            return await self._read(session, kind, condition)

    # -- with the bot's reader -----------------------------------------------------------------

    async def _read(self, session: AsyncSession, kind: str, condition: str) -> Sent:
        wish, year = self.wish, self.wish.year
        house, rng = year.house, wish.rng(f"picture:{kind}")
        if kind == "portrait":
            read = year.album.portrait(condition, wish.region, rng)
        else:
            own = own_fields(kind, self._fields)
            read = year.album.side(kind, condition, own, rng, wish.today)
        crop = await house.store(session, wish.person_id, read.crop)
        mended = read.mended.image if read.mended else None
        mended_id = await house.store(session, wish.person_id, mended)
        document = await apps.expect_document(session, wish.id, kind, None, house.now)
        reading = reading_of(read, crop, mended_id)
        outcome = await apps.record_reading(session, document.id, [reading], house.now)
        if outcome.escalate and kind not in self._helped:
            self._helped.add(kind)
            wish.touch("help")
        taken = next((each for each in outcome.documents if each.kind == kind), None)
        if taken is not None:
            return "taken" if kind == "portrait" else await self._confirm(session, taken)
        refused = outcome.refused[0] if outcome.refused else None
        if refused is not None and any(each["code"] == "expired" for each in refused.findings):
            return "expired"
        offered = refused is not None and refused.mended_id is not None
        if refused is not None and offered and wish.chance("mended", year.a.takes_mended):
            await apps.accept_mended(session, refused.id, house.now)
            return "taken"
        return "refused"

    async def _confirm(self, session: AsyncSession, document: DocumentView) -> Sent:
        """What is doubtful or missing is looked at; what is wrong without a doubt is not seen."""
        wish, a, truth = self.wish, self.wish.year.a, own_fields(document.kind, self._fields)
        for name, value in truth.items():
            read = document.fields.get(name)
            if read == value:
                continue
            if not read or (name in document.doubts and wish.chance("corrects", a.corrects_doubt)):
                wrong = wish.chance("typing", a.typing_wrong)
                typed = spoilt(name, value, wish.rng("spoilt")) if wrong else value
                await self._type(session, document.id, name, typed)
        try:
            await apps.confirm_fields(session, document.id, wish.year.house.now)
        except apps.FieldError as error:
            if error.code == "expired":
                return "expired"
            return await self._type_all(session, document)
        return "taken"

    async def _type(self, session: AsyncSession, document_id: int, name: str, text: str) -> None:
        now = self.wish.year.house.now
        try:
            await apps.correct_field(session, document_id, name, text, now)
        except apps.FieldError:  # it can't be so: read again, typed right
            await apps.correct_field(session, document_id, name, self._fields[name], now)

    async def _type_all(self, session: AsyncSession, document: DocumentView) -> Sent:
        """Told that something can't be right, they compare every field."""
        for name, value in own_fields(document.kind, self._fields).items():
            await self._type(session, document.id, name, value)
        try:
            await apps.confirm_fields(session, document.id, self.wish.year.house.now)
        except apps.FieldError as error:
            return "expired" if error.code == "expired" else "refused"
        return "taken"

    # -- without checks ------------------------------------------------------------------------

    async def _as_it_is(self, session: AsyncSession, kind: str, condition: str) -> Sent:
        """Handed on as it was taken, with fields typed by hand."""
        wish, house = self.wish, self.wish.year.house
        image = wish.year.album.raw(kind, condition, wish.region, wish.rng(f"picture:{kind}"))
        file_id = await house.store(session, wish.person_id, image)
        document = await apps.expect_document(session, wish.id, kind, None, house.now)
        fields = {} if kind == "portrait" else self._typed(kind)
        reading = Reading(kind=kind, ok=True, fields=fields, file_id=file_id)
        await apps.record_reading(session, document.id, [reading], house.now)
        if kind != "portrait":
            await apps.confirm_fields(session, document.id, house.now)
        return "taken"

    def _typed(self, kind: str) -> Mapping[str, str]:
        wish, fields = self.wish, own_fields(kind, self._fields)
        rng = wish.rng("form")
        if self._typo is not None and self._typo in fields:
            fields[self._typo] = spoilt(self._typo, fields[self._typo], rng)
        return fields

    # -- after a return --------------------------------------------------------------------------

    async def correct(self, field: str) -> None:
        """The field that it was returned for, typed again and confirmed."""
        wish, house = self.wish, self.wish.year.house
        self._typo = None
        view = await wish.view()
        document = view.document(kind_of(field) or "")
        if document is None:
            return
        wrong = wish.chance("typing", wish.year.a.typing_wrong)
        value = self._fields[field]
        async with house.writing() as session:
            typed = spoilt(field, value, wish.rng("spoilt")) if wrong else value
            await self._type(session, document.id, field, typed)
            await self._settle(session, document)

    async def correct_everything(self) -> None:
        """Both sides compared with the card, field by field."""
        view = await self.wish.view()
        async with self.wish.year.house.writing() as session:
            for document in view.documents:
                if document.kind != "portrait":
                    await self._type_all(session, document)

    async def _settle(self, session: AsyncSession, document: DocumentView) -> None:
        try:
            await apps.confirm_fields(session, document.id, self.wish.year.house.now)
        except apps.FieldError:
            await self._type_all(session, document)
