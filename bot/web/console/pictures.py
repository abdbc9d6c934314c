"""Pictures of papers as parts of a page: they have no address that could be kept or sent on."""

from __future__ import annotations

from base64 import b64encode

from services.documents.viewing import view_pages


async def as_pictures(content: bytes, mark: str) -> list[str]:
    """`data:` addresses of each page, with the mark drawn in. Raises `NotViewable`."""
    found = await view_pages(content, mark)
    return [f"data:image/jpeg;base64,{b64encode(page).decode()}" for page in found]
