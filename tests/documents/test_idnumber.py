"""The citizen number's rules; all numbers use the sequence codes 996 to 999, which nobody has."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.documents.idnumber import (
    IdNumberError,
    check_character,
    check_id_number,
    is_id_number,
    normalise_id_number,
)


def number(first_seventeen: str) -> str:
    return first_seventeen + check_character(first_seventeen)


def test_reads_birth_sex_and_region() -> None:
    read = check_id_number(number("37010219930623999"))
    assert (read.birth, read.sex, read.region) == (date(1993, 6, 23), "男", "370102")
    assert check_id_number(number("37010219930623998")).sex == "女"


def test_the_standard_s_own_example_holds() -> None:
    # GB 11643-1999, annex: 11010519491231002X and 440524188001010014
    assert check_id_number("11010519491231002X").number == "11010519491231002X"
    with pytest.raises(IdNumberError, match="number_date"):  # born 1880: no living employee
        check_id_number("440524188001010014")


def test_full_width_spaces_and_a_small_x_are_the_same_number() -> None:
    assert normalise_id_number("１１０１０５ 19491231　002ｘ") == "11010519491231002X"
    assert is_id_number("11010519491231002x")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "number_length"),
        ("3701021993062399", "number_length"),
        ("37010219930623999A", "number_length"),
        (number("99010219930623999"), "number_region"),
        (number("37010219930230999"), "number_date"),
        ("370102199306239991", "number_checksum"),
    ],
)
def test_what_cannot_be_a_number_is_named(text: str, code: str) -> None:
    if code == "number_checksum" and text == number(text[:17]):
        pytest.fail("the example must be wrong")
    with pytest.raises(IdNumberError) as caught:
        check_id_number(text)
    assert caught.value.code == code
    assert text == "" or text not in str(caught.value)


def test_a_birth_after_today_is_refused() -> None:
    with pytest.raises(IdNumberError, match="number_future"):
        check_id_number(number("37010220300101999"), today=date(2026, 11, 23))


def test_fifteen_digits_are_recognised_as_the_old_form() -> None:
    read = check_id_number("370102930623999")
    assert read.fifteen
    assert (read.birth, read.sex) == (date(1993, 6, 23), "男")
    assert not is_id_number("370102930623999")


def test_residence_permits_of_the_three_regions_hold() -> None:
    assert {is_id_number(number(f"{code}19900101998")) for code in ("810000", "820000", "830000")}


def test_a_number_never_shows_in_its_repr() -> None:
    text = number("37010219930623999")
    assert text not in repr(check_id_number(text))


@given(
    st.dates(date(1930, 1, 1), date(2009, 12, 31)),
    st.sampled_from(["110105", "370102", "440305", "830000"]),
    st.integers(996, 999),
    st.integers(0, 16),
    st.integers(1, 9),
)
def test_one_wrong_digit_is_always_noticed(
    birth: date, region: str, sequence: int, place: int, step: int
) -> None:
    right = number(f"{region}{birth:%Y%m%d}{sequence}")
    assert is_id_number(right)
    wrong = right[:place] + str((int(right[place]) + step) % 10) + right[place + 1 :]
    assert not is_id_number(wrong)


@given(st.text(max_size=40))
def test_any_text_is_answered(text: str) -> None:
    try:
        answer = str(len(check_id_number(text).number))
    except IdNumberError as error:
        answer = error.code
    assert answer in ("15", "18") or answer.startswith("number_")
