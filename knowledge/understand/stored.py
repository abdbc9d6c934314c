"""The trained classifier as files: ``<name>.npz`` (numbers) and ``<name>.json`` (names, hash).

The same model always gives the same bytes: numbers are shortened to half precision, and the archive
carries no time.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.understand.classifier import Classifier, Dense, Examples

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip archive can carry."""


def save(model: Classifier, folder: Path, name: str) -> None:
    """Write both files of a model."""
    examples = model.examples
    arrays: dict[str, NDArray[Any]] = {
        "rarity": model.rarity,
        "starts": examples.starts.astype(np.int32),
        "owners": examples.owners.astype(np.uint16 if examples.count < 2**16 else np.int32),
        "weights": examples.weights.astype(np.float16),
        "dual": model.dual.astype(np.float16),
        "bias": model.bias,
    }
    if model.dense is not None:
        arrays["vectors"] = model.dense.vectors.astype(np.float16)
        arrays["directions"] = model.dense.directions.astype(np.float16)
        arrays["centre"] = model.dense.centre
        arrays["weight"] = np.array(model.dense.weight)
    unfinished = folder / f"{name}.npz.part"
    with zipfile.ZipFile(unfinished, "w") as archive:
        for key, array in arrays.items():
            entry = zipfile.ZipInfo(f"{key}.npy", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)
    unfinished.replace(folder / f"{name}.npz")
    about = {
        "data_sha256": model.data_hash,
        "labels": model.labels,
        "features": sorted(model.columns, key=model.columns.__getitem__),
    }
    text = json.dumps(about, ensure_ascii=False, separators=(",", ":"))
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def load(folder: Path, name: str) -> Classifier:
    """Read what :func:`save` wrote. Raises ``FileNotFoundError``."""
    about: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
        dual = arrays["dual"].astype(np.float32)
        examples = Examples(
            arrays["starts"].astype(np.int64),
            arrays["owners"].astype(np.int64),
            arrays["weights"].astype(np.float32),
            len(dual),
        )
        return Classifier(
            about["labels"],
            {feature: number for number, feature in enumerate(about["features"])},
            arrays["rarity"],
            examples,
            dual=dual,
            bias=arrays["bias"],
            data_hash=about["data_sha256"],
            dense=_dense(arrays),
        )


def _dense(arrays: Mapping[str, NDArray[Any]]) -> Dense | None:
    if "vectors" not in arrays:
        return None
    return Dense(
        arrays["vectors"].astype(np.float32),
        arrays["directions"].astype(np.float32),
        arrays["centre"],
        float(arrays["weight"]),
    )
