"""Papers: the same for a seed, and with labels that are true of the picture."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from sandbox.company import Person, make_company
from sandbox.company.dice import dice
from sandbox.papers import GRADES, KINDS, Paper, convert, dataset, idcard, render
from sandbox.papers.arrays import floats
from sandbox.papers.model import Floats
from sandbox.papers.passport import check_digit, zone
from sandbox.papers.press import DOTS

TODAY = date(2026, 11, 23)
COMPANY = make_company(seed=7, size=12, today=TODAY)
PERSON = COMPANY.employees[0].person


def opened(paper: Paper) -> Floats:
    """The picture as a viewer shows it, in grey."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(paper.image)))
    return floats(np.asarray(image.convert("L")))


def flattened(paper: Paper, place: int, size: tuple[int, int]) -> Floats:
    """What lies within the labelled corners, straightened to ``size``."""
    quad = np.array(paper.labels["documents"][place]["quad"], np.float32)
    width, height = size
    flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(quad, flat)
    return floats(cv2.warpPerspective(opened(paper), matrix, size))


def likeness(one: Floats, other: Floats) -> float:
    """Correlation of two pictures after a slight blur."""
    soft = [cv2.GaussianBlur(layer, (0, 0), 2.0).ravel() for layer in (one, other)]
    return float(np.corrcoef(soft[0], soft[1])[0, 1])


@pytest.mark.parametrize("grade", GRADES)
def test_labelled_corners_hold_the_card_upright(grade: str) -> None:
    paper = render("id_front", PERSON, 5, grade, template="a", face="song")
    sheet = idcard.print_front(PERSON, pattern(), "a", "song")
    grey = floats(cv2.cvtColor(sheet.pixels, cv2.COLOR_RGB2GRAY))
    flat = cv2.resize(grey, (428, 270), interpolation=cv2.INTER_AREA)
    found = flattened(paper, 0, (428, 270))
    # Edges only: the light is allowed to differ.
    one, other = (
        floats(cv2.Laplacian(cv2.GaussianBlur(i, (0, 0), 1.5), cv2.CV_32F))
        for i in (floats(flat), found)
    )
    straight = likeness(np.abs(one), np.abs(other))
    upside_down = likeness(np.abs(one), np.abs(other[::-1, ::-1]))
    assert straight > 0.6
    assert straight > upside_down + 0.25


def pattern() -> Random:

    return dice("another pattern")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_the_same_for_a_seed(kind: str) -> None:
    first, second = (render(kind, PERSON, 3) for _ in range(2))
    assert first.image == second.image
    assert first.labels == second.labels
    assert json.loads(json.dumps(first.labels)) == first.labels


def test_labels_are_the_persons_own() -> None:
    front = render("id_front", PERSON, 1).labels["documents"][0]
    assert front["side"] == "front"
    assert front["fields"] == {name: PERSON.fields()[name] for name in idcard.FRONT_FIELDS}
    assert front["printed"]["address"].replace("\n", "") == PERSON.address
    back = render("id_back", PERSON, 1).labels["documents"][0]
    assert back["fields"]["valid_to"] == PERSON.fields()["valid_to"]
    assert back["printed"]["validity"] == idcard.validity_text(PERSON)


def test_long_term_is_printed_in_words() -> None:
    person = COMPANY.with_trait("long_term")[0].person
    assert render("id_back", person, 1).labels["documents"][0]["fields"]["valid_to"] == "长期"
    assert idcard.validity_text(person).endswith("-长期")


@pytest.mark.parametrize(("seed", "grade"), [(2, "tilt"), (3, "tilt"), (4, "perspective")])
def test_both_sides_in_one_picture_do_not_overlap(seed: int, grade: str) -> None:
    paper = render("id_both", PERSON, seed, grade)
    documents = paper.labels["documents"]
    assert [one["side"] for one in documents] == ["front", "back"]
    front, back = (np.array(one["quad"], np.float32) for one in documents)
    area, _ = cv2.intersectConvexConvex(front, back)
    assert area == 0
    edge = np.array(Image.open(io.BytesIO(paper.image)).size)
    assert np.concatenate([front, back]).min() >= 0
    assert (np.concatenate([front, back]) <= edge).all()


@pytest.mark.parametrize(("grade", "rotation"), [("rot90", 90), ("rot180", 180), ("rot270", 270)])
def test_turned_pictures_say_so(grade: str, rotation: int) -> None:
    paper = render("id_back", PERSON, 6, grade)
    assert paper.labels["rotation"] == rotation
    (x0, y0), (x1, y1) = paper.labels["documents"][0]["quad"][:2]
    angle = np.degrees(np.arctan2(y1 - y0, x1 - x0)) % 360
    assert abs(angle - rotation) < 8


