"""Portraits: backgrounds, faults and outlines are what the labels say."""

from __future__ import annotations

import io
from datetime import date

import numpy as np
import pytest
from PIL import Image

from sandbox.company import Employee, make_company
from sandbox.papers import Paper, portraits, render
from sandbox.papers.arrays import floats
from sandbox.papers.backgrounds import BACKGROUNDS
from sandbox.papers.faults import FAULTS
from sandbox.papers.model import Floats

TODAY = date(2026, 11, 23)
EMPLOYEES = make_company(seed=7, size=12, today=TODAY).employees


def colours(paper: Paper) -> Floats:
    return floats(np.asarray(Image.open(io.BytesIO(paper.image)).convert("RGB")))


def outline(paper: Paper) -> Floats:
    assert paper.matte is not None
    grey = np.asarray(Image.open(io.BytesIO(paper.matte)).convert("L"))
    return floats(grey / 255)


def behind(paper: Paper) -> Floats:
    """The pixels that are certainly background."""
    return colours(paper)[outline(paper) < 0.02]


@pytest.mark.parametrize("employee", EMPLOYEES[:4])
def test_a_good_portrait_is_what_a_bureau_asks_for(employee: Employee) -> None:
    paper = render("portrait", employee, 1)
    image = Image.open(io.BytesIO(paper.image))
    assert image.format == "JPEG"
    assert image.size == (358, 441)
    assert image.info["dpi"] == (350, 350)
    assert 14_000 < len(paper.image) < 40_000
    assert np.median(behind(paper), axis=0).min() >= 254
    label = paper.labels["documents"][0]
    assert label["faults"] == []
    assert label["background"] == "white"
    rows = np.flatnonzero(outline(paper).max(axis=1) > 0.5)
    assert 7 <= rows[0] <= 40


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_backgrounds_have_their_colour(background: str) -> None:
    found = behind(render("portrait", EMPLOYEES[0], 2, background=background))
    red, green, blue = np.median(found, axis=0)
    spread = found.std(axis=0).max()
    if background == "white":
        assert min(red, green, blue) >= 254
    elif background == "blue":
        assert blue > red + 60
    elif background == "red":
        assert red > max(green, blue) + 100
    elif background == "grey":
        assert max(red, green, blue) - min(red, green, blue) < 8
    else:
        assert spread > 12
    if background in ("white", "blue", "red", "grey"):
        assert spread < 4


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_changes_the_picture_and_is_labelled(fault: str) -> None:
    good = render("portrait", EMPLOYEES[1], 3)
    bad = render("portrait", EMPLOYEES[1], 3, fault=fault)
    assert bad.labels["documents"][0]["faults"] == [fault]
    assert bad.image != good.image
    size = Image.open(io.BytesIO(bad.image)).size
    assert size == {"small": (150, 185), "sideways": (441, 358)}.get(fault, (358, 441))


def test_faults_are_as_strong_as_they_claim() -> None:
    good = render("portrait", EMPLOYEES[2], 4)
    dark = render("portrait", EMPLOYEES[2], 4, fault="dark")
    assert colours(dark).mean() < 0.4 * colours(good).mean()
    empty = render("portrait", EMPLOYEES[2], 4, fault="no_face")
    assert outline(empty).max() == 0
    assert empty.labels["documents"][0]["kind"] == "other"
    two = outline(render("portrait", EMPLOYEES[2], 4, fault="two_faces"))
    heads = two[two.shape[0] // 2 - 60] > 0.5
    assert np.count_nonzero(np.diff(heads.astype(int)) == 1) == 2


def test_what_a_machine_can_mend_is_marked() -> None:
    def mendable(background: str, fault: str | None) -> bool:
        paper = render("portrait", EMPLOYEES[3], 5, background=background, fault=fault)
        return bool(paper.labels["documents"][0]["mendable"])

    assert mendable("blue", None)
    assert mendable("white", "tilted")
    assert not mendable("cluttered", None)
    assert not mendable("blue", "two_faces")
    assert not mendable("white", None)


def test_a_person_looks_the_same_on_every_paper_and_others_do_not() -> None:
    first, again = (render("portrait", EMPLOYEES[0], seed) for seed in (1, 2))
    other = render("portrait", EMPLOYEES[4], 1)
    face = np.s_[150:330, 90:270]

    def difference(one: Paper, two: Paper) -> float:
        small = [
            np.asarray(Image.open(io.BytesIO(p.image)).convert("L"), float)[face]
            for p in (one, two)
        ]
        return float(np.abs(small[0] - small[1]).mean())

    assert difference(first, other) > 0.5 * difference(first, again)
    assert first.labels["documents"][0]["source"] == "astronaut"


@pytest.mark.parametrize("size", [(413, 579), (1080, 1440), (600, 600)])
def test_other_sizes_keep_the_proportions_of_the_face(size: tuple[int, int]) -> None:
    usual = outline(render("portrait", EMPLOYEES[0], 1))
    other = outline(render("portrait", EMPLOYEES[0], 1, size=size))
    assert other.shape == (size[1], size[0])

    def shape(mask: Floats) -> float:
        """Width of the head at its widest, over the distance from the crown to that row."""
        rows = np.flatnonzero(mask.max(axis=1) > 0.5)
        third = mask[rows[0] : rows[0] + mask.shape[0] // 4] > 0.5
        widest = third.sum(axis=1)
        return float(widest.max() / mask.shape[0])

    scale = (size[0] / size[1]) / (358 / 441)
    expected = shape(usual) * (1.0 if scale <= 1 else scale)
    assert shape(other) == pytest.approx(expected, rel=0.12)


def test_a_set_of_portraits_has_good_and_faulty_ones_on_all_backgrounds() -> None:
    papers = list(portraits(5, 12, TODAY))
    labels = [paper.labels["documents"][0] for paper in papers]
    assert {label["background"] for label in labels} == set(BACKGROUNDS)
    faulty = [label for label in labels if set(label["faults"]) & set(FAULTS)]
    assert len(faulty) == 6


def test_unknown_faults_and_backgrounds_are_refused() -> None:
    with pytest.raises(ValueError, match="fault"):
        render("portrait", EMPLOYEES[0], 1, fault="ugly")
    with pytest.raises(ValueError, match="background"):
        render("portrait", EMPLOYEES[0], 1, background="tartan")
