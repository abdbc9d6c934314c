"""Parsers on lines laid out by hand: labels lost, joined, split and askew."""

from __future__ import annotations

import math

import numpy as np
import pytest

from services.documents import idcard
from services.documents.idreading import settle, valid_period
from services.documents.layout import page_angle
from services.documents.ocr import Line
from services.documents.papers import parse_paper
from services.documents.values import Value
from services.documents.zone import check_digit, parse_zone

NUMBER = "110105194912319999"


def line(text: str, left: float, top: float, height: float = 30, sure: float = 0.99) -> Line:
    width = height * sum(1.0 if ord(one) > 255 else 0.55 for one in text)
    box = np.array(
        [[left, top], [left + width, top], [left + width, top + height], [left, top + height]],
        dtype=np.float32,
    )
    centres = tuple((place + 0.5) / len(text) for place in range(len(text)))
    return Line(box, text, (sure,) * len(text), centres)


def turned(lines: list[Line], degrees: float) -> list[Line]:
    turn = math.radians(degrees)
    matrix = np.array(
        [[math.cos(turn), -math.sin(turn), 900], [math.sin(turn), math.cos(turn), 900], [0, 0, 1]]
    )
    return [one.shifted(matrix) for one in lines]


FRONT = [
    line("姓名", 50, 70),
    line("江辉", 150, 68),
    line("性别男", 50, 140),
    line("民族漢", 260, 140),
    line("出生1949年12月31日", 50, 210),
    line("住址", 50, 280),
    line("山东省济南市历下区泉城", 150, 280),
    line("路1号2单元", 150, 325),
    line("样本", 620, 300, 60),
    line("公民身份号码", 50, 480),
    line(NUMBER, 300, 478, 34),
]
EXPECTED = {
    "name": "江辉",
    "sex": "男",
    "ethnicity": "汉",
    "birth": "1949-12-31",
    "address": "山东省济南市历下区泉城路1号2单元",
    "id_number": NUMBER,
}


def texts(card: idcard.Card) -> dict[str, str]:
    return {name: value.text for name, value in card.values.items()}


@pytest.mark.parametrize("degrees", [0, 12, 90, 180, -100])
def test_a_front_is_parsed_in_any_direction(degrees: float) -> None:
    lines = turned(FRONT, degrees)
    assert idcard.sides(lines) == ["front"]
    assert texts(idcard.parse(lines, "front")) == EXPECTED


def test_other_papers_on_the_table_do_not_turn_the_card() -> None:
    others = turned([line("购物清单牛奶面包苹果鸡蛋", 0, 700 + 50 * n, 40) for n in range(5)], 40)
    lines = turned(FRONT, 5) + others
    assert texts(idcard.parse(lines, "front")) == EXPECTED


@pytest.mark.parametrize("lost", ["姓名", "住址"])
def test_a_lost_label_is_made_up_for_by_its_neighbours(lost: str) -> None:
    lines = [one for one in FRONT if one.text != lost]
    assert texts(idcard.parse(lines, "front")) == EXPECTED


def test_a_label_that_was_misread_is_not_taken_for_the_value() -> None:
    """姓名 read as 姓者, and 住址 as 住扯, in one line with what stands beside them."""
    spread = (0.09, 0.27, 0.63, 0.83)  # the label stands apart from the name
    name = line("姓者江辉", 50, 68, 41)
    name = Line(name.box, name.text, name.sure, spread)
    birth = [line("出生", 50, 210), line("1949年12月31日", 150, 210)]
    front = [*birth, *(one for one in FRONT if not one.text.startswith("出生"))]
    kept = [one for one in front if one.text not in ("姓名", "江辉")]
    assert texts(idcard.parse([name, *kept], "front")) == EXPECTED
    wide = line("住扯山东省济南市历下区泉城", 50, 280)
    left = [(place - 50) / 390 for place in (65, 95)]
    right = [(165 + 30 * place - 50) / 390 for place in range(11)]
    address = Line(wide.box, wide.text, wide.sure, tuple(left + right))
    kept = [one for one in front if one.text not in ("住址", "山东省济南市历下区泉城")]
    assert texts(idcard.parse([address, *kept], "front")) == EXPECTED


