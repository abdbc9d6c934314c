"""``python -m sandbox.company --out DIR``: writes a made-up company."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime
from pathlib import Path

from sandbox.company.generate import make_company
from sandbox.company.writers import write_company


def main() -> None:
    """Reads the arguments and writes the folder."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.company", description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--size", type=int, default=40, help="number of employees")
    parser.add_argument(
        "--today", type=date.fromisoformat, default=datetime.now(UTC).date(), help="YYYY-MM-DD"
    )
    parser.add_argument("--no-pictures", action="store_true", help="tables only")
    options = parser.parse_args()
    company = make_company(options.seed, options.size, options.today)
    write_company(company, options.out, pictures=not options.no_pictures)


if __name__ == "__main__":
    main()
