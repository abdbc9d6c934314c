"""Every form is rendered with its sample, and its PDF is read back."""

from __future__ import annotations

import json

import pypdfium2
import pytest

from services.forms import FORMS, FormData, FormError, as_json, render


def sample(form: str) -> FormData:
    given = FORMS[form].sample
    return FormData(given["values"], given.get("tables", {}))


def text_of(pdf: bytes) -> str:
    """The words of all pages, without breaks: a long value may be set on two lines."""
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    return "".join("".join(pages).split())


@pytest.mark.parametrize("form", list(FORMS))
def test_a_form_says_every_value_it_was_given(form: str) -> None:
    data = sample(form)
    pdf = render(form, data)
    words = text_of(pdf)
    cells = [cell for rows in data.tables.values() for row in rows for cell in row]
    for value in (*data.values.values(), *cells):
        assert "".join(value.split()) in words, value
    assert b"NotoSansCJK" in pdf, "the font is embedded under its own name"
    assert json.loads(as_json(form, data))["values"] == data.values


def test_values_are_text_and_never_markup() -> None:
    values = FORMS["transfer"].sample["values"] | {"name": '#eval("1+1") $x$ *b* [李]'}
    assert '#eval("1+1")$x$*b*[李]' in text_of(render("transfer", FormData(values)))


def test_an_unknown_or_missing_value_is_named_without_the_others() -> None:
    values = dict(FORMS["transfer"].sample["values"])
    values["nickname"] = values.pop("name")
    with pytest.raises(FormError, match=r"missing \['name'\].*\['nickname'\]") as wrong:
        render("transfer", FormData(values))
    assert values["id_number"] not in str(wrong.value)
