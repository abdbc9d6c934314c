"""Invitations in bulk, the funnel, the printed sheet and the list of links."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from xml.etree import ElementTree

from services.people import accounts, consents, invitations, leave
from services.people.settings import PeopleSettings
from services.people.sheets import SheetEntry, entry_of, links_csv, qr_sheet
from storage.database import Database
from storage.models import Application, ApplicationKind, ApplicationStatus, ConsentKind
from tests.people.makers import employ

SETTINGS = PeopleSettings()


async def test_everybody_without_an_account_is_invited(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        for serial in range(4):
            await employ(session, now, serial, region="370100" if serial < 3 else "110000")
        leaver = await employ(session, now, 9)
        await leave(session, leaver.id, now)
        await accounts.bind_by_phone(session, "15400000000", 1, "1", now=now, settings=SETTINGS)
        made = await invitations.invite_all(session, now, SETTINGS)
        assert [one.employee.number for one in made] == ["E001", "E002", "E003"]
        assert len({one.code for one in made}) == 3
        here = await invitations.invite_all(session, now, SETTINGS, region_prefix="37")
        assert [one.employee.number for one in here] == ["E001", "E002"]
        again = await invitations.invite_all(session, now, SETTINGS, unbound_only=False)
        assert len(again) == 4


async def test_the_funnel_counts_active_persons(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        staff = [await employ(session, now, n) for n in range(3)]
        far = await employ(session, now, 3, region="110000")
        gone = await employ(session, now, 4)
        for one in await invitations.invite_all(session, now, SETTINGS):
            if one.employee.id in {staff[0].id, staff[1].id, gone.id}:
                user = one.employee.id
                await accounts.bind_by_code(
                    session, one.code, user, str(user), now=now, settings=SETTINGS
                )
        await leave(session, gone.id, now)
        version = consents.current_version(ConsentKind.NOTICE)
        await consents.give(session, staff[0].id, ConsentKind.NOTICE, now, version=version)
        for number, status in (("A", ApplicationStatus.FINISHED), ("B", ApplicationStatus.DRAFT)):
            session.add(
                Application(
                    number=number,
                    person_id=staff[0 if number == "A" else 1].id,
                    employer_id=staff[0].employer_id,
                    kind=ApplicationKind.FIRST,
                    region_code="370100",
                    province_code="370000",
                    status=status,
                    created_at=now,
                    updated_at=now,
                )
            )
        await session.flush()
        found = await invitations.funnel(session)
        assert found.total == invitations.Stages(4, 4, 2, 1, 1, 1)
        assert dict(found.regions) == {
            "110000": invitations.Stages(1, 1, 0, 0, 0, 0),
            "370100": invitations.Stages(3, 3, 2, 1, 1, 1),
        }
        nobody = await invitations.funnel(session, employer_id=far.employer_id + 1)
        assert nobody.total.persons == 0


def entries(count: int) -> list[SheetEntry]:
    return [
        SheetEntry(f"<样{n}>", f"E{n}", "样例公司", "2026-12-08", f"https://t.me/x?start=code{n}")
        for n in range(count)
    ]


def test_the_sheet_is_printable_and_scannable() -> None:
    import cv2
    import numpy as np

    page = qr_sheet(entries(11), contact="样例HR")
    assert page.count("<article") == 11
    assert page.count('<section class="page">') == 2
    assert "&lt;样3&gt;" in page
    assert "<样3>" not in page
    assert "<script" not in page
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", page)
    drawings = re.findall(r"<svg.*?</svg>", page)
    assert len(drawings) == 11
    svg = ElementTree.fromstring(drawings[3])
    side = int(svg.attrib["viewBox"].split()[2])
    picture = np.full((side, side), 255, np.uint8)
    path = next(element for element in svg if element.tag.endswith("path"))
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([^Mmh]*)", path.attrib["d"]):
        values = [float(v) for v in re.findall(r"-?[\d.]+", numbers)]
        if command == "h":
            picture[int(y - 0.5), int(x) : int(x + values[0])] = 0
            x += values[0]
        elif command == "M":
            x, y = values
        else:
            x, y = x + values[0], y + values[1]
    large = cv2.resize(picture, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(large)
    assert text == "https://t.me/x?start=code3"


def test_the_list_of_links_opens_in_excel() -> None:
    hostile = SheetEntry("=1+1", "E1", "@样例", "2026-12-08", "https://t.me/x?start=a")
    content = links_csv([*entries(1), hostile])
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0] == ["工号", "姓名", "用人单位", "链接", "有效期至"]
    assert rows[2] == ["E1", "'=1+1", "'@样例", "https://t.me/x?start=a", "2026-12-08"]


async def test_an_entry_says_until_when(database: Database, now: datetime) -> None:
    async with database.transaction() as session:
        someone = await employ(session, now)
        made = await invitations.invite(session, someone.id, now, SETTINGS)
        entry = entry_of(made, "https://example.invalid")
        assert entry.expires == "2026-12-08"
        assert someone.name not in repr(entry)
