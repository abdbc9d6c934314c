"""A first card, from the wish to the card in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.support.year.papers import Papers
from benchmarks.support.year.plan import Plan, banks_of
from benchmarks.support.year.waiting import Waiting
from knowledge.agencies import bank_name
from knowledge.regions import full_name
from services import applications as apps
from services.applications import reminders
from services.applications.answers import BUREAU, Answer
from services.applications.views import Decision, Mending
from services.people import consents
from services.people.notices import Recipients
from storage.models import ConsentKind

if TYPE_CHECKING:
    from benchmarks.support.year.year import Year

_MOST_RETURNS = 5
_KINDS = ("id_front", "id_back", "portrait")


class CardWish(Waiting):
    """One person's wish for a card in a region."""

    def __init__(self, year: Year, plan: Plan, region: str, *, crossed: bool = False) -> None:
        super().__init__(year, plan, year.wish("card", crossed=crossed), ("card", region))
        self.region = region
        self.papers = Papers(self)

    async def story(self) -> str:
        year, a = self.year, self.year.a
        self.person_id = await year.house.person(self.plan)
        await self._open()
        if self.chance("leaves_off", a.leaves_off):
            await self.half_done()
        if self.plan.left(self.today):
            await year.house.do(lambda s: apps.withdraw(s, self.id, year.house.now))
            return "left before it was handed in"
        for kind in _KINDS:
            if not await self.papers.bring(kind):
                return "gave up over a picture"
        for _ in range(_MOST_RETURNS):
            ended = await self._checked() or await self._handed_in()
            if ended:
                return ended
            mending = await self._reviewed()
            if mending is None:
                return await self._made()
            if not await self._mended(mending):
                return "gave up over a return"
        return "gave up over a return"

    async def half_done(self) -> None:
        """Broken off: until they come back."""
        a = self.year.a
        await self.comes_back(a.comes_back, a.comes_when_reminded, (reminders.HALF_DONE,))

    async def _open(self) -> None:
        house = self.year.house
        bank = self.rng("bank").choice(banks_of(self.region))
        names = Recipients(f"{full_name(self.region)}社会保险经办机构", bank_name(bank))
        async with house.writing() as session:
            view = await apps.open_first(session, self.person_id, self.region, house.now)
            self.id = view.id
            await apps.choose_bank(session, self.id, bank, house.now)
            for kind in ConsentKind:
                await consents.give(
                    session,
                    self.person_id,
                    kind,
                    house.now,
                    version=consents.current_version(kind),
                    recipients=names if kind is ConsentKind.PICTURES else None,
                )

    # -- the check ---------------------------------------------------------------------------

    async def _checked(self) -> str | None:
        """The duplicate check; why it ends here, if it does."""
        house = self.year.house
        number = await house.do(lambda s: apps.begin_check(s, self.id, house.now))
        while True:
            decision = await self._round(number)
            if decision.outcome == "stop":
                self.insists("other")
                return f"stopped: {decision.reason}"
            if decision.outcome != "wait":
                return None
            if decision.escalate:
                self.touch("outage")
            number = decision.round + 1
            await self.in_days(1)

    async def _round(self, number: int) -> Decision:
        """Bureau and banks asked once; the stand-in without checks asks nobody and finds nothing.

        Raises:
            RuntimeError: the check is no longer wanted.
        """
        house = self.year.house
        answers = [Answer(source=BUREAU, outcome="answered", as_of=house.now)]
        if self.year.checks:
            request = await house.look(lambda s: apps.check_request(s, self.id, number))
            if request is None:
                raise RuntimeError("nobody wants this check")
            answers = await apps.run_check(house.gateways, request)
        decision = await house.do(
            lambda s: apps.record_answers(s, self.id, number, answers, house.now)
        )
        if decision is None:
            raise RuntimeError("nobody wants these answers")
        return decision

    async def _handed_in(self) -> str | None:
        """At the counter; why it ends here, if it does."""
        house = self.year.house
        outcome = await house.do(lambda s: apps.submit(s, self.id, house.now))
        if outcome.outcome == "faults":  # what was misread contradicts the other side
            await self.papers.correct_everything()
            return await self._checked() or await self._handed_in()
        if outcome.outcome != "queued":
            raise RuntimeError(f"not handed in: {outcome.outcome} {outcome.missing}")
        taken = await self.sent()
        if taken == "duplicate":
            self.wish.refused = True
            if self.year.checks:
                self.insists("other")
            else:
                self.touch("refused")
            return "refused at the counter"
        return None

    # -- the bureau --------------------------------------------------------------------------

    async def _reviewed(self) -> Mending | None:
        """The review; what it is returned for, if it is."""
        view = await self.view()
        if view.status == "returned":  # the counter itself sent it back
            self.wish.paper = True
            return await self._reopened()
        handed = self.today
        await self.workdays(self.year.a.review_days)
        await self._judged(view.reference or "")
        await self.news(handed)
        view = await self.view()
        if view.status != "returned":
            return None
        if not self.year.checks:
            self.touch("return")
        return await self._reopened()

    async def _judged(self, reference: str) -> None:
        """The clerk: what nobody can foresee, what the eye sees, else the bureau's own rules."""
        a, outside = self.year.a, self.year.outside
        if self.chance("hidden", a.hidden_fault):
            await outside.step(reference, "returned", reason="other")
            return
        for kind in ("id_front", "id_back"):
            bad = self.papers.conditions.get(kind) == "unreadable"
            if bad and self.chance("clerk", a.clerk_returns_unreadable):
                await outside.step(reference, "returned", reason=f"{kind}_unreadable", field=kind)
                return
        await outside.step(reference)

    async def _reopened(self) -> Mending:
        house = self.year.house
        mending = await house.do(lambda s: apps.reopen_for_mending(s, self.id, house.now))
        if mending.code == "other":
            self.wish.unseen = True
        else:
            self.wish.paper = True
        return mending

    async def _mended(self, mending: Mending) -> bool:
        """The person, or HR, puts it right; False when they give up."""
        a = self.year.a
        if mending.who == "officer" and self.year.checks:
            self.touch("return")
        await self.in_days(self.rng("mends").randint(*a.mends_within_days))
        if mending.code == "id_expired":
            await self.papers.renew()
        for kind in mending.kinds:
            if not await self.papers.bring(kind, again=True):
                return False
        if mending.field is not None:
            await self.papers.correct(mending.field)
        return True

    async def _made(self) -> str:
        a, outside = self.year.a, self.year.outside
        reference, since = (await self.view()).reference or "", self.today
        await self.workdays(a.making_days)
        await outside.step(reference, "collectable")
        await self.news(since)
        kinds = (reminders.COLLECT, reminders.SEAL)
        await self.comes_back(a.collects, a.collects_when_reminded, kinds)
        try:
            await outside.step(reference, "collected")
        except RuntimeError:
            return "sealed uncollected"
        await self.news(self.today)
        self.wish.done = self.today
        return "card in hand"
