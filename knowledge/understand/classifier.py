"""The light classifier: regularised least squares over sparse features, trained in seconds.

Closed form, so the same files always give the same model, and every training question can be judged
by the model that hasn't seen it (leave one out) without training again.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

OUT_OF_SCOPE = "out-of-scope"
GROUP_WEIGHTS = {"char": 1.0, "sound": 0.7, "concept": 1.0, "english": 1.0}
RIDGE = 1.0
"""Strength of the regularisation; 0.3 to 2 gave the same accuracy within a point."""
RAREST = 2
"""A feature seen in fewer wordings isn't kept."""
BLOCK = 1024
"""Columns that are made dense at once while training; bounds the memory."""
RARE = 40
"""Features of at most so many wordings are added to the kernel pair by pair."""

Groups = Mapping[str, set[str]]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Row:
    """A question as feature numbers and weights."""

    columns: NDArray[np.int64]
    weights: Floats


class Classifier:
    """Scores a question for every topic; higher is likelier, about one for a sure case."""

    def __init__(
        self,
        labels: Sequence[str],
        columns: Mapping[str, int],
        rarity: Floats,
        weights: Floats,
        *,
        bias: Floats,
        data_hash: str,
        dense: tuple[Floats, Floats] | None = None,
    ) -> None:
        """``dense``: weights and centre for embeddings, if the model was trained with them."""
        self.labels = tuple(labels)
        self.data_hash = data_hash
        self._columns = columns
        self._rarity = rarity
        self._weights = weights
        self._bias = bias
        self._dense = dense

    @property
    def embeds(self) -> bool:
        """Whether it was trained with embeddings and wants one per question."""
        return self._dense is not None

    def scores(self, groups: Groups, embedding: Floats | None = None) -> Floats:
        """One score per label, in the order of ``labels``."""
        row = to_row(groups, self._columns, self._rarity)
        scores = self._bias + row.weights @ self._weights[row.columns]
        if self._dense is not None and embedding is not None:
            weights, centre = self._dense
            scores = scores + (embedding - centre) @ weights
        return scores

    def save(self, folder: Path, name: str = "model") -> None:
        """Write ``<name>.npz`` and ``<name>.json`` (labels, feature names, hash of the data)."""
        arrays = {
            "rarity": self._rarity,
            "weights": self._weights.astype(np.float16),
            "bias": self._bias,
        }
        if self._dense is not None:
            arrays["dense"], arrays["centre"] = self._dense
        np.savez_compressed(folder / f"{name}.npz", **arrays)  # type: ignore[arg-type]
        about = {
            "data_sha256": self.data_hash,
            "labels": self.labels,
            "features": sorted(self._columns, key=self._columns.__getitem__),
        }
        text = json.dumps(about, ensure_ascii=False, separators=(",", ":"))
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, name: str = "model") -> Classifier:
        """Read what :meth:`save` wrote. Raises ``FileNotFoundError``."""
        about: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        with np.load(folder / f"{name}.npz") as arrays:
            dense = (arrays["dense"], arrays["centre"]) if "dense" in arrays else None
            return cls(
                about["labels"],
                {name: number for number, name in enumerate(about["features"])},
                arrays["rarity"],
                arrays["weights"].astype(np.float32),
                bias=arrays["bias"],
                data_hash=about["data_sha256"],
                dense=dense,
            )


def to_row(groups: Groups, columns: Mapping[str, int], rarity: Floats) -> Row:
    """Known features with rarity weights; each group is brought to its own length."""
    numbers: list[int] = []
    weights: list[float] = []
    for group, names in groups.items():
        known = sorted(columns[name] for name in names if name in columns)
        length = math.sqrt(sum(float(rarity[n]) ** 2 for n in known))
        numbers += known
        weights += [GROUP_WEIGHTS[group] * float(rarity[n]) / length for n in known]
    return Row(np.array(numbers, dtype=np.int64), np.array(weights, dtype=np.float32))


@dataclass(frozen=True)
class Trained:
    """A classifier and the score that each training question gets when it is left out."""

    classifier: Classifier
    left_out: Floats


def train(
    examples: Sequence[Groups],
    answers: Sequence[str],
    data_hash: str,
    embeddings: Floats | None = None,
    embedding_weight: float = 0.0,
) -> Trained:
    """Fit the classifier; ``examples``, ``answers`` and ``embeddings`` have the same length."""
    seen = Counter(name for groups in examples for names in groups.values() for name in names)
    kept = sorted(name for name, count in seen.items() if count >= RAREST)
    columns = {name: number for number, name in enumerate(kept)}
    rarity = np.array([math.log(1 + len(examples) / seen[n]) for n in kept], dtype=np.float32)
    rows = [to_row(groups, columns, rarity) for groups in examples]
    labels = sorted(set(answers))
    wanted = np.zeros((len(rows), len(labels)), dtype=np.float64)
    wanted[np.arange(len(rows)), [labels.index(a) for a in answers]] = 1.0
    bias = wanted.mean(axis=0)
    kernel = _kernel(rows, len(kept))
    centred, centre = None, None
    if embeddings is not None:
        centre = embeddings.mean(axis=0)
        centred = (embeddings - centre).astype(np.float64)
        kernel += embedding_weight * (centred @ centred.T)
    inverse = np.linalg.inv(kernel + RIDGE * np.eye(len(rows)))
    dual = inverse @ (wanted - bias)
    left_out = wanted - dual / np.diag(inverse)[:, None]
    dense = None
    if centred is not None and centre is not None:
        dense = ((embedding_weight * (centred.T @ dual)).astype(np.float32), centre)
    weights = _weights(rows, dual, len(kept))
    bias = bias.astype(np.float32)
    model = Classifier(
        labels, columns, rarity, weights, bias=bias, data_hash=data_hash, dense=dense
    )
    return Trained(model, left_out.astype(np.float32))


def _kernel(rows: Sequence[Row], width: int) -> NDArray[np.float64]:
    """Likeness of every pair. Rare features touch few pairs and are added one by one."""
    holders: list[list[int]] = [[] for _ in range(width)]
    values: list[list[float]] = [[] for _ in range(width)]
    for number, row in enumerate(rows):
        for column, weight in zip(row.columns.tolist(), row.weights.tolist(), strict=True):
            holders[column].append(number)
            values[column].append(weight)
    kernel = np.zeros((len(rows), len(rows)), dtype=np.float64)
    common = [c for c in range(width) if len(holders[c]) > RARE]
    for start in range(0, len(common), BLOCK):
        block = np.zeros((len(rows), BLOCK), dtype=np.float32)
        for place, column in enumerate(common[start : start + BLOCK]):
            block[holders[column], place] = values[column]
        kernel += block @ block.T
    for column in range(width):
        if 0 < len(holders[column]) <= RARE:
            weights = np.array(values[column])
            kernel[np.ix_(holders[column], holders[column])] += np.outer(weights, weights)
    return kernel


def _weights(rows: Sequence[Row], dual: NDArray[np.float64], width: int) -> Floats:
    weights = np.zeros((width, dual.shape[1]), dtype=np.float64)
    for row, coefficients in zip(rows, dual, strict=True):
        weights[row.columns] += row.weights[:, None] * coefficients
    return weights.astype(np.float32)
