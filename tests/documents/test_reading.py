"""Pictures of made-up papers read end to end, by the real recogniser."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from PIL import Image

from sandbox.papers import render
from services.documents.document import ReadDocument
from services.documents.idfindings import back_findings
from services.documents.idnumber import check_character
from services.documents.reading import read_document
from tests.documents.conftest import TODAY, employees, paper, pixels

pytestmark = pytest.mark.timeout(300)


def read(data: bytes, kind: str | None = None, today: date = TODAY) -> list[ReadDocument]:
    return read_document(data, kind=kind, profile=None, today=today)


def turned(data: bytes, quarters: int) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.rot90(pixels(data), quarters)).save(stream, "JPEG", quality=92)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["id_front", "id_back"])
@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_side_is_read_whichever_way_it_lies(kind: str, quarters: int) -> None:
    picture = paper(kind)
    (document,) = read(turned(picture.image, quarters), kind)
    (label,) = picture.labels["documents"]
    assert (document.kind, document.side) == (kind, label["side"])
    assert document.fields == label["fields"]
    assert document.doubts == ()


@pytest.mark.parametrize("grade", ["phone", "table", "perspective", "lowlight", "photocopy"])
def test_a_front_is_read_in_everyday_pictures(grade: str) -> None:
    picture = paper("id_front", who=3, seed=5, grade=grade)
    (document,) = read(picture.image)
    assert document.fields == picture.labels["documents"][0]["fields"]
    assert document.ok


def test_a_character_that_the_recogniser_leaves_out_is_not_lost_silently() -> None:
    person = replace(employees()[3].person, name="胡翾")
    picture = render("id_front", person, seed=9, grade="clean")
    (document,) = read(picture.image)
    assert document.fields["name"] == "胡", "it is read now: take another"
    assert document.doubts == ("name",)
    assert document.fields | {"name": "胡翾"} == picture.labels["documents"][0]["fields"]


def test_both_sides_in_one_picture_are_two_documents() -> None:
    picture = paper("id_both", who=2)
    documents = read(picture.image, "id_front")
    assert {one.kind: one.fields for one in documents} == {
        label["kind"]: label["fields"] for label in picture.labels["documents"]
    }
    assert "wrong_kind" not in {finding.code for one in documents for finding in one.findings}


def test_the_crop_is_the_straightened_card_without_metadata() -> None:
    picture = paper("id_front", who=1, seed=3, grade="table")
    (document,) = read(picture.image)
    assert document.crop is not None
    crop = Image.open(io.BytesIO(document.crop))
    assert not crop.getexif()
    assert 1.3 < crop.width / crop.height < 1.9
    (again,) = read(document.crop)
    assert again.fields == document.fields


def test_the_wrong_kind_is_said_so() -> None:
    (document,) = read(paper("id_front").image, "portrait")
    assert document.kind == "id_front"
    assert not document.ok
    (finding,) = [one for one in document.findings if one.code == "wrong_kind"]
    assert finding.message == "这里需要本人照片，您发的看起来是身份证人像面"


@pytest.mark.parametrize("kind", ["hukou_index", "hukou_person", "temporary_id"])
def test_other_papers_are_recognised_and_read(kind: str) -> None:
    picture = paper(kind, who=4)
    (document,) = read(picture.image)
    assert document.kind == kind
    assert document.fields == picture.labels["documents"][0]["fields"]


@pytest.mark.parametrize(
    ("rendered", "kind", "side"),
    [
        ("social_card_front", "social_card", "front"),
        ("social_card_back", "social_card", "back"),
        ("hmt_permit_front", "hmt_permit", "front"),
        ("hmt_permit_back", "hmt_permit", "back"),
        ("foreign_permit_front", "foreign_permit", "front"),
        ("passport", "passport", None),
    ],
)
def test_cards_of_other_kinds(rendered: str, kind: str, side: str | None) -> None:
    picture = paper(rendered, who=5)
    (document,) = read(picture.image)
    assert (document.kind, document.side) == (kind, side)
    assert document.fields == picture.labels["documents"][0]["fields"]


def test_a_list_of_cards_is_read_card_by_card() -> None:
    picture = paper("card_list", who=6)
    (document,) = read(picture.image)
    assert document.kind == "ecard_list"
    cards = picture.labels["documents"][0]["fields"]["cards"]
    for number, card in enumerate(cards, start=1):
        assert {name: document.fields.get(f"{name}_{number}") for name in card} == card


def test_something_else_is_not_taken_for_a_document() -> None:
    (document,) = read(paper("other").image)
    assert document.kind in ("other", "unknown")
    assert document.fields == {}
    assert not document.ok


def test_what_cannot_be_read_is_asked_for_by_name() -> None:
    picture = pixels(paper("id_front").image).copy()
    quad = np.array(paper("id_front").labels["documents"][0]["quad"])
    top, bottom = quad[:, 1].min(), quad[:, 1].max()
    start = int(bottom - (bottom - top) * 0.23)
    picture[start : int(bottom)] = picture[start - 4, 40]  # the number is wiped out
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG")
    (document,) = read(stream.getvalue(), "id_front")
    assert not document.ok
    missing = [one for one in document.findings if one.code == "field_unreadable"]
    assert [one.field for one in missing] == ["id_number"]
    assert missing[0].message == "公民身份号码看不清"


def test_expiry_is_judged_by_the_given_day() -> None:
    values = {"authority": "某公安局", "valid_from": "2006-11-23", "valid_to": "2026-11-23"}
    assert [one.code for one in back_findings(values, (), TODAY)] == ["expires_soon"]
    assert [one.code for one in back_findings(values, (), date(2026, 11, 24))] == ["expired"]


def test_a_scan_with_two_pages_gives_both(tmp_path: object) -> None:
    front, back = (Image.open(io.BytesIO(paper(kind).image)) for kind in ("id_front", "id_back"))
    stream = io.BytesIO()
    front.convert("RGB").save(
        stream, "PDF", save_all=True, append_images=[back.convert("RGB")], resolution=200
    )
    documents = read(stream.getvalue())
    assert [(one.page, one.kind) for one in documents] == [(1, "id_front"), (2, "id_back")]


def test_the_json_shape_is_the_promised_one() -> None:
    (document,) = read(paper("id_back").image)
    assert list(document.as_json("a.jpg")) == [
        "file",
        "page",
        "kind",
        "side",
        "fields",
        "doubts",
        "findings",
        "ok",
        "ms",
    ]
    assert ReadDocument.unpack(document.pack()) == document


def test_a_childs_page_of_the_household_is_masked() -> None:
    person = employees()[2].person
    body = person.id_number[:6] + "20190301" + person.id_number[14:17]
    child = replace(
        person, birth=date(2019, 3, 1), id_number=body + check_character(body), name="样本小"
    )
    (document,) = read(render("hukou_person", child, seed=2, grade="clean").image)
    assert document.kind == "hukou_person"
    assert document.fields.keys() <= {"relation", "name"}
    assert document.fields["name"] == "样**"
    assert [one.code for one in document.findings] == ["childs_page"]


def test_a_character_alone_on_its_line_ends_the_address() -> None:
    person = replace(employees()[3].person, address="重庆市云阳县泉城路58号")
    picture = render("id_front", person, seed=2, grade="clean")
    (label,) = picture.labels["documents"]
    assert label["printed"]["address"].endswith("\n号")
    (document,) = read(picture.image)
    assert document.fields["address"] == label["fields"]["address"]
