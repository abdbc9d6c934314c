"""Batches, as bureaus take them: a workbook and portraits out, the bureau's answer in."""

from services.batches.exporting import export_batch
from services.batches.importing import import_answer
from services.batches.views import AnswerReport, Exported, Outcome
from services.batches.words import texts

__all__ = ["AnswerReport", "Exported", "Outcome", "export_batch", "import_answer", "texts"]
