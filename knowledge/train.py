"""Train the classifier from the knowledge files: ``python -m knowledge.train [--judge]``.

Writes ``data/model.npz`` and ``data/model.json`` with the hash of every file it was trained from,
in about half a minute. ``--judge`` also judges every wording by a model that hasn't seen it, which
takes three times as long.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from knowledge.facts import DATA
from knowledge.understand import embedding, stored
from knowledge.understand.classifier import OUT_OF_SCOPE, Trained, train
from knowledge.understand.lexicon import data_hash, load_lexicon
from knowledge.understand.reader import CORE, EMBEDDED, Preparer


def fit(embedded: bool = False, *, judge: bool = True) -> Trained:
    """Train from the files as they are now, without writing anything.

    ``embedded``: with sentence embeddings; raises ``RuntimeError`` without their package.
    ``judge``: also judge every wording by the model that hasn't seen it.
    """
    lexicon = load_lexicon()
    prepare = Preparer(lexicon)
    questions = [prepare.training(w.text, w.previous) for w in lexicon.wordings]
    examples = [prepare.features(question) for question in questions]
    answers = [w.topic for w in lexicon.wordings]
    dense = None
    if embedded:
        vectors = embedding.embed([embedding.sentence(question) for question in questions])
        dense = embedding.reduce(vectors)
    return train(examples, answers, data_hash(), dense, judge=judge)


def left_out_report(trained: Trained) -> str:
    """Accuracy on wordings that the model hadn't seen (each judged by a model without it).

    Raises ``ValueError`` for a model that was trained without judging.
    """
    lexicon = load_lexicon()
    labels = trained.classifier.labels
    if trained.left_out is None:
        raise ValueError("the model wasn't judged")
    seen: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for wording, scores in zip(lexicon.wordings, trained.left_out, strict=True):
        best = labels[int(scores.argmax())]
        seen[wording.kind] += 1
        right[wording.kind] += best == wording.topic
    lines = [
        f"  {kind:7} {right[kind]}/{seen[kind]} = {right[kind] / seen[kind]:.1%}" for kind in seen
    ]
    total = sum(c for w, c in right.items()), sum(seen.values())
    return "\n".join([*lines, f"  all     {total[0]}/{total[1]} = {total[0] / total[1]:.1%}"])


def main() -> int:
    """Train, store and report."""
    parser = argparse.ArgumentParser(description="Train from the knowledge files.")
    parser.add_argument("--judge", action="store_true", help="judge every wording left out")
    judge = parser.parse_args().judge
    names = {CORE: False} | ({EMBEDDED: True} if embedding.available() else {})
    for name, embedded in names.items():
        start = time.perf_counter()
        trained = fit(embedded, judge=judge)
        stored.save(trained.classifier, DATA, name)
        model = trained.classifier
        spent = time.perf_counter() - start
        sys.stdout.write(
            f"{name}: {len(model.labels)} topics with {OUT_OF_SCOPE}, {spent:.1f} s, "
            f"data {model.data_hash[:16]}\n"
        )
        if judge:
            sys.stdout.write(f"left-one-out accuracy:\n{left_out_report(trained)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
