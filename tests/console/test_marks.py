"""What a person typed over the machine, and a portrait that we mended, is marked for HR."""

from __future__ import annotations

from storage.models import Document
from tests.console.office import Office


async def test_typed_fields_and_a_mended_portrait_are_marked(small_office: Office) -> None:
    async with small_office.browser("officer here") as browser:
        page = f"/applications/{small_office.refs['application']}"
        before = await browser.text(page)
        assert "本人改过" not in before
        assert "系统修过的照片" not in before
        async with small_office.database.transaction() as session:
            document = await session.get(Document, int(small_office.refs["document"]))
            assert document is not None
            document.corrected = {"address": {"read": "样本路1号", "typed": "样本路7号"}}
            document.mended = True
            session.add(document)
        after = await browser.text(page)
    assert "本人改过： 住址" in after
    assert "系统修过的照片" in after
    assert "样本路7号" not in after  # a mark, not the paper: looking at that needs a reason
