"""The table: province × state × who is down × which connectors there are."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.agencies import card_words
from services.applications.answers import Answer
from services.applications.decisions import decide
from services.cards import BLOCKING
from services.gateways.contract import CardRecord, OpenApplication
from storage.models import CardStatus, Evidence
from tests.applications.conftest import ELSEWHERE, PROVINCE, answer, bureau, card, silent

STATUSES = [status.value for status in CardStatus]
VALID = {"normal", "making", "collectable"}


def test_what_blocks_is_what_the_facts_say() -> None:
    words = card_words()
    assert {s for s in STATUSES if words[s].blocks} == VALID == {s.value for s in BLOCKING}


@pytest.mark.parametrize(
    ("here", "status", "told_by", "others"),
    list(
        itertools.product(
            [True, False],
            STATUSES,
            ["bureau", "icbc"],
            ["fine", "bank down", "bureau down", "no bureau", "no bank"],
        )
    ),
)
def test_every_case(here: bool, status: str, told_by: str, others: str) -> None:
    """One card, told by the bureau or by a bank, while the others are well or not."""
    where = {} if here else {"province": ELSEWHERE[:2] + "0000", "region": ELSEWHERE}
    one = card(status=status, **where)
    sources: dict[str, Answer] = {"bureau": bureau(), "icbc": answer("icbc"), "ccb": answer("ccb")}
    sources[told_by] = answer(told_by, one)
    replaced = {
        "fine": {},
        "bank down": {"ccb": silent("ccb")},
        "bureau down": {"bureau": silent("bureau")},
        "no bureau": {"bureau": silent("bureau", "no_connector")},
        "no bank": {"ccb": silent("ccb", "no_connector")},
    }[others]
    sources |= replaced
    seen = told_by not in replaced and status in VALID
    if seen and here:
        expected = "stop"
    elif others in ("bank down", "bureau down"):
        expected = "wait"
    elif others == "no bureau":
        expected = "evidence"
    else:
        expected = "warn" if seen else "clear"
    verdict = decide(PROVINCE, list(sources.values()))
    assert verdict.outcome == expected
    if expected == "stop":
        assert [(c.last_four, c.source) for c in verdict.cards] == [("1234", told_by)]
        three = ("use_card", "replace", "change_bank")
        assert verdict.ways == (three if status == "normal" else ("use_card",))
    if expected == "wait":
        assert verdict.waiting_for == tuple(replaced)


@pytest.mark.parametrize("outcome", ["unavailable", "misbehaved", "rejected"])
def test_every_failure_waits(outcome: str) -> None:
    assert decide(PROVINCE, [bureau(), silent("icbc", outcome)]).outcome == "wait"


def open_application(region: str, reference: str = "R-1") -> OpenApplication:
    return OpenApplication(
        reference=reference, region=region, bank="ccb", kind="first", status="reviewing"
    )


def test_open_applications() -> None:
    here = bureau(open_applications=(open_application("370200"),))
    away = bureau(open_applications=(open_application(ELSEWHERE),))
    assert decide(PROVINCE, [here]).outcome == "stop"
    assert decide(PROVINCE, [here], own_reference="R-1").outcome == "clear"
    assert decide(PROVINCE, [here], overridden=True).outcome == "warn"
    assert decide(PROVINCE, [away]).outcome == "warn"


def test_an_override_warns_but_still_waits_for_who_is_down() -> None:
    one = bureau(card())
    assert decide(PROVINCE, [one], overridden=True).outcome == "warn"
    assert decide(PROVINCE, [one, silent("icbc")], overridden=True).outcome == "wait"


def test_the_bureau_counts_where_both_know_the_card() -> None:
    lost = bureau(card(status="lost"))
    assert decide(PROVINCE, [answer("icbc", card()), lost]).outcome == "clear"
    told_twice = decide(PROVINCE, [answer("icbc", card()), bureau(card())])
    assert [c.source for c in told_twice.cards] == ["bureau"]


def test_only_a_bank_knows_it() -> None:
    verdict = decide(PROVINCE, [bureau(), answer("icbc", card())])
    assert (verdict.outcome, verdict.cards[0].source) == ("stop", "icbc")
    assert verdict.cards[0].evidence is Evidence.CONNECTOR


cards = st.builds(
    card,
    status=st.sampled_from(STATUSES),
    bank=st.sampled_from(["icbc", "ccb"]),
    last_four=st.sampled_from(["0001", "0002"]),
    province=st.sampled_from([PROVINCE, "320000"]),
)
bank_answers = st.one_of(
    st.lists(cards, max_size=3).map(lambda found: answer("icbc", *found)),
    st.sampled_from([silent("icbc"), silent("icbc", "no_connector")]),
)


@given(st.lists(cards, max_size=3), bank_answers)
def test_never_clear_with_a_valid_card_that_the_registry_names(
    found: list[CardRecord], bank: Answer
) -> None:
    one_each = {(c.province, c.bank, c.last_four): c for c in found}.values()
    verdict = decide(PROVINCE, [bank, bureau(*one_each)])
    blocked = any(c.status in VALID and c.province == PROVINCE for c in one_each)
    if blocked:
        assert verdict.outcome == "stop"
    if verdict.outcome == "stop":
        assert all(c.province_code == PROVINCE and c.status in BLOCKING for c in verdict.cards)
        assert verdict.cards
