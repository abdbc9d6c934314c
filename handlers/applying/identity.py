"""Papers that prove who applies, where it is not the mainland ID card: what is taken of whom."""

from __future__ import annotations

from handlers.common import again
from handlers.turn import Button, Turn
from knowledge.agencies import offline_way
from knowledge.identities import ID_CARD
from knowledge.profiles import photo_profile
from knowledge.regions import full_name
from services import applications as apps
from services.applications.views import ApplicationView, DocumentView, ReadingOutcome
from services.people.people import by_id
from storage.models import ApplicationKind

NUMBER_ABROAD = ("foreign_permit", "id_number")


async def ask_papers(turn: Turn, application: ApplicationView) -> None:
    """What is still needed, of the paper that this person has; what else would do."""
    person = await by_id(turn.session, application.person_id) or turn.me
    number, region, own = person.id_number, application.region_code, application.identity
    others = apps.other_papers(number, region, application.kind, own)
    abroad = own != ID_CARD
    turn.say(
        "documents.ask",
        [[again("menu.person", "person")]] if abroad else [],
        kinds=[turn.label(f"kind.{kind}") for kind in application.missing],
        profile=photo_profile(region),
        identity=own,
        others=[turn.label(f"paper.{each}") for each in others],
        rule=apps.rule_for(number, region, application.kind) if abroad else None,
    )


def at_window(turn: Turn, region: str) -> bool:
    """Stop before any effort where people with this paper are served at the counter only."""
    rule = apps.rule_for(turn.me.id_number, region, ApplicationKind.FIRST)
    if rule is None or not rule.window:
        return False
    turn.end()
    turn.say(
        "apply.at_window",
        [[again("menu.person", "person")]],
        region=full_name(region),
        way=offline_way(region),
        rule=rule,
    )
    return True


def not_taken(turn: Turn, kind: str, outcome: ReadingOutcome, application: ApplicationView) -> None:
    """A paper that can't be used here is named and not kept; who has no other gets a person."""
    declined = outcome.declined.get(kind)
    known = declined in ("window", "no_rule")
    region = application.region_code
    turn.say(
        "documents.not_taken",
        [[again("menu.person", "person")]] if declined and declined != "complete" else [],
        kind=turn.label(f"kind.{kind}"),
        declined=declined,
        region=full_name(region),
        rule=apps.rule_of_paper(kind, region, application.kind) if known else None,
        hukou=kind.startswith("hukou"),
        kinds=[turn.label(f"kind.{each}") for each in outcome.missing],
    )


def printed_as(kind: str, name: str) -> str:
    """The label of a field on a paper: a foreigner's card has no citizen number."""
    return "document_number" if (kind, name) == NUMBER_ABROAD else name


def field_buttons(document: DocumentView) -> list[Button]:
    """The fields of a document that a person may type over."""
    names = apps.editable_fields(document.kind)
    return [Button(f"field.{printed_as(document.kind, name)}", "doc.field", name) for name in names]
