"""注销还是转移: every pair gets advice, every step its source, no cancelling without a rule."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.cli import app
from knowledge import regions
from knowledge.facts import load_facts
from knowledge.move import OUTSIDE, About, CardDecision, Guide, guide
from knowledge.regions.table import NATION, table

PAIRS = list(
    csv.DictReader(
        (Path(__file__).parent / "data" / "moves.tsv").read_text(encoding="utf-8").splitlines(),
        delimiter="\t",
    )
)
CODES = st.sampled_from(sorted(table()))
SUBJECTS = ("card", "pension", "medical", "unemployment", "close")
CARRIES = {
    "card": {"cross_region_card", "card_cancel", "hmt", "id_number"},
    "enrol": {"employer_duty", "hmt", "transfer_pension", "transfer_medical"},
    "pension": {"transfer_pension", "hmt"},
    "medical": {"transfer_medical"},
    "unemployment": {"transfer_unemployment"},
    "other": {"transfer_injury_maternity"},
    "meanwhile": {"card_basic", "ecard", "remote_medical_filing"},
    "avoid": {"transfer_pension", "duplicate_enrolment", "contribution_gap"},
    "close": {"duplicate_card", "cross_region_card"},
}


def test_the_table_is_long_enough() -> None:
    assert len(PAIRS) >= 60


def of(pair: dict[str, str]) -> Guide:
    """The guide of one row: ``hmt`` and ``drawing`` say who moves."""
    return guide(
        pair["origin"],
        pair["destination"],
        hmt=bool(pair["hmt"]),
        drawing_pension=True if pair["drawing"] else None,
    )


@pytest.mark.parametrize("pair", PAIRS, ids=[p["note"] for p in PAIRS])
def test_the_decision_and_the_facts_it_rests_on(pair: dict[str, str]) -> None:
    """``facts`` stand behind the decision; a column for each subject names those of its steps."""
    advice = of(pair)
    assert advice.relation == pair["relation"]
    assert advice.decision == pair["decision"]
    assert list(advice.decision_facts) == pair["facts"].split()
    for subject in SUBJECTS:
        said = [name for s in advice.steps if s.about == subject for name in s.fact_ids]
        assert set(said) == set(pair[subject].split()), subject
    facts = load_facts()
    for name in advice.decision_facts:
        assert facts[name].topic in CARRIES["card"]
        assert facts[name].region_code in {
            NATION,
            *regions.ancestors(pair["origin"]),
            *regions.ancestors(pair["destination"]),
        }


def carried(advice: Guide) -> None:
    """Every step names facts whose topic and region fit; what isn't current is marked."""
    facts = load_facts()
    near = {
        NATION,
        *regions.ancestors(advice.origin.code),
        *regions.ancestors(advice.destination.code),
    }
    assert advice.steps
    for step in advice.steps:
        assert step.fact_ids, step.text
        for name in step.fact_ids:
            assert facts[name].topic in CARRIES[step.about], (step.text, name)
            assert facts[name].region_code in near, (step.text, name)
            assert facts[name].status not in {"historic", "superseded"}
        assert step.caveat == (not all(facts[name].plain for name in step.fact_ids))


@pytest.mark.parametrize("pair", PAIRS, ids=[p["note"] for p in PAIRS])
def test_every_step_is_carried_by_its_facts(pair: dict[str, str]) -> None:
    for drawing in (None, True, False):
        carried(guide(pair["origin"], pair["destination"], drawing_pension=drawing, hmt=True))


@settings(max_examples=300, deadline=None)
@given(CODES, CODES, st.sampled_from([None, True, False]), st.sampled_from([*About, None]))
def test_any_pair_gets_a_sourced_guide(
    origin: str, destination: str, drawing: bool | None, about: About | None
) -> None:
    advice = guide(origin, destination, about=about, drawing_pension=drawing)
    carried(advice)
    assert len(advice.questions) <= 2
    assert set(advice.questions) <= {"about", "drawing_pension"}
    if drawing is not None:
        assert "drawing_pension" not in advice.questions
    cancelling = [step for step in advice.steps if step.cancels]
    if advice.decision is not CardDecision.REPLACE_THEN_CLOSE:
        assert not cancelling
    for step in cancelling:
        assert step is advice.steps[-1], "cancelling comes last"
        assert step.fact_ids == ("000000-duplicate_card-01",)


@settings(max_examples=200, deadline=None)
@given(CODES, CODES)
def test_the_way_back_is_consistent(origin: str, destination: str) -> None:
    there, back = guide(origin, destination), guide(destination, origin)
    assert there.relation is back.relation
    far = {CardDecision.REPLACE_THEN_CLOSE}
    if not {regions.province_of(origin).code, regions.province_of(destination).code} & OUTSIDE:
        assert (there.decision in far) == (back.decision in far)
        assert {s.about for s in there.steps} == {s.about for s in back.steps}
        assert any(s.cancels for s in there.steps) == any(s.cancels for s in back.steps)


def test_the_two_questions_change_the_advice() -> None:
    unasked = guide("370100", "110000", about=None)
    assert unasked.questions == ("about", "drawing_pension")
    card = guide("370100", "110000", about="card")
    assert not {s.about for s in card.steps} & {"pension", "medical", "unemployment"}
    insurance = guide("370100", "110000", about="insurance")
    assert not {s.about for s in insurance.steps} & {"card", "close"}
    drawing = guide("370100", "110000", drawing_pension=True)
    pension = [s for s in drawing.steps if s.about == "pension"]
    assert len(pension) == 1
    assert "不用再转" in pension[0].text
    assert guide("370202", "370213", about=None).questions == ()


def test_nothing_of_its_own_is_said_and_counted() -> None:
    bare = guide("630100", "640100")
    assert not bare.covered
    assert bare.answered_from == NATION
    assert guide("370100", "371400").covered


def test_where_cards_may_coexist_none_is_cancelled() -> None:
    for pair in (("230100", "370100"), ("370100", "230100")):
        assert not any(step.cancels for step in guide(*pair).steps)


def test_json_carries_the_sources() -> None:
    data = guide("370600", "370100").as_dict()
    assert data["decision"] == "enable"
    for step in data["steps"]:
        assert step["sources"]
        assert all(source["title"] and source["checked"] for source in step["sources"])


def test_unknown_input_is_an_error() -> None:
    with pytest.raises(regions.UnknownRegionError):
        guide("999999", "370100")
    with pytest.raises(ValueError, match="not a valid About"):
        guide("370100", "370200", about="everything")


def test_the_command_takes_codes_and_names() -> None:
    run = CliRunner().invoke
    for places in (["370100", "371400"], ["济南", "德州"], ["泉城", "dezhou"]):
        shown = run(app, ["move", *places])
        assert shown.exit_code == 0, shown.output
        assert "山东省济南市 → 山东省德州市" in shown.output
        assert shown.output.count("依据：") == shown.output.count("•")
    data = json.loads(run(app, ["move", "济南", "北京", "--about", "card", "--json"]).output)
    assert data["decision"] == "replace_then_close"
    unknown = run(app, ["move", "火星", "济南"])
    assert unknown.exit_code != 0
