"""Pictures of made-up papers with exact labels; nothing here is anybody's, all is marked 样本."""

from __future__ import annotations

from sandbox.papers.camera import GRADES
from sandbox.papers.dataset import dataset, portraits
from sandbox.papers.encode import convert
from sandbox.papers.model import Paper
from sandbox.papers.render import KINDS, render

__all__ = ["GRADES", "KINDS", "Paper", "convert", "dataset", "portraits", "render"]
