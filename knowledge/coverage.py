"""What the facts can carry, by topic and region: ``python -m knowledge.coverage`` prints the table.

``docs/facts.md`` is its output. A fact is usable when it may be said without 以当地12333为准
(:attr:`knowledge.facts.Fact.plain`): current, dated, with an address, not of low confidence.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Mapping

from knowledge.policies.base import PolicyBase, load_policies
from knowledge.policies.schema import OWN
from knowledge.regions import get
from knowledge.regions.table import NATION
from knowledge.topics import topics

HEAD = """# What the facts can carry

Made by `python -m knowledge.coverage > docs/facts.md`; a test compares. Each cell is *usable / all*
facts behind what is said on a topic; usable means current, dated, with an address and not of low
confidence, so that it is told without 以当地12333为准. Where a region isn't named, the answer comes
from the level above and says so.

| topic | 全国 | provinces and cities with facts of their own |
|---|---|---|
"""


def counts(base: PolicyBase) -> Mapping[str, Mapping[str, tuple[int, int]]]:
    """Topic → region code → (usable, all) facts that its entries rest on."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for policy in base.policies.values():
        for topic in policy.topics:
            names = {name for name in policy.fact_ids if name != OWN}
            found[topic][policy.region] |= {n for n in names if _own(n, policy.region)}
    return {
        topic: {
            region: (sum(base.facts[n].plain for n in names), len(names))
            for region, names in sorted(by_region.items())
            if names
        }
        for topic, by_region in found.items()
    }


def _own(fact: str, region: str) -> bool:
    """Whether a fact is counted for a region: a city's entry also repeats the country's."""
    return region == NATION or not fact.startswith(NATION)


def table(base: PolicyBase) -> str:
    """The page as Markdown."""
    rows = []
    by_topic = counts(base)
    for slug, topic in topics().items():
        cells = by_topic.get(slug, {})
        local = "；".join(
            f"{get(code).short} {usable}/{every}"
            for code, (usable, every) in cells.items()
            if code != NATION
        )
        national = cells.get(NATION)
        said = f"{national[0]}/{national[1]}" if national else "own rules of the assistant"
        rows.append(f"| {topic.title} (`{slug}`) | {said} | {local or '–'} |")
    return HEAD + "\n".join(rows) + "\n\n" + _summary(base)


def _summary(base: PolicyBase) -> str:
    """How many facts there are, and for which regions the most."""
    total, usable = Counter(f.region_code for f in base.facts.values()), Counter[str]()
    for fact in base.facts.values():
        usable[fact.region_code] += fact.plain
    local = [code for code in total if code != NATION]
    most = sorted(local, key=lambda code: (-usable[code], -total[code], code))[:30]
    lines = "；".join(f"{get(code).short} {usable[code]}/{total[code]}" for code in most)
    return (
        f"{sum(total.values())} facts, {sum(usable.values())} of them usable: "
        f"{usable[NATION]}/{total[NATION]} national, "
        f"{sum(usable[c] for c in local)}/{sum(total[c] for c in local)} "
        f"of {len(local)} regions.\n\n"
        f"By region, the thirty with most: {lines}.\n"
    )


def main() -> int:
    """Print the page."""
    sys.stdout.write(table(load_policies()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
