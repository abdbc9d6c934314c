"""资料: pictures of papers, looked at with a reason, marked with who looked and when."""

from __future__ import annotations

from aiohttp import web

from bot.web.console.pages import OFFICERS, Pages
from bot.web.console.pictures import as_pictures
from bot.web.console.visit import Visit
from services.console import looking
from services.console.looking import DocumentCard, Why
from services.documents.viewing import NotViewable
from storage.clock import SHANGHAI

pages = Pages("documents")


async def _card(visit: Visit) -> DocumentCard:
    async with visit.reading() as session:
        try:
            return await looking.document_card(session, int(visit.ref))
        except LookupError:
            raise web.HTTPNotFound from None


@pages.get("/documents/{ref}", roles=OFFICERS, subject="document")
async def door(visit: Visit) -> web.StreamResponse:
    """What it is, who looked at it before, and the question why."""
    return visit.render("document", card=await _card(visit), pictures=None, failed=None, fields={})


@pages.post("/documents/{ref}", roles=OFFICERS, subject="document")
async def look(visit: Visit) -> web.StreamResponse:
    """Write down who looks and why; then show it, in this one answer.

    The pictures are part of the page: they have no address that could be kept, sent on or cached.
    """
    reason, note = visit.form.text("reason"), visit.form.text("note")
    if reason not in looking.REASONS:
        return visit.render(
            "document", card=await _card(visit), pictures=None, failed="reason", fields={}
        )
    document_id = int(visit.ref)
    try:
        async with visit.transaction() as session:
            file = await looking.look_at_document(
                session, document_id, visit.person.id, visit.now, why=Why(reason, note)
            )
            fields = await looking.fields_of(session, document_id)
        content = await visit.runtime.files.read(file.name)
        pictures = await as_pictures(content, mark(visit))
    except (LookupError, FileNotFoundError):
        return visit.render(
            "document", card=await _card(visit), pictures=None, failed="gone", fields={}
        )
    except NotViewable:
        return visit.render(
            "document", card=await _card(visit), pictures=None, failed="broken", fields={}
        )
    return visit.render(
        "document", card=await _card(visit), pictures=pictures, failed=None, fields=fields
    )


def mark(visit: Visit) -> str:
    """What is drawn into a picture: who looks at it, and when."""
    local = visit.now.astimezone(SHANGHAI)
    return f"{visit.person.name} {visit.person.number} {local:%Y-%m-%d %H:%M}"
