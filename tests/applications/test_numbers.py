"""Numbers: checkable, tolerant, silent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.applications.numbers import (
    ALPHABET,
    CASE,
    check_character,
    new_number,
    read_number,
)

bodies = st.text(ALPHABET, min_size=7, max_size=7)


def written(body: str) -> str:
    rest = body + check_character(body)
    return f"SB-{rest[:4]}-{rest[4:]}"


def test_fresh_numbers_read_back_and_differ() -> None:
    numbers = [new_number() for _ in range(500)]
    assert len(set(numbers)) == 500
    assert all(read_number(number) == number for number in numbers)
    assert read_number(new_number(CASE)) is None
    assert numbers != sorted(numbers)


@given(bodies)
def test_people_write_them_in_many_ways(body: str) -> None:
    number = written(body)
    assert read_number(number.lower()) == number
    assert read_number(f"  {number.replace('-', ' ')} ") == number
    assert read_number(number.replace("0", "o").replace("1", "l")) == number
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in number)
    assert read_number(wide) == number


@given(bodies, st.integers(0, 7), st.sampled_from(ALPHABET))
def test_any_single_slip_is_noticed(body: str, place: int, slip: str) -> None:
    rest = body + check_character(body)
    wrong = rest[:place] + slip + rest[place + 1 :]
    assert (read_number(f"SB{wrong}") is None) == (wrong != rest)


def test_most_swaps_of_neighbours_are_noticed() -> None:
    pairs = [(a, b) for a in ALPHABET for b in ALPHABET if a != b]
    missed = sum(
        check_character(f"00{a}{b}000") == check_character(f"00{b}{a}000") for a, b in pairs
    )
    assert missed / len(pairs) < 0.01


def test_nonsense() -> None:
    for text in ("", "SB", "SB-0000", "SB-UUUU-UUUU", "查进度", "SB-0000-00000", "\x00"):
        assert read_number(text) is None
