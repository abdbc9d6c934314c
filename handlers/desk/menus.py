"""The buttons under a case's card, and the menus behind them."""

from __future__ import annotations

from handlers.common import again, rows
from handlers.turn import Button, Turn
from services import cases
from services.cases import CaseView
from services.cases.decisions import Decision, decisions_for

PAPERS = ("id_front", "id_back", "portrait", "hukou_index", "hukou_person", "ecard_list", "other")
WAITS = ("employee", "bureau", "bank", "officer")
_LONGEST_MENU = 12


async def card_buttons(turn: Turn, case: CaseView, menu: str = "") -> list[list[Button]]:
    """What an officer can do now, or the choices of one of it."""
    if case.is_over:
        return [[again("desk.reopen", "case.reopen", case.id)]]
    if not menu:
        return await _main(turn, case)
    choices = await _choices(turn, case, menu)
    return [*rows(choices), [again("common.back", "case.menu", case.id)]]


async def _main(turn: Turn, case: CaseView) -> list[list[Button]]:
    first = [again("desk.take", "case.take", case.id)] if case.assignee_id is None else []
    buttons = [
        [*first, again("desk.hand", "case.menu", f"{case.id}:hand")],
        [
            again("desk.reply", "case.reply", case.id),
            again("desk.quick", "case.menu", f"{case.id}:quick"),
            again("desk.papers", "case.menu", f"{case.id}:papers"),
        ],
        [
            again("desk.wait", "case.menu", f"{case.id}:wait"),
            again("desk.resolve", "case.resolve", case.id),
            again("desk.to_bot", "case.to_bot", case.id),
            again("desk.duplicate", "case.duplicate", case.id),
        ],
    ]
    for decision in await decisions_for(turn.session, case):
        ref = f"{case.id}:decide.{decision.code}"
        buttons.append([again(f"desk.decide_{decision.code}", "case.menu", ref)])
    return buttons


async def _choices(turn: Turn, case: CaseView, menu: str) -> list[Button]:
    if menu == "wait":
        others = [each for each in WAITS if each != case.waiting_for]
        return [again(f"desk.wait_{each}", "case.wait", f"{case.id}:{each}") for each in others]
    if menu == "papers":
        return [again(f"kind.{kind}", "case.papers", f"{case.id}:{kind}") for kind in PAPERS]
    if menu == "quick":
        return [
            Button(text=each.title, action="case.quick", ref=f"{case.id}:{each.code}", lasting=True)
            for each in cases.quick_replies(case)
        ]
    if menu == "hand":
        found = await cases.officers_for(turn.session, case.region_code, case.employer_id)
        there = [
            each
            for each in found
            if not each.is_away(turn.now) and each.id not in (case.assignee_id, case.person_id)
        ]
        return [
            Button(
                text=f"{each.name} · {each.load}",
                action="case.hand",
                ref=f"{case.id}:{each.id}",
                lasting=True,
            )
            for each in sorted(there, key=lambda each: each.load)[:_LONGEST_MENU]
        ]
    return _reasons(turn, case, await decisions_for(turn.session, case), menu)


def _reasons(
    turn: Turn, case: CaseView, decisions: tuple[Decision, ...], menu: str
) -> list[Button]:
    """The second press of a decision names its reason."""
    code = menu.removeprefix("decide.")
    return [
        Button(
            text=reason.title(turn.language),
            action="case.decide",
            ref=f"{case.id}:{code}.{reason.code}",
            lasting=True,
        )
        for decision in decisions
        if decision.code == code
        for reason in decision.reasons
    ]
