"""pyproject.toml, its lock, docs/dependencies.md and the installed packages agree."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROW = re.compile(r"^\| ([A-Za-z0-9._-]+) \| (.+) \| (.+) \| (\S+), (\d{4}-\d\d-\d\d) \|$", re.M)
REACHING = re.compile(r"\bA?GPL|GNU (Affero )?General Public", re.I)


def normal(name: str) -> str:
    """A package's name as the index writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted(requirements: list[str]) -> set[str]:
    """Names in a list of requirements."""
    return {normal(re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0]) for text in requirements}


RUN = wanted(PROJECT["project"]["dependencies"])
EXTRAS = wanted(
    [text for extra in PROJECT["project"]["optional-dependencies"].values() for text in extra]
)
DEVELOP = wanted(PROJECT["dependency-groups"]["dev"])


def table(title: str) -> dict[str, tuple[str, str, str]]:
    """Reason, licence and version by package, of one section of the page."""
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    section = page.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    return {
        normal(name): (why, terms, version) for name, why, terms, version, _ in ROW.findall(section)
    }


def test_each_dependency_has_its_reason() -> None:
    assert set(table("To run")) == RUN
    assert set(table("To run, if wanted")) == EXTRAS
    assert set(table("To develop")) == DEVELOP


@pytest.mark.parametrize("name", sorted(RUN | EXTRAS | DEVELOP))
def test_the_lock_has_the_documented_release(name: str) -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.search(rf"^{re.escape(name)}(?:\[[a-z,]+\])?==(\S+)", lock, re.M)
    assert pinned, f"{name} is not in requirements.lock: make lock"
    tables = table("To run") | table("To run, if wanted") | table("To develop")
    _, _, version = tables[name]
    assert version == pinned[1]


def test_nothing_in_the_lock_names_a_host() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    assert lock.count("==") > len(RUN)
    assert "--hash=sha256:" in lock


@pytest.mark.parametrize("name", sorted(RUN | EXTRAS))
def test_what_runs_with_us_goes_with_apache(name: str) -> None:
    """No licence that reaches over to our own code."""
    found = metadata.metadata(name)
    classifiers = [text for text in found.get_all("Classifier") or [] if text.startswith("License")]
    fields = [*(found.get_all("License-Expression") or []), *classifiers]
    terms = " / ".join(fields or found.get_all("License") or [])
    lesser = re.sub(
        r"LGPL\S*|GNU Lesser General Public License\S*( v\d)?( \(LGPLv\d\))?", "", terms
    )
    assert terms
    assert not REACHING.search(lesser), terms
