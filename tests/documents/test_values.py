"""How several looks settle one value."""

from __future__ import annotations

from services.documents.text import person_name, place
from services.documents.values import Value, doubtful_names, most_probable, voted
from tests.documents.test_parsing import line


def look(*read: tuple[str, float]) -> Value:
    lines = tuple(line(text, 0, 40 * row, sure=sure) for row, (text, sure) in enumerate(read))
    return Value("".join(text for text, _ in read), min(sure for _, sure in read), lines)


def test_two_looks_outweigh_a_third_that_is_surer() -> None:
    looks = [look(("范湉鹏", 0.52)), look(("范湉鹏", 0.65)), look(("范活鹏", 0.75))]
    assert voted(looks, person_name).text == "范湉鹏"


def test_each_line_is_settled_by_itself() -> None:
    one = look(("云南省无阳县学院巷", 0.4), ("1003室", 0.99))
    two = look(("云南省元阳县学院巷", 0.9), ("100室", 0.6))
    chosen = voted([one, two], place)
    assert chosen.text == "云南省元阳县学院巷1003室"
    looks = [{"address": one}, {"address": two}]
    assert doubtful_names(looks, {"address": chosen}, 0.5) == {"address"}  # no look had it so


def test_only_the_named_fields_are_voted_on() -> None:
    looks = [{"name": look(("陶译", 0.62)), "code": look(("A1", 0.6))} for _ in range(2)]
    looks.append({"name": look(("陶泽", 0.9)), "code": look(("A7", 0.9))})
    best = most_probable(looks, ["name"])
    assert (best["name"].text, best["code"].text) == ("陶译", "A7")