def test_a_phone_may_note_the_turn_and_the_place_in_the_file_only() -> None:
    paper = render("id_front", PERSON, 6, "exif")
    exif = Image.open(io.BytesIO(paper.image)).getexif()
    assert exif[0x0112] == 8
    assert exif.get_ifd(0x8825)
    assert paper.labels["rotation"] == 0


def test_sides_of_a_permit_belong_together() -> None:
    front, back = (
        render(kind, PERSON, seed).labels["documents"][0]["fields"]
        for kind, seed in (("hmt_permit_front", 1), ("hmt_permit_back", 9))
    )
    letter = {"810000": "H", "820000": "M", "830000": ""}[front["id_number"][:6]]
    assert back["permit_number"].startswith(letter)
    assert len(back["permit_number"]) == 8 + len(letter)


def test_bank_card_numbers_are_no_accounts() -> None:
    for employee in COMPANY.employees[:6]:
        fields = render("social_card_back", employee, 1).labels["documents"][0]["fields"]
        digits = [int(char) for char in reversed(fields["bank_card_number"])]
        doubled = [sum(divmod(2 * one, 10)) for one in digits[1::2]]
        assert (sum(digits[0::2]) + sum(doubled)) % 10 != 0


def test_machine_readable_zone_follows_the_standard() -> None:
    # The specimen of ICAO 9303 part 4.
    assert [check_digit(text) for text in ("L898902C3", "740812", "120415")] == ["6", "2", "9"]
    lines = zone(("ERIKSSON", "ANNA MARIA"), "L898902C3", date(1974, 8, 12), "F", date(2012, 4, 15))
    assert lines[0] == "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
    assert lines[1][:28] == "L898902C36UTO7408122F1204159"
    assert [len(line) for line in lines] == [44, 44]


def test_a_screenshot_is_exact_and_a_photograph_of_it_is_not() -> None:
    shot = render("card_list", PERSON, 1)
    assert shot.media_type == "image/png"
    assert Image.open(io.BytesIO(shot.image)).size == (1080, 2340)
    cards = shot.labels["documents"][0]["fields"]["cards"]
    assert 1 <= len(cards) <= 3
    assert render("card_list", PERSON, 1, "phone").media_type == "image/jpeg"


@pytest.mark.parametrize("media_type", ["image/png", "image/webp", "image/heic", "application/pdf"])
def test_other_formats_hold_the_same_picture(media_type: str) -> None:
    paper = convert(render("id_front", PERSON, 1), media_type)
    assert paper.filename.endswith(media_type.split("/")[1])
    starts = {"image/png": b"\x89PNG", "image/webp": b"RIFF", "application/pdf": b"%PDF"}
    assert paper.image.startswith(starts.get(media_type, paper.image[:4]))
    if media_type == "image/heic":
        assert paper.image[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("kind", "grade"), [("driving_licence", "clean"), ("id_front", "underwater")]
)
def test_unknown_kinds_and_grades_are_refused(kind: str, grade: str) -> None:
    with pytest.raises(ValueError, match="no such"):
        render(kind, PERSON, 1, grade)


def test_a_dataset_has_all_grades_and_other_people() -> None:
    papers = list(dataset(21, 6, TODAY, kinds=("id_front",), grades=("clean", "jpeg", "rot90")))
    assert [paper.grade for paper in papers] == ["clean", "jpeg", "rot90"] * 2
    fields = [paper.labels["documents"][0]["fields"] for paper in papers]
    assert len({one["id_number"] for one in fields}) == 6
    again = next(dataset(21, 1, TODAY, kinds=("id_front",)))
    assert again.image == papers[0].image
    assert next(dataset(22, 1, TODAY, kinds=("id_front",))).image != papers[0].image


def test_both_commands_write_what_they_promise(tmp_path: Path) -> None:
    for module, extra in (("papers", ("--count", "1")), ("company", ("--size", "1"))):
        command = [sys.executable, "-m", f"sandbox.{module}", "--out", str(tmp_path / module)]
        command += ["--seed", "4", "--today", "2026-11-23", *extra]
        subprocess.run(command, check=True, timeout=240)
    lines = (tmp_path / "papers" / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 1
    assert all((tmp_path / "papers" / row["file"]).stat().st_size > 1000 for row in rows)
    assert (tmp_path / "company" / "roster.xlsx").exists()


def test_names_too_long_for_the_line_stay_left_of_the_portrait() -> None:
    person = Person(
        **{name: getattr(PERSON, name) for name in Person.__slots__ if name != "name"},
        name="阿卜杜热合曼江·米热古丽买买提",
    )
    sheet = idcard.print_front(person, pattern(), "a", "hei")
    usual = idcard.print_front(PERSON, pattern(), "a", "hei")
    line = slice(6 * DOTS, 12 * DOTS)
    edge = slice(round(50.4 * DOTS), round(53.0 * DOTS))
    assert np.array_equal(sheet.pixels[line, edge], usual.pixels[line, edge])
