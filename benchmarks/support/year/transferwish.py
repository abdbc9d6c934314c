"""One insurance of a mover, from the wish to the moved relation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.support.year.plan import REGIONS, Plan
from benchmarks.support.year.relations import Relations
from benchmarks.support.year.waiting import Waiting
from services import applications as apps
from services import moves
from services.applications.views import Mending
from services.moves.checking import temporary

if TYPE_CHECKING:
    from benchmarks.support.year.year import Year

_MOST_RETURNS = 5
_AGAIN_DAYS = 7
_MOST_LOOKS = 40
_END = ("already_drawing", "temporary_account")


async def ask_for_transfers(year: Year, plan: Plan, relations: Relations) -> None:
    """A mover wants their insurances moved: each that the rules move is a wish of its own."""
    for name in relations.needed:
        wish = TransferWish(year, plan, relations, name)
        year.days.begin(year.today, wish.live)


class TransferWish(Waiting):
    """See the module."""

    def __init__(self, year: Year, plan: Plan, relations: Relations, insurance: str) -> None:
        super().__init__(year, plan, year.wish("transfer", crossed=True), ("transfer", insurance))
        self.relations, self.insurance = relations, insurance
        self.truth = relations.by[insurance]
        self.places = (plan.region, relations.destination)

    async def story(self) -> str:
        self.person_id = await self.year.house.person(self.plan)
        if self.plan.left(self.today):
            return "left before it was handed in"
        ended = await self._asked_for()
        if ended:
            return ended
        for _ in range(_MOST_RETURNS):
            taken = await self._handed_in()
            if taken:
                return taken
            mending = await self._decided()
            if mending is None:
                return "relation moved"
            ended = await self._mended(mending)
            if ended:
                return ended
        return "gave up over a return"

    # -- before it is asked for ------------------------------------------------------------------

    async def _asked_for(self) -> str | None:
        """Opened as the person says, or, with the checks, when nothing stands in its way."""
        if not self.year.checks:
            origin = self.places[0]
            if self.chance("origin", self.year.a.names_wrong_origin):
                known = {self.truth.origin[:4], self.places[1][:4]}
                wrong = [each for each in REGIONS if each[:4] not in known]
                origin = self.rng("origin").choice(wrong)
            await self._open(origin, {})
            return None
        for _ in range(_MOST_LOOKS):
            answers = await self._settled()
            fate, check = moves.fails(self.insurance, answers)
            if fate == "dropped":
                return f"not moved: {check}"
            if fate == "ready":
                await self._open(self.places[0], answers.get(self.insurance, {}))
                return None
            await self.in_days(_AGAIN_DAYS)
        return "given up waiting"

    async def _settled(self) -> dict[str, Any]:
        """The bot's questions: what the agency's records answer, else the person's word."""
        house, person = self.year.house, self.plan.person
        names: Sequence[str] = (self.insurance,)
        request = await house.look(
            lambda s: moves.look_request(s, self.person_id, self.places[1], names)
        )
        found = {} if request is None else await moves.run_look(house.gateways, request)
        answers: dict[str, Any] = {
            self.insurance: moves.known_of(self.insurance, found, *self.places)
        }
        old = temporary(person.sex, person.birth, self.today, *self.places)
        while (asked := moves.next_check(names, answers, temporary=old)) is not None:
            check, about = asked
            answers = moves.settle(answers, about, check, self._word(check))
        return answers

    def _word(self, check: str) -> bool:
        """What the person says: of the household they know, of the rest usually."""
        household = self.plan.person.id_number[:2] == self.places[1][:2]
        truth = {
            "drawing": True,
            "household": household,
            "started": self.today >= self.truth.starts,
            "stopped": self.today >= max(self.truth.stops, self.truth.settled),
        }[check]
        if check == "household" or self.chance("word", self.year.a.word_is_right):
            return truth
        return not truth if check != "drawing" else truth

    async def _open(self, origin: str, known: dict[str, Any]) -> None:
        house = self.year.house
        opened = await house.do(
            lambda s: moves.open_transfer(
                s,
                self.person_id,
                self.insurance,
                (origin, self.places[1]),
                known=known,
                now=house.now,
            )
        )
        self.id = opened.application.id

    # -- at the agencies -------------------------------------------------------------------------

    async def _handed_in(self) -> str | None:
        house = self.year.house
        outcome = await house.do(lambda s: apps.submit(s, self.id, house.now))
        if outcome.outcome != "queued":
            raise RuntimeError(f"not handed in: {outcome.outcome} {outcome.missing}")
        taken = await self.sent()
        if taken == "received":
            return None
        self.wish.refused = True
        self.touch("refused")
        return "refused at the counter"

    async def _decided(self) -> Mending | None:
        """Both sides; what it is returned for, if it is."""
        a, house = self.year.a, self.year.house
        reference, since = (await self.view()).reference or "", self.today
        await self.workdays(a.review_days)
        entered = await self.year.outside.step_transfer(reference)
        if entered == "origin_asked":
            await self.news(since)
            await self.workdays(a.origin_days)
            entered = await self.year.outside.step_transfer(reference)
        if entered == "origin_sent":
            await self.year.outside.step_transfer(reference)
        await self.news(since)
        if (await self.view()).status != "returned":
            self.wish.done = self.today
            return None
        self.wish.moved = True
        if not self.year.checks:
            self.touch("return")
        return await house.do(lambda s: apps.reopen_for_mending(s, self.id, house.now))

    async def _mended(self, mending: Mending) -> str | None:
        """Put right and handed in again, or ended."""
        a, house = self.year.a, self.year.house
        if mending.code in _END:
            await house.do(lambda s: apps.withdraw(s, self.id, house.now))
            return f"returned for good: {mending.code}"
        if mending.who == "officer" and self.year.checks:
            self.touch("return")
        await self.in_days(self.rng("mends").randint(*a.mends_within_days))
        if mending.code == "wrong_origin":
            where = {"origin": self.truth.origin}
            await house.do(lambda s: apps.describe_move(s, self.id, where, house.now))
        elif self.year.checks:
            await self._wait_until_ready()
        return None

    async def _wait_until_ready(self) -> None:
        """The bot asks the agencies again before it is handed in again."""
        for _ in range(_MOST_LOOKS):
            if moves.fails(self.insurance, await self._settled())[0] != "held":
                return
            await self.year.days.until(self.today + timedelta(days=_AGAIN_DAYS))
