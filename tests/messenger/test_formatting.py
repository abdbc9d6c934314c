"""Telegram's HTML, its offsets in UTF-16, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messenger.core.formatting import parse_html, trimmed, utf16_length, with_found
from messenger.errors import ApiError


def test_nested_tags_and_emoji_offsets() -> None:
    text, entities = parse_html("👋<b>您<i>好</i></b> &lt;x&gt; &amp; <code>a</code>")
    assert text == "👋您好 <x> & a"
    assert entities == [
        {"type": "bold", "offset": 2, "length": 2},
        {"type": "italic", "offset": 3, "length": 1},
        {"type": "code", "offset": 11, "length": 1},
    ]


def test_links_and_languages() -> None:
    text, entities = parse_html(
        '<a href="https://example.com/?a=1&amp;b=2">链接</a>'
        '<pre><code class="language-python">x</code></pre>'
    )
    assert text == "链接x"
    assert entities[0]["url"] == "https://example.com/?a=1&b=2"
    assert entities[1] == {"type": "pre", "offset": 2, "length": 1, "language": "python"}


def test_a_script_link_becomes_plain_text() -> None:
    assert parse_html('<a href="javascript:alert(1)">点</a>') == ("点", [])


@pytest.mark.parametrize(
    "source",
    ["<b>x", "x</b>", "<b><i>x</b></i>", "<script>x</script>", "a < b", "<span>x</span>", "<b"],
)
def test_refused(source: str) -> None:
    with pytest.raises(ApiError, match="can't parse entities"):
        parse_html(source)


def test_finds_what_telegram_finds() -> None:
    text = "发 /start@shebao_bot 给 @shebao_bot，见 https://a.cn/b。信 a@b.cn"
    found = {
        (e["type"], text[e["offset"] : e["offset"] + e["length"]]) for e in with_found(text, [])
    }
    assert found == {
        ("bot_command", "/start@shebao_bot"),
        ("mention", "@shebao_bot"),
        ("url", "https://a.cn/b"),
        ("email", "a@b.cn"),
    }


def test_trimming_moves_offsets() -> None:
    assert trimmed("  ab ", [{"type": "bold", "offset": 1, "length": 4}]) == (
        "ab",
        [{"type": "bold", "offset": 0, "length": 2}],
    )


@given(st.text())
def test_escaped_text_comes_back(text: str) -> None:
    import html

    assert parse_html(html.escape(text)) == (html.unescape(html.escape(text)), [])


@given(st.text(alphabet="<>b/i &;a中👋"))
def test_never_breaks(source: str) -> None:
    try:
        text, entities = parse_html(source)
    except ApiError:
        return
    assert all(e["offset"] + e["length"] <= utf16_length(text) for e in entities)
