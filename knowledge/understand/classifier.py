"""The light classifier: kernel ridge regression over sparse features, trained in seconds.

Closed form, so the same files always give the same model, and every training question can be judged
by the model that hasn't seen it (leave one out) without training again.

Two questions are alike by the cosine of their features (and of their sentence embeddings, where a
model has them), bent by :func:`bend` so that a near wording weighs more than many far ones.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OUT_OF_SCOPE = "out-of-scope"
GROUP_WEIGHTS = {"char": 1.0, "sound": 0.7, "concept": 0.7, "english": 1.0}
RIDGE = 0.15
"""Strength of the regularisation; 0.08 to 0.3 gave the same accuracy within a point."""
CURVE = 1.5
"""How far likeness is bent; near 0 is a straight line, 1 to 2.5 gave the same within a point."""
RAREST = 2
"""A feature seen in fewer wordings isn't kept."""
BLOCK = 1024
"""Columns that are made dense at once while training; bounds the memory."""
RARE = 40
"""Features of at most so many wordings are added to the kernel pair by pair."""

Groups = Mapping[str, set[str]]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """A question as feature numbers and weights."""

    columns: NDArray[np.int64]
    weights: Floats


@dataclass(frozen=True, slots=True)
class Dense:
    """Sentence embeddings of the wordings, brought to their main directions.

    ``vectors``: wordings × directions; ``directions``: embedding width × directions; ``weight``:
    how much their likeness counts beside that of the features.
    """

    vectors: Floats
    directions: Floats
    centre: Floats
    weight: float

    def project(self, embedding: Floats) -> Floats:
        """An embedding of a question, as ``vectors`` are."""
        return np.asarray((embedding - self.centre) @ self.directions, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Examples:
    """The wordings as posting lists: ``starts[c]:starts[c + 1]`` are those with feature ``c``."""

    starts: NDArray[np.int64]
    owners: NDArray[np.int64]
    weights: Floats
    count: int

    def likeness(self, row: Row) -> Doubles:
        """Inner product of a question with every wording."""
        spans = [slice(self.starts[c], self.starts[c + 1]) for c in row.columns.tolist()]
        if not spans:
            return np.zeros(self.count)
        owners = np.concatenate([self.owners[span] for span in spans])
        parts = [self.weights[s] * w for s, w in zip(spans, row.weights.tolist(), strict=True)]
        total = np.bincount(owners, weights=np.concatenate(parts), minlength=self.count)
        return np.asarray(total, dtype=np.float64)

    def lengths(self) -> Doubles:
        """Squared length of every wording."""
        squares = np.bincount(self.owners, weights=self.weights**2, minlength=self.count)
        return np.asarray(squares, dtype=np.float64)


class Classifier:
    """Scores a question for every topic; higher is likelier, about one for a sure case."""

    def __init__(
        self,
        labels: Sequence[str],
        columns: Mapping[str, int],
        rarity: Floats,
        examples: Examples,
        *,
        dual: Floats,
        bias: Floats,
        data_hash: str,
        dense: Dense | None = None,
    ) -> None:
        """``dual``: wordings × labels; ``dense``: embeddings, if it was trained with them."""
        self.labels = tuple(labels)
        self.data_hash = data_hash
        self.columns = columns
        self.rarity = rarity
        self.examples = examples
        self.dual = dual
        self.bias = bias
        self.dense = dense
        squares = examples.lengths()
        if dense is not None:
            squares = squares + dense.weight * (dense.vectors**2).sum(axis=1)
        self._lengths = np.sqrt(np.maximum(squares, 1e-9))

    @property
    def embeds(self) -> bool:
        """Whether it was trained with embeddings and wants one per question."""
        return self.dense is not None

    def scores(self, groups: Groups, embedding: Floats | None = None) -> Floats:
        """One score per label, in the order of ``labels``."""
        row = to_row(groups, self.columns, self.rarity)
        alike = self.examples.likeness(row)
        square = float(row.weights @ row.weights)
        if self.dense is not None and embedding is not None:
            vector = self.dense.project(embedding)
            alike = alike + self.dense.weight * (self.dense.vectors @ vector)
            square += self.dense.weight * float(vector @ vector)
        cosine = alike / (self._lengths * math.sqrt(max(square, 1e-9)))
        return (self.bias + bend(cosine) @ self.dual).astype(np.float32)


def bend(cosine: Doubles) -> Doubles:
    """Likeness from a cosine: 0 stays 0, 1 stays 1, and what lies between is lowered."""
    bent: Doubles = np.expm1(CURVE * cosine) / math.expm1(CURVE)
    return bent


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
    """A classifier and, if asked for, the score that each training question gets when left out."""

    classifier: Classifier
    left_out: Floats | None


def train(
    examples: Sequence[Groups],
    answers: Sequence[str],
    data_hash: str,
    dense: Dense | None = None,
    *,
    judge: bool = True,
) -> Trained:
    """Fit the classifier; ``examples``, ``answers`` and the rows of ``dense`` have one length.

    ``judge``: also judge every example by the model without it; takes three times as long.
    """
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
    if dense is not None:
        vectors = dense.vectors.astype(np.float64)
        kernel += dense.weight * (vectors @ vectors.T)
    lengths = np.sqrt(np.maximum(np.diag(kernel), 1e-9))
    kernel /= lengths[:, None] * lengths[None, :]
    kernel = bend(kernel)
    kernel[np.diag_indices_from(kernel)] += RIDGE
    dual, left_out = _solve(kernel, wanted - bias, wanted, judge)
    model = Classifier(
        labels,
        columns,
        rarity,
        posting_lists(rows, len(kept)),
        dual=dual.astype(np.float32),
        bias=bias.astype(np.float32),
        data_hash=data_hash,
        dense=dense,
    )
    return Trained(model, left_out)


def _solve(
    kernel: Doubles, target: Doubles, wanted: Doubles, judge: bool
) -> tuple[Doubles, Floats | None]:
    if not judge:
        return np.asarray(np.linalg.solve(kernel, target), dtype=np.float64), None
    inverse = np.linalg.inv(kernel)
    dual: Doubles = np.asarray(inverse @ target, dtype=np.float64)
    return dual, (wanted - dual / np.diag(inverse)[:, None]).astype(np.float32)


def posting_lists(rows: Sequence[Row], width: int) -> Examples:
    """Rows turned on their side: which of them hold a feature, and how strongly."""
    columns = np.concatenate([row.columns for row in rows])
    owners = np.repeat(np.arange(len(rows)), [len(row.columns) for row in rows])
    order = np.argsort(columns, kind="stable")
    starts = np.zeros(width + 1, dtype=np.int64)
    starts[1:] = np.cumsum(np.bincount(columns, minlength=width))
    weights = np.concatenate([row.weights for row in rows])[order]
    return Examples(starts, owners[order], weights, len(rows))


def _kernel(rows: Sequence[Row], width: int) -> Doubles:
    """Inner product of every pair. Rare features touch few pairs and are added one by one."""
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
