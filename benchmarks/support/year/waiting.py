"""What people do while time passes: come back by themselves or when reminded, ask how it stands."""

from __future__ import annotations

import math
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from benchmarks.support.year.days import Over
from benchmarks.support.year.plan import Plan
from benchmarks.support.year.tally import UNDER_WAY, Wish
from knowledge.workdays import add_workdays, is_workday
from services import applications as apps
from services.applications import reminders
from services.applications.views import ApplicationView, Change, Submission
from storage import queue
from storage.clock import local_date

if TYPE_CHECKING:
    from benchmarks.support.year.year import Year

_NEVER = 3000


class Waiting:
    """A wish with its application, its person's own chance, and what the days bring."""

    def __init__(self, year: Year, plan: Plan, wish: Wish, topic: object) -> None:
        self.year, self.plan, self.wish = year, plan, wish
        self._topic, self._dice = topic, dict[str, Random]()
        self.id = 0
        self.person_id = 0
        self.last_news = year.today

    def rng(self, about: str) -> Random:
        """One stream of chance for each matter of this wish."""
        return self._dice.setdefault(about, self.plan.dice(self._topic, about))

    def chance(self, about: str, share: float) -> bool:
        """Whether something happens."""
        return self.rng(about).random() < share

    @property
    def today(self) -> date:
        return self.year.today

    async def live(self) -> None:
        """The whole of it; its fate is written down whatever happens."""
        try:
            self.wish.fate = await self.story()
        except Over:
            self.wish.fate = UNDER_WAY
            raise

    async def story(self) -> str:
        """What happens; gives the fate."""
        raise NotImplementedError

    async def in_days(self, days: int) -> None:
        """Calendar days later."""
        await self.year.days.until(self.today + timedelta(days=days))

    def touch(self, kind: str) -> None:
        """An officer has to act."""
        self.wish.touches[kind] += 1

    def insists(self, kind: str) -> None:
        """Some who had the bot's answer ask HR all the same."""
        if self.chance("insists", self.year.a.insists_on_person):
            self.touch(kind)

    async def view(self) -> ApplicationView:
        """The application as the bot has it."""
        return await self.year.house.look(lambda s: apps.get(s, self.id))

    # -- coming back -------------------------------------------------------------------------

    async def comes_back(self, own: float, reminded: float, kinds: tuple[str, ...]) -> None:
        """Wait until the person comes: by themselves (daily chance `own`), or on the day of one of
        the bot's reminders (`reminded`). Raises `Over` when they never do."""
        by_themselves = self.today + timedelta(days=_geometric(self.rng("own"), own))
        while self.year.checks:
            due = await self._next_reminder(kinds)
            if due is None or due[0] >= by_themselves:
                break
            await self.year.days.until(due[0])
            if await self._remind(due[1]) and self.chance("reminded", reminded):
                return
        await self.year.days.until(by_themselves)

    async def _next_reminder(self, kinds: tuple[str, ...]) -> tuple[date, str] | None:
        found = []
        async with self.year.house.database.reading() as session:
            for kind in kinds:
                due = await queue.timer_due(session, reminders.timer_key(self.id, kind))
                if due is not None:
                    found.append((local_date(due), kind))
        return min(found, default=None)

    async def _remind(self, kind: str) -> bool:
        """The timer has fired; whether the bot still reminds."""
        now = self.year.house.now
        async with self.year.house.writing() as session:
            await queue.cancel_timers(session, reminders.timer_key(self.id, kind))
            reminder = await apps.reminder_due(session, self.id, kind, now)
        self.wish.reminders += reminder is not None
        return reminder is not None

    # -- silence and news --------------------------------------------------------------------

    async def workdays(self, days: tuple[int, int]) -> None:
        """The bureau's time for one step, drawn; people may ask meanwhile."""
        count = self.rng("bureau").randint(*days)
        self.wish.bureau_days += count
        await self.silence(add_workdays(self.today, count).day)

    async def silence(self, until: date) -> None:
        """No news until a day: who has waited long asks how it stands."""
        day, a = self.today, self.year.a
        while day < until:
            day += timedelta(days=1)
            quiet = (day - self.last_news).days >= a.silence_days
            if (
                day < until
                and quiet
                and is_workday(day)
                and self.chance("asks", a.asks_when_silent)
            ):
                await self.year.days.until(day)
                await self._asked()
        await self.year.days.until(until)

    async def _asked(self) -> None:
        self.wish.asked += 1
        self.last_news = self.today
        if not self.year.checks:
            self.touch("status")
            return
        now = self.year.house.now
        await self.year.house.look(lambda s: apps.progress(s, self.person_id, now))
        self.insists("status")

    async def news(self, since: date) -> list[Change]:
        """Wait until the state is known in the house: the bot polls the same day, or as soon as
        the desk answers; without the bot an officer looks every so many days."""
        if not self.year.checks:
            every = self.year.a.hr_looks_days
            waited = (self.today - since).days
            await self.silence(self.today + timedelta(days=-waited % every))
        changes: list[Change] | None = None
        while changes is None:
            changes = await self._poll()
            if changes is None:
                await self.silence(self.today + timedelta(days=1))
        self.last_news = self.today
        return changes

    async def _poll(self) -> list[Change] | None:
        house = self.year.house
        request = await house.look(lambda s: apps.poll_request(s, self.id))
        if request is None:
            return []
        state = await apps.run_poll(house.gateways, request)
        if state is None:
            return None
        async with house.writing() as session:
            changes = await apps.record_poll(session, self.id, state, house.now)
            await apps.told(session, [each.event_id for each in changes], house.now)
        return changes

    # -- handing in --------------------------------------------------------------------------

    async def sent(self) -> str:
        """Hand in what is queued, again while the desk is down; how it was taken."""
        revision = (await self.view()).revision
        while (done := await self._at_the_counter(revision)).outcome == "unavailable":
            if done.escalate and self.year.checks:
                self.touch("outage")
            await self.in_days(1)
        if done.outcome == "received":
            self.wish.handed_in, self.last_news = True, self.today
        return done.outcome

    async def _at_the_counter(self, revision: int) -> Submission:
        house = self.year.house
        package = await house.look(lambda s: apps.load_package(s, self.id, revision))
        if package is None:
            raise RuntimeError("nothing to hand in")
        result = await apps.run_submit(house.gateways, await package.read(house.files))
        return await house.do(lambda s: apps.record_submission(s, self.id, result, house.now))


def _geometric(rng: Random, share: float) -> int:
    """Days until something of that daily chance happens, at least one."""
    if share <= 0:
        return _NEVER
    return min(_NEVER, 1 + int(math.log(1 - rng.random()) / math.log(1 - min(share, 0.999))))