def test_a_piece_of_the_next_label_is_no_address() -> None:
    lines = [*FRONT[:7], line("路1号2单元份号码", 150, 325), line(NUMBER, 300, 478, 34)]
    address = idcard.parse(lines, "front").values["address"]
    assert (address.text, address.sure) == (EXPECTED["address"], 0.0)


def test_a_temporary_card_keeps_its_authority_out_of_the_address() -> None:
    upper = [one for one in FRONT if one.text not in ("公民身份号码", NUMBER)]
    number = [line("公民身份号码", 50, 380), line(NUMBER, 300, 378, 34)]
    issue = [line("签发机关", 50, 430), line("历下区公安局", 200, 430)]
    issue += [line("有效期限", 50, 475), line("2026.09.01-2026.12.01", 200, 475)]
    for lines in (upper + number + issue, upper + issue + number):
        side, values, _ = parse_paper("temporary_id", lines)
        assert side == "front"
        assert values["address"].text == EXPECTED["address"]
        assert values["authority"].text == "历下区公安局"
        assert values["valid_to"].text == "2026-12-01"


def test_dates_whose_label_was_lost_are_no_second_line_of_the_authority() -> None:
    issue = [line("签发机关", 50, 430), line("历下区公安局", 200, 430)]
    issue += [line("2026.09.01-2026.12.01", 200, 475)]
    values = idcard.parse([line("居民身份证", 50, 50), *issue], "back").values
    assert values["authority"].text == "历下区公安局"
    assert values["valid_to"].text == "2026-12-01"


@pytest.mark.parametrize("tail", ["IMEN", "仅供", "样"])
def test_a_mark_that_hangs_on_the_authority_is_cut_off_and_doubted(tail: str) -> None:
    lines = [line("签发机关", 50, 300), line("南宫市公安局" + tail, 220, 300)]
    lines += [line("有效期限", 50, 360), line("2011.02.14-2031.02.14", 220, 360)]
    authority = idcard.parse(lines, "back").values["authority"]
    assert (authority.text, authority.sure) == ("南宫市公安局", 0.0)


@pytest.mark.parametrize("authority", ["青岛市公安局市南分局", "新疆生产建设兵团公安局"])
def test_whole_authorities_are_left_alone(authority: str) -> None:
    lines = [line("签发机关", 50, 300), line(authority, 220, 300)]
    read = idcard.parse(lines, "back").values["authority"]
    assert (read.text, read.sure) == (authority, 0.99)


def test_a_street_of_peoples_is_no_label() -> None:
    lines = [line("民族路12号", 150, 325) if one.text.startswith("路1号") else one for one in FRONT]
    read = texts(idcard.parse(lines, "front"))
    assert read["address"] == "山东省济南市历下区泉城民族路12号"
    assert read["ethnicity"] == "汉"


def test_a_number_in_three_pieces_is_joined() -> None:
    lines = [one for one in FRONT if one.text != NUMBER]
    lines += [line(NUMBER[:6], 300, 478), line(NUMBER[6:14], 420, 478), line(NUMBER[14:], 580, 478)]
    assert texts(idcard.parse(lines, "front"))["id_number"] == NUMBER


@pytest.mark.parametrize(
    ("printed", "period"),
    [
        ("2011.02.14-2031.02.14", ("2011-02-14", "2031-02-14")),
        ("2011,02,14—长期", ("2011-02-14", "长期")),
        ("20110214-20310214", ("2011-02-14", "2031-02-14")),
        ("2011.02.14-2031.02.30", None),
        ("长期", None),
    ],
)
def test_validity_is_read_as_printed(printed: str, period: tuple[str, str] | None) -> None:
    assert idcard.validity(printed) == period


