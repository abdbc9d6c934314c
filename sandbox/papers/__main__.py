"""``python -m sandbox.papers --out DIR``: writes pictures of made-up papers with labels."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime
from pathlib import Path

from sandbox.papers.camera import GRADES
from sandbox.papers.dataset import dataset, portraits, write_dataset
from sandbox.papers.render import KINDS


def main() -> None:
    """Reads the arguments and writes the folder."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.papers", description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=40, help="number of pictures")
    parser.add_argument("--kind", choices=KINDS, action="append", default=[])
    parser.add_argument("--grade", choices=GRADES, action="append", default=[])
    parser.add_argument(
        "--today", type=date.fromisoformat, default=datetime.now(UTC).date(), help="YYYY-MM-DD"
    )
    options = parser.parse_args()
    if options.kind == ["portrait"]:
        papers = portraits(options.seed, options.count, options.today)
    else:
        papers = dataset(
            options.seed,
            options.count,
            options.today,
            kinds=tuple(options.kind),
            grades=tuple(options.grade),
        )
    write_dataset(papers, options.out)


if __name__ == "__main__":
    main()
