"""Notices and consents: versions, named recipients, withdrawal."""

from __future__ import annotations

from datetime import datetime

import pytest

from services.people import consents, notices
from services.people.consents import Recipients, StaleNoticeError
from services.people.settings import PeopleSettings
from storage.database import Database
from storage.models import ConsentKind, StoredFile
from tests.people.makers import employ

SETTINGS = PeopleSettings(picture_days=45)
BUREAU = Recipients("济南市人力资源和社会保障局", "齐鲁银行")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", list(ConsentKind))
def test_a_notice_names_who_and_how_long(kind: ConsentKind, language: str) -> None:
    text = consents.notice_text(
        kind, language, employer_name="样例公司", recipients=BUREAU, settings=SETTINGS
    )
    assert text.version in text.title
    assert "样例公司" in text.text
    assert "45" in text.text
    assert len(text.title + text.text) < 4096
    if kind is ConsentKind.PICTURES:
        assert BUREAU.bureau in text.text
        assert "齐鲁银行" in text.text
        assert "12333" in text.text


def test_pictures_need_named_recipients() -> None:
    with pytest.raises(ValueError, match="bureau"):
        consents.notice_text(ConsentKind.PICTURES, employer_name="样例公司", settings=SETTINGS)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", list(ConsentKind))
def test_a_refusal_tells_the_way_on_foot(kind: ConsentKind, language: str) -> None:
    text = consents.refusal_text(kind, language, region_code="420100")
    assert "武汉社保卡合作银行代办点" in text
    assert "12333" in text


async def test_a_new_version_asks_again(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        kind = ConsentKind.NOTICE
        assert await consents.required(session, someone.id, kind)
        old = consents.current_version(kind)
        first = await consents.give(session, someone.id, kind, now, version=old)
        assert await consents.give(session, someone.id, kind, now, version=old) == first
        assert await consents.has(session, someone.id, kind)
        monkeypatch.setattr(notices, "versions", lambda _kind: ("2026-11", "2027-01"))
        assert await consents.required(session, someone.id, kind)
        with pytest.raises(StaleNoticeError):
            await consents.give(session, someone.id, kind, now, version=old)
        await consents.give(session, someone.id, kind, now, version="2027-01")
        assert await consents.has(session, someone.id, kind)


async def test_pictures_are_for_one_bureau_and_bank(database: Database, now: datetime) -> None:
    kind = ConsentKind.PICTURES
    async with database.transaction() as session:
        someone = await employ(session, now)
        version = consents.current_version(kind)
        with pytest.raises(ValueError, match="bureau"):
            await consents.give(session, someone.id, kind, now, version=version)
        await consents.give(session, someone.id, kind, now, version=version, recipients=BUREAU)
        assert await consents.has(session, someone.id, kind, BUREAU)
        other = Recipients(BUREAU.bureau, "工商银行")
        assert await consents.required(session, someone.id, kind, other)
        await consents.give(session, someone.id, kind, now, version=version, recipients=other)
        assert await consents.has(session, someone.id, kind, BUREAU)
        assert await consents.has(session, someone.id, kind, other)


async def test_withdrawing_makes_pictures_due(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        for kind, to in ((ConsentKind.NOTICE, None), (ConsentKind.PICTURES, BUREAU)):
            version = consents.current_version(kind)
            await consents.give(session, someone.id, kind, now, version=version, recipients=to)
        file = StoredFile(
            name="0" * 32, person_id=someone.id, media_type="image/jpeg", size=1, created_at=now
        )
        session.add(file)
        result = await consents.withdraw(session, someone.id, ConsentKind.PICTURES, now)
        assert (result.kinds, result.files) == ((ConsentKind.PICTURES,), 1)
        assert file.expires_at == now
        assert await consents.has(session, someone.id, ConsentKind.NOTICE)
        result = await consents.withdraw(session, someone.id, ConsentKind.NOTICE, now)
        assert result.kinds == (ConsentKind.NOTICE,)
        assert await consents.required(session, someone.id, ConsentKind.NOTICE)
        assert all(one.withdrawn_at for one in await consents.given(session, someone.id))