@pytest.mark.parametrize(
    ("start", "end", "fits"),
    [
        ("2020-02-29", "2030-02-28", True),
        ("2020-02-29", "2030-03-01", True),
        ("2020-03-01", "2040-03-01", True),
        ("2020-03-01", "2037-03-01", False),
        ("2020-03-01", "长期", True),
        ("2020-03-01", "", False),
    ],
)
def test_lengths_of_validity(start: str, end: str, fits: bool) -> None:
    assert valid_period(start, end) is fits


def card(**values: tuple[str, float]) -> idcard.Card:
    return idcard.Card("front", {name: Value(*told) for name, told in values.items()})


def test_looks_that_disagree_leave_a_doubt() -> None:
    looks = [card(name=("江辉", 0.9)), card(name=("江晖", 0.88))]
    values, doubts = settle(looks, 0.6)
    assert values["name"] == "江辉"
    assert doubts == {"name"}


def test_an_end_that_one_look_lost_is_kept() -> None:
    short, whole = "河南省伊川县经十路237", "河南省伊川县经十路237号"
    values, doubts = settle([card(address=(short, 0.99)), card(address=(whole, 0.9))], 0.6)
    assert values["address"] == whole
    assert "address" not in doubts
    values, doubts = settle([card(address=(short, 0.99)), card(address=(whole, 0.7))], 0.6)
    assert (values["address"], "address" in doubts) == (short, True)


def test_a_dot_that_one_look_lost_is_kept_and_doubted() -> None:
    looks = [card(name=("木乃伍呷", 0.7)), card(name=("木乃·伍呷", 0.5))]
    values, doubts = settle(looks, 0.4)
    assert values["name"] == "木乃·伍呷"
    assert "name" in doubts
    values, doubts = settle([card(name=("吴嘉", 0.9)), card(name=("吴嘉泽", 0.85))], 0.6)
    assert "name" in doubts


def test_birth_and_sex_are_settled_by_a_number_that_holds() -> None:
    looks = [
        card(id_number=(NUMBER, 0.9), birth=("1949-12-01", 0.5)),
        card(birth=("1949-12-31", 0.4)),
    ]
    values, doubts = settle(looks, 0.6)
    assert (values["birth"], values["sex"]) == ("1949-12-31", "男")
    assert doubts == set()


def test_a_birth_that_contradicts_the_number_is_doubtful_not_replaced() -> None:
    values, doubts = settle([card(id_number=(NUMBER, 0.9), birth=("1951-01-01", 0.99))], 0.6)
    assert values["birth"] == "1951-01-01"
    assert {"birth", "id_number"} <= doubts


def test_the_zone_of_the_icao_example() -> None:
    # ICAO Doc 9303 part 4, appendix A: the specimen of Utopia
    lines = [
        line("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", 0, 500),
        line("L898902C36UTO7408122F1204159ZE184226B<<<<<10", 0, 550),
    ]
    told = {name: value.text for name, value in parse_zone(lines).items()}
    assert told == {
        "name": "ERIKSSON, ANNA MARIA",
        "passport_number": "L898902C3",
        "nationality": "UTO",
        "birth": "1974-08-12",
        "sex": "女",
        "valid_to": "2012-04-15",
    }


def test_what_fails_its_check_digit_is_left_out() -> None:
    lines = [line("L898902C37UTO7408123F1204158ZE184226B<<<<<10", 0, 550)]
    assert parse_zone(lines).keys() == {"nationality", "sex"}
    assert check_digit("520727") == 3  # the document's own example


def test_the_angle_goes_by_the_long_lines() -> None:
    lines = [*turned([line("很长的一行字很长的一行字", 0, 0)], 30), line("短", 0, 0)]
    assert page_angle(lines) == pytest.approx(28, abs=3)


def test_a_label_that_fell_apart_still_counts() -> None:
    lines = [one for one in FRONT if one.text not in ("住址", "山东省济南市历下区泉城")]
    lines += [line("住", 50, 280), line("址山东省济南市历下区泉城", 110, 280)]
    assert texts(idcard.parse(lines, "front")) == EXPECTED
