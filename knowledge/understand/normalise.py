"""One spelling for a question: width, script, emoji, typed pinyin, slips of the ear, English.

Nothing here knows a topic: the words come from the knowledge files.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from opencc import OpenCC

from knowledge.understand.pinyin import Reader, cut, fold, folded, readings

_SIMPLIFIED = OpenCC("t2s")

LATIN = re.compile(r"[a-z][a-z']*(?:\s+[a-z][a-z']*)*")
WORD = re.compile(r"[a-z][a-z']+|[a-z]")
HAN = re.compile(r"[一-鿿]")
KEEP = frozenset(
    [
        "hr",
        "app",
        "pin",
        "ok",
        "etc",
        "wifi",
        "vpn",
        "kb",
        "mb",
        "jpg",
        "jpeg",
        "png",
        "dpi",
        "pdf",
        "id",
        "qq",
        "bug",
        "vip",
        "it",
        "pos",
        "atm",
        "ic",
        "p",
        "u",
        "ui",
        "icbc",
        "abc",
        "ccb",
        "boc",
        "cmb",
        "excel",
        "word",
        "email",
        "test",
        "hi",
        "hello",
        "bye",
        "thanks",
        "dan",
        "ai",
        "sim",
        "p图",
        "last",
        "day",
    ]
)
SYMBOLS = re.compile(r"[^\w\s，。？！、,.?!;；:：'’\-]|_")
SPACE = re.compile(r"\s+")
TO_A_PLACE = (
    "cong",
    "dao",
    "qu",
    "zai",
    "hui",
    "lai",
    "wang",
    "kai",
    "从",
    "到",
    "去",
    "在",
    "回",
    "来",
    "往",
    "由",
    "离",
    "开",
    "成",
    "现在",
)
NOT_TO_A_PLACE = frozenset(["zhidao", "shoudao", "yinwei", "kaishi"])
"""Typed words and characters behind which a name of a place is read rather than another word."""
FROM_A_NAME = (
    "dao",
    "qu",
    "de",
    "lizhi",
    "shebao",
    "yibao",
    "的",
    "到",
    "去",
    "社",
    "医",
    "市",
    "回",
)
NAME_SIZES = (2, 3)
LONG = 3
"""Terms of so many characters are recognised with one of them wrong."""
LITTLE = frozenset("的了吗是我你他她这那有在要不能会换办补取尾新老旧哪本就也都还没")
"""Characters that stand before or after any term and are no slip."""
CALLED = re.compile("[小老][王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董程曹袁邓许]")
"""How colleagues are called (小陈); no term runs into it."""
BETWEEN_HAN = re.compile(r"(?<=[一-鿿，。？！])\s+(?=[一-鿿，。？！])")


@dataclass(frozen=True, slots=True)
class Normalised:
    """``text``: one spelling; ``shadow``: the Chinese that an English question amounts to."""

    raw: str
    text: str
    shadow: str
    english: bool

    @property
    def chinese(self) -> str:
        """What Chinese features are taken from."""
        return self.shadow if self.english else self.text


def clean(text: str) -> str:
    """Width, script, case, emoji and repeated signs; no word is changed."""
    text = unicodedata.normalize("NFKC", text)
    text = _SIMPLIFIED.convert(text).lower()
    text = "".join(" " if unicodedata.category(c) in {"So", "Sk", "Cn", "Co"} else c for c in text)
    text = SYMBOLS.sub(" ", text)
    text = re.sub(r"([，。？！,.?!~])\1+", r"\1", text)
    return SPACE.sub(" ", text).strip()


class Normaliser:
    """Built once from the knowledge files' own words; immutable afterwards."""

    def __init__(
        self,
        sentences: Iterable[str],
        terms: Sequence[str],
        glossary: Mapping[str, str],
        english: Iterable[str],
        names: Iterable[str] = (),
        *,
        initials: Mapping[str, str] | None = None,
        slips: Mapping[str, str] | None = None,
        places: Collection[str] = (),
    ) -> None:
        """``initials``: what people type by its first letters (sbk), and the word it stands for;
        ``slips``: slips that are everyday words themselves, with the words beside them.

        ``names``: spoken names for reading typed pinyin; ``places``: every name that must not be
        taken for a slip of the pen.
        """
        lines = [clean(s) for s in sentences]
        spoken = tuple(names)
        self._reader = Reader(lines, spoken)
        self._typed_names = _by_letters(spoken)
        self._whole = frozenset(spoken) | {name for name in places if len(name) in NAME_SIZES}
        self._known = {run for line in lines for run in bigrams(line)}
        self._terms: dict[tuple[str, ...], str] = {
            tuple(map(fold, sound)): term for term in terms for sound in readings(term)
        }
        self._sizes = sorted({len(sound) for sound in self._terms}, reverse=True)
        self._initials = dict(initials or {})
        self._slips = dict(slips or {})
        self._places = frozenset(places)
        self._long = tuple(t for t in terms if len(t) >= LONG)
        self._glossary = [
            (key, re.compile(rf"(?<![a-z]){re.escape(key)}(?:s|es|ed|ing)?(?![a-z])"), term)
            for key, term in sorted(glossary.items(), key=lambda pair: -len(pair[0]))
        ]
        self._english = {w for line in english for w in WORD.findall(line.lower())}
        self._english |= {w for key in glossary for w in WORD.findall(key)}

    def __call__(self, text: str) -> Normalised:
        """Normalise one question."""
        plain = clean(text)
        if self.is_english(plain):
            return Normalised(text, plain, self.translate(plain), english=True)
        plain = LATIN.sub(self._to_han, plain)
        plain = BETWEEN_HAN.sub(" ", plain)
        for typed, meant in self._slips.items():
            plain = plain.replace(typed, meant)
        return Normalised(text, self._mend(self.repair(plain)), "", english=False)

    def is_english(self, plain: str) -> bool:
        """Whether a cleaned text is an English sentence and not typed pinyin."""
        if len(HAN.findall(plain)) > 2:
            return False
        words = WORD.findall(plain)
        known = [w for w in words if w in self._english or len(w) == 1]
        foreign = [w for w in words if cut(w.replace("'", "")) is None]
        if not words:
            return False
        return len(known) + len(foreign) > len(words) * 0.6 and bool(
            foreign or len(known) == len(words)
        )

    def translate(self, plain: str) -> str:
        """The Chinese terms that an English text contains, in their order."""
        found: list[tuple[int, str]] = []
        rest = f" {plain} "
        for key, pattern, term in self._glossary:
            if key not in rest:
                continue
            for hit in pattern.finditer(rest):
                found.append((hit.start(), term))
                rest = rest[: hit.start()] + " " * (hit.end() - hit.start()) + rest[hit.end() :]
        return "".join(term for _, term in sorted(found))

    def _to_han(self, match: re.Match[str]) -> str:
        words = match.group().split()
        before, after = match.string[: match.start()].rstrip(), match.string[match.end() :].lstrip()
        out: list[str] = []
        row: list[str] = []
        for at, word in enumerate(words):
            typed = None if word in KEEP else _syllables(word)
            last = words[at - 1] if at else before[-1:]
            following = words[at + 1] if at + 1 < len(words) else after[:1]
            if word in self._typed_names and _is_a_place(last, following):
                out += [self._flush(row), self._typed_names[word]]
            elif word in self._initials:
                out += [self._flush(row), self._initials[word]]
            elif typed is None:
                out.append(self._flush(row))
                out.append(f" {word} ")
            else:
                row.extend(typed)
        out.append(self._flush(row))
        return "".join(out)

    def _flush(self, row: list[str]) -> str:
        if not row:
            return ""
        read = self._reader.read(row) or " ".join(row)
        row.clear()
        return read

    def repair(self, text: str) -> str:
        """Write slips of the ear back as the terms they sound like (褂失 → 挂失)."""
        chars = list(text)
        for size in self._sizes:
            for start in range(len(chars) - size + 1):
                window = "".join(chars[start : start + size])
                if not all(HAN.match(c) for c in window):
                    continue
                term = self._terms.get(tuple(folded(c) for c in window))
                if term is None or term == window or self._is_known(text, start, size):
                    continue
                if self._parts_a_place(text, start, start + size) or CALLED.match(
                    text, start + size - 1
                ):
                    continue
                chars[start : start + size] = term
        return "".join(chars)

    def _parts_a_place(self, text: str, start: int, end: int) -> bool:
        """Whether the window is a place's name or cuts through one (昆[明自]由 is no 名字)."""
        for size in NAME_SIZES:
            for at in range(max(0, start - size + 1), end):
                within = start <= at and at + size <= end and size < end - start
                if not within and text[at : at + size] in self._whole:
                    return True
        return False

    def _mend(self, text: str) -> str:
        """Write a slip of the pen back: one wrong character in a long term (杜保卡 → 社保卡).

        Only where the wrong character forms no pair that the knowledge files use.
        """
        for term in self._long:
            size = len(term)
            for start in range(len(text) - size + 1):
                window = text[start : start + size]
                wrong = [i for i in range(size) if window[i] != term[i]]
                if len(wrong) != 1 or window[wrong[0]] in LITTLE or not HAN.match(window[wrong[0]]):
                    continue
                at = start + wrong[0]
                pairs = [text[i : i + 2] for i in (at - 1, at) if i >= 0 and i + 2 <= len(text)]
                if not any(pair in self._known or pair in self._places for pair in pairs):
                    text = text[:start] + term + text[start + size :]
        return text

    def knows(self, window: str) -> bool:
        """Whether the characters follow each other like this in the knowledge files."""
        pairs = bigrams(window)
        return bool(pairs) and all(pair in self._known for pair in pairs)

    def _is_known(self, text: str, start: int, size: int) -> bool:
        """Whether the window is made of pairs that the knowledge files use themselves."""
        return self.knows(text[start : start + size])


def _by_letters(names: Iterable[str]) -> dict[str, str]:
    """Names by their typed letters; of several, the first (cities stand before districts)."""
    found: dict[str, str] = {}
    for name in names:
        for sound in readings(name):
            found.setdefault("".join(sound), name)
    found.pop("jian")  # 见, 件 and 间 are typed more often than 吉安
    return found


def _is_a_place(last: str, following: str) -> bool:
    """Whether the words beside a typed name ask for a place: cong xian dao …, “xian 社保卡”."""
    goes = last.endswith(TO_A_PLACE) and last not in NOT_TO_A_PLACE
    return goes or (not last and following.startswith(FROM_A_NAME))


def bigrams(text: str) -> list[str]:
    """Every two characters that follow each other, the first of them Chinese."""
    return [text[i : i + 2] for i in range(len(text) - 1) if HAN.match(text[i])]


def _syllables(word: str) -> tuple[str, ...] | None:
    """Typed letters as syllables; an apostrophe parts them (xi'an)."""
    row: list[str] = []
    for part in filter(None, word.split("'")):
        typed = cut(part)
        if typed is None:
            return None
        row.extend(typed)
    return tuple(row)
