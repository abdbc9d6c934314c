"""What one employee does, from the invitation to the rated card: about fifty updates.

Deeds come in bursts that don't wait for answers; waits stand only where a person must have seen
something (a button, a result). The same seed tells the same story.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from benchmarks.support.cast import Member
from benchmarks.support.chat import Chat
from benchmarks.support.helpdesk import FILE_CAME, HelpDesk, Relay
from benchmarks.support.kinds import words_of
from benchmarks.support.town import Admin

_RATING_PATIENCE = 45.0
_QUESTIONS = (
    "社保卡丢了怎么办",
    "从济南换到青岛工作，卡要换吗",
    "社保卡密码忘了怎么办",
    "第三代社保卡有什么用",
)
_UNANSWERED = "今天的天气怎么样"
_NUMBER = re.compile(r"GD-[\w-]+")
_STEPS = ("making", "collectable", "collected", "social_enabled", "financial_activated")
_BANK = "中国建设银行"


@dataclass
class Storyteller:
    """Plays one member."""

    member: Member
    chat: Chat
    admin: Admin
    desk: HelpDesk
    seed: int

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.helped = self.rated = self.puzzled = False

    async def run(self) -> None:
        """The whole story. Every other employee asks for a person first, the others at the end."""
        await self.enrol()
        if self.seed % 2:
            await self.ask_a_person()
        await self.open()
        await self.give_papers()
        await self.confirm()
        await self.submit()
        await self.follow()
        if not self.helped:
            await self.ask_a_person()
        self.chat.finished = True

    # -- small talk --------------------------------------------------------------------------

    async def chatter(self, *, open_step: bool, own_words: bool = True, deeds: int = 5) -> None:
        """A burst without waiting. In an open step, own words are followed by `where`."""
        extra = ("where",) if open_step else ()
        idle = "progress" if self.chat.replies.count("opened") else "nothing"
        commands: list[tuple[str, tuple[str, ...]]] = [
            ("查进度", (idle,)),
            ("/help", ("help",)),
            ("/menu", ("menu",)),
        ]
        own: list[tuple[str, tuple[str, ...]]] = [
            ("我的卡到哪了", (idle, *extra)),
            ("谢谢", ("thanks", *extra)),
            ("", ("answer", *extra)),  # a question
            ("你好", ("menu", *extra)),
        ]
        choices = commands + (own if own_words else [])
        done = 0
        while done < deeds:
            words, kinds = self.random.choice(choices)
            before = self.chat.replies[-1] if self.chat.replies else None
            if kinds[0] == before:
                continue
            done += 1
            words = words or self._question()
            sent = await self.chat.says(words, *kinds)
            if own_words and done == 2:
                await self.chat.edits(sent, words + "？")
            if done == 4:
                await self.chat.sticks()

    def _question(self) -> str:
        """One in the burst; what the bot cannot answer once at most, before a person has helped.

        Twice, a person would be offered; after a case, it would open it again.
        """
        if self.helped or self.puzzled:
            return self.random.choice(_QUESTIONS)
        question = self.random.choice((*_QUESTIONS, _UNANSWERED))
        self.puzzled = question == _UNANSWERED
        return question

    # -- scenes ------------------------------------------------------------------------------

    async def enrol(self) -> None:
        """Invitation, notice, menu."""
        chat = self.chat
        chat.owed("welcome", "notice")
        await chat.client.call("POST", f"chats/{chat.client.account_id}/start", {})
        chat.deeds += 1
        await chat.until("notice")
        await chat.presses("同意", "menu", times=2)
        await chat.until("menu")
        await self.chatter(open_step=False)

    async def open(self) -> None:
        """Twice 办社保卡; an old button; the bank pressed twice; the separate consent."""
        chat = self.chat
        await chat.says("办社保卡", "opened", "bank")
        first = await chat.until("bank")
        await self.chatter(open_step=True, deeds=4)
        await chat.says("继续办卡", "resumed", "bank")
        await chat.until("bank")
        await chat.presses(_BANK, message_id=first["message_id"])  # stale: a toast, no message
        await chat.presses(_BANK, "bank_chosen", "consent", times=2)
        await chat.until("consent")
        await chat.presses("同意", "documents", times=2)
        await chat.until("documents")

    async def give_papers(self) -> None:
        """As an album, one by one, or with a portrait that must be mended first."""
        chat, pictures = self.chat, self.member.pictures
        way = self.seed % 4
        if way in (0, 1):
            await chat.sends(pictures["front"], pictures["back"], pictures["portrait"])
            chat.told_together("offer_front", "offer_back", "accepted")
            await self.chatter(open_step=True, deeds=4)
            await chat.until("offer_front", "offer_back", "accepted")
            return
        for name, kind in (("front", "offer_front"), ("back", "offer_back")):
            await chat.sends(pictures[name], kind="photo" if way == 2 else "document")
            chat.told_next(kind)
            await self.chatter(open_step=True, deeds=3)
            await chat.until(kind)
        if way == 3:
            await chat.sends(pictures["blue"], kind="document")
            chat.told_next("mended", "accepted")
            offered = await chat.until("mended")
            await self.chatter(open_step=True, deeds=2)
            await chat.presses("用修好的这张", message_id=offered["message_id"])
        else:
            await chat.sends(pictures["portrait"], kind="document")
            chat.told_next("accepted")
        await chat.until("accepted")

    async def confirm(self) -> None:
        """Both sides are right; then bureau and banks are asked."""
        chat = self.chat
        front, back = self._offer("身份证人像面"), self._offer("身份证国徽面")
        await chat.presses("没问题", message_id=front, times=2)
        await self.chatter(open_step=True, deeds=2)
        await chat.presses("没问题", "checking", message_id=back)
        if self.member.elsewhere:
            chat.told_next("warn")
            await chat.until("warn")
            await self.chatter(open_step=True, deeds=2)
            chat.told_next("summary")
            await chat.presses("继续申领", times=2)
        else:
            chat.told_next("clear", "summary")
        await chat.until("summary")
        await self.chatter(open_step=True, deeds=5)

    def _offer(self, words: str) -> int:
        """The newest message that offers this side."""
        mine = [
            key[1]
            for key, message in self.chat.client.messages.items()
            if str(message.get("caption") or "").startswith(words) and not message["mine"]
        ]
        return max(mine)

    async def submit(self) -> None:
        """确认提交, pressed three times by an impatient thumb."""
        chat = self.chat
        chat.told_next("received")
        await chat.presses("确认提交", "submitting", times=3)
        await self.chatter(open_step=False, own_words=False, deeds=3)
        await chat.until("received")

    async def follow(self) -> None:
        """The bureau moves on while the employee keeps asking; then the rating."""
        chat = self.chat
        reference = await self._reference()
        for step in _STEPS:
            chat.told_next(step)
            await self.admin.sandbox("POST", f"applications/{reference}/step", {"to": step})
            await self.chatter(open_step=False, deeds=self.random.choice((1, 2, 3)))
        await chat.until(*_STEPS)
        await self.rate()
        await self.chatter(open_step=False, deeds=4)

    async def ask_a_person(self) -> None:
        """找人工 with words and a picture; an officer takes it, answers with both, and resolves."""
        chat, desk = self.chat, self.desk
        await chat.says("找人工", "case_opened")
        found = _NUMBER.search(words_of(await chat.until("case_opened")))
        assert found is not None
        relay = Relay(found[0], chat.client.account_id)
        desk.relays.append(relay)
        await self._writes(relay, "passed_on")
        await chat.says("/help", "help")
        await chat.sends(self.member.pictures["portrait"], answer="passed_on")
        relay.pictures += 1
        card = await desk.card(relay.number)
        relay.thread = card["message_thread_id"]
        await desk.sees(relay, relay.said[0])
        await desk.sees(relay, FILE_CAME)
        chat.told_next("taken")
        await desk.presses(card, "接手", times=2)
        await chat.until("taken")
        line = await desk.sees(relay, await self._writes(relay))
        chat.told_next("hr_answer", "hr_answer")
        await desk.replies(relay, line, f"{chat.name}的回复一：明天上午到网点领卡。")
        last = await self._writes(relay)
        caption = f"{chat.name}的回复二：请带这张照片。"
        await desk.sends(relay, card, self.member.pictures["blue"], caption)
        await chat.until("hr_answer", "hr_answer")
        await desk.sees(relay, last)
        chat.told_next("hr_resolved")
        await desk.presses(card, "解决", times=2)
        await chat.until("hr_resolved")
        self.helped = True
        await self.rate()

    async def _writes(self, relay: Relay, *kinds: str) -> str:
        """One more line into the case, unlike any other."""
        words = f"{self.chat.name}的第{len(relay.said) + 1}句：卡寄到哪里？"
        relay.said.append(words)
        await self.chat.says(words, *kinds)
        return words

    async def rate(self) -> None:
        """Five stars and some words, once; what ends later in the week is only offered.

        A parked question (see delivery_doubt) stays unanswered.
        """
        chat = self.chat
        if self.rated:
            chat.told_next("rate_offer")
            await chat.until("rate_offer")
            return
        self.rated = True
        chat.told_next("rate_ask")
        try:
            await chat.until("rate_ask", timeout=_RATING_PATIENCE)
        except TimeoutError:
            return
        await chat.presses("5", "rate_comment")
        await chat.until("rate_comment")
        await chat.says("很方便", "commented")
        await chat.until("commented")

    async def _reference(self) -> str:
        """The bureau's own number of this employee's application."""
        found = (await self.admin.sandbox("GET", "applications"))["applications"]
        mine = self.member.employee.person.id_number
        (one,) = [row for row in found if row["id_number"] == mine]
        return str(one["reference"])
