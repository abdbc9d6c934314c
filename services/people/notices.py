"""The texts that people agree to, or not: data files by kind, version and language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from knowledge.agencies import agencies, offline_way
from services.people.settings import PeopleSettings
from storage.models import ConsentKind

FOLDER = Path(__file__).parent / "notices"
LANGUAGES = ("zh", "en")
_REFUSAL = "refusal"


@dataclass(frozen=True)
class Recipients:
    """To whom pictures are given; names as people read them."""

    bureau: str
    bank: str | None = None
    bureau_contact: str | None = None
    bank_contact: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """The names that a consent is bound to."""
        return {"bureau": self.bureau, "bank": self.bank}


@dataclass(frozen=True)
class NoticeText:
    """One version of a text, filled in. `title` is its first line, `text` the rest; both plain."""

    kind: ConsentKind
    version: str
    language: str
    title: str
    text: str


@cache
def _templates() -> Environment:
    # Plain text for a chat: whoever puts it into HTML escapes it there.
    return Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
    )


@cache
def versions(kind: str) -> tuple[str, ...]:
    """Every version of a text, oldest first. Versions sort as text: `2026-11`."""
    return tuple(sorted({path.name.split(".")[0] for path in (FOLDER / kind).glob("*.zh.j2")}))


def current_version(kind: ConsentKind) -> str:
    """The newest version: the one that must be agreed to."""
    return versions(kind.value)[-1]


def notice_text(
    kind: ConsentKind,
    language: str = "zh",
    *,
    employer_name: str,
    settings: PeopleSettings,
    recipients: Recipients | None = None,
    version: str | None = None,
) -> NoticeText:
    """The text to show before asking; `PICTURES` needs its named recipients.

    Raises:
        ValueError: recipients are missing for `PICTURES`.
    """
    if kind is ConsentKind.PICTURES and recipients is None:
        raise ValueError("consent to pictures names the bureau and the bank")
    version = version or current_version(kind)
    language = language if language in LANGUAGES else LANGUAGES[0]
    to = recipients or Recipients(bureau="")
    default_contact = {"zh": "本单位人力资源部", "en": "your HR department"}[language]
    title, text = _rendered(
        f"{kind.value}/{version}.{language}.j2",
        version=version,
        employer=employer_name,
        contact=settings.company_contact or default_contact,
        leaver_years=settings.leaver_years,
        record_years=settings.record_years,
        picture_days=settings.picture_days,
        bureau=to.bureau,
        bureau_contact=to.bureau_contact or agencies()["hrss"].hotline,
        bank=to.bank,
        bank_contact=to.bank_contact,
    )
    return NoticeText(kind, version, language, title, text)


def refusal_text(kind: ConsentKind, language: str = "zh", *, region_code: str) -> str:
    """What is said to a no: no penalty, and the way on foot in this region."""
    language = language if language in LANGUAGES else LANGUAGES[0]
    way = offline_way(region_code)
    title, text = _rendered(
        f"{_REFUSAL}/{versions(_REFUSAL)[-1]}.{language}.j2",
        kind=kind.value,
        where=way.where,
        bring=way.bring,
    )
    return f"{title}\n{text}"


def _rendered(name: str, **values: object) -> tuple[str, str]:
    title, _, text = _templates().get_template(name).render(values).strip().partition("\n")
    return title.strip(), text.strip()
