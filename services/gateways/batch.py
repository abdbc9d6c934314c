"""A bureau that takes many applications in one file and answers with one (docs/batch.md)."""

from __future__ import annotations

from services.gateways.contract import Receipt, SubmissionBody
from services.gateways.errors import ByFile
from services.gateways.manual import ManualBureau


class BatchBureau(ManualBureau):
    """Nobody can be asked by a program; what is handed in waits for the next file."""

    async def submit(self, body: SubmissionBody, key: str) -> Receipt:
        raise ByFile("bureau")
