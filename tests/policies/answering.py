"""A bot process for a test: every line on standard input is asked, its answer is printed.

`python -m tests.policies.answering URL ORIGIN DESTINATION`: library and database of its own, as
every process of the bot has them. Prints the answer's rule and the guide between the two places.
"""

from __future__ import annotations

import asyncio
import sys

from knowledge.ask import Answerer
from knowledge.move import guide
from services.policies import Library
from services.policies.settings import PolicySettings
from storage.clock import SystemClock
from storage.crypto import Keyring, generate_key
from storage.database import Database


async def main(url: str, origin: str, destination: str) -> None:
    """Until standard input ends."""
    database = Database(url, Keyring.from_text(generate_key()))
    library = Library(Answerer.load(), PolicySettings())
    try:
        while line := await asyncio.to_thread(sys.stdin.readline):
            async with database.transaction() as session:
                edition = await library.edition(session, SystemClock().now())
            answer = edition.answerer.ask(line.strip(), region=origin)
            steps = guide(origin, destination, base=edition.answerer.base).steps
            said = [part.rule.text for part in answer.parts] + [step.text for step in steps]
            print("|".join(said), flush=True)
    finally:
        await database.dispose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
