"""Answers measured: ``python benchmarks/answers.py [QUESTIONS.jsonl …] [--json OUT]``.

Side by side on the same questions and in the same run: this assistant with and without sentence
embeddings, rapidfuzz alone, BM25 alone and TF-IDF alone over the same wordings; then out-of-scope
behaviour, places, latency, load time and memory, at the topics' own wordings and at 50,000. Every
load is measured in a process of its own.

The development questions train nothing, so the figures on them are those of unseen questions; but
the words of the knowledge files were chosen with them in sight. The left-one-out figure judges
every wording by a model that hasn't seen it. ``knowledge/asked`` holds sets that were
written before the system was asked; they train it since, so their figures today say nothing
(``knowledge/README.md`` keeps those of the first time).
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from knowledge.ask import Answerer  # noqa: E402
from knowledge.facts import DATA as FACTS  # noqa: E402
from knowledge.policies.base import load_policies  # noqa: E402
from knowledge.train import fit, left_out_report  # noqa: E402
from knowledge.understand import embedding  # noqa: E402
from knowledge.understand.classifier import OUT_OF_SCOPE, Classifier, Examples  # noqa: E402
from knowledge.understand.lexicon import Wording, load_lexicon  # noqa: E402
from knowledge.understand.normalise import clean  # noqa: E402
from knowledge.understand.reader import CORE, EMBEDDED, QuestionReader  # noqa: E402
from knowledge.understand.stored import load  # noqa: E402

DATA = ROOT / "tests" / "knowledge" / "data"
MANY = 50_000
Ranker = Callable[[str], list[tuple[str, float]]]
Row = Mapping[str, Any]


def grams(text: str) -> Counter[str]:
    """Characters and pairs of characters."""
    body = clean(text).replace(" ", "")
    return Counter([*body, *(body[i : i + 2] for i in range(len(body) - 1))])


def best_per_topic(scores: np.ndarray, labels: Sequence[str]) -> list[tuple[str, float]]:
    """Topics by the best score of any of their wordings."""
    found: dict[str, float] = {}
    for index in np.argsort(-scores)[:200]:
        found.setdefault(labels[int(index)], float(scores[int(index)]))
    return sorted(found.items(), key=lambda pair: -pair[1])


def rapidfuzz_alone(texts: Sequence[str], labels: Sequence[str]) -> Ranker:
    """Nearest wording by ``fuzz.ratio``."""
    written = [clean(text) for text in texts]

    def rank(question: str) -> list[tuple[str, float]]:
        hits = process.extract(clean(question), written, scorer=fuzz.ratio, limit=200)
        found: dict[str, float] = {}
        for _, score, index in hits:
            found.setdefault(labels[index], score / 100)
        return sorted(found.items(), key=lambda pair: -pair[1])

    return rank


class Inverted:
    """Posting lists over character uni- and bigrams, weighted as the caller says."""

    def __init__(
        self, texts: Sequence[str], weigh: Callable[[Counter[str], float], dict[str, float]]
    ):
        counts = [grams(text) for text in texts]
        self.seen = Counter(gram for count in counts for gram in count)
        self.size = len(texts)
        mean = sum(sum(count.values()) for count in counts) / max(1, len(counts))
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for index, count in enumerate(counts):
            for gram, weight in weigh(count, mean).items():
                postings[gram].append((index, weight))
        self.postings = {
            gram: (np.array([i for i, _ in row]), np.array([w for _, w in row]))
            for gram, row in postings.items()
        }

    def scores(self, query: Mapping[str, float]) -> np.ndarray:
        """Sum of query weight times posting weight for every wording."""
        total = np.zeros(self.size)
        for gram, weight in query.items():
            if gram in self.postings:
                index, weights = self.postings[gram]
                total[index] += weight * weights
        return total


def bm25_alone(texts: Sequence[str], labels: Sequence[str]) -> Ranker:
    """Okapi BM25 over character uni- and bigrams (k1 1.2, b 0.75)."""

    def weigh(count: Counter[str], mean: float) -> dict[str, float]:
        length = sum(count.values())
        return {g: c * 2.2 / (c + 1.2 * (0.25 + 0.75 * length / mean)) for g, c in count.items()}

    index = Inverted(texts, weigh)

    def rank(question: str) -> list[tuple[str, float]]:
        query = {
            g: math.log(1 + (index.size - index.seen[g] + 0.5) / (index.seen[g] + 0.5))
            for g in grams(question)
        }
        return best_per_topic(index.scores(query), labels)

    return rank


def tfidf_alone(texts: Sequence[str], labels: Sequence[str]) -> Ranker:
    """Cosine of TF-IDF over character uni- and bigrams."""
    seen = Counter(gram for text in texts for gram in grams(text))

    def vector(count: Counter[str]) -> dict[str, float]:
        raw = {g: c * math.log((1 + len(texts)) / (1 + seen[g])) for g, c in count.items()}
        length = math.sqrt(sum(w * w for w in raw.values())) or 1.0
        return {g: w / length for g, w in raw.items()}

    index = Inverted(texts, lambda count, _: vector(count))
    return lambda question: best_per_topic(index.scores(vector(grams(question))), labels)


def accuracy(rows: Sequence[Row], topics_of: Callable[[Row], list[str]]) -> dict[str, list[int]]:
    """Per kind: questions, right at the first place, right among three."""
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        accepted = {row["topic"], *row.get("also", [])}
        ranked = [t for t in topics_of(row) if t != OUT_OF_SCOPE][:3]
        for kind in (row["kind"], "all"):
            found[kind][0] += 1
            found[kind][1] += bool(ranked) and ranked[0] in accepted
            found[kind][2] += bool(accepted & set(ranked))
    return found


def joined(row: Row) -> str:
    """A question with the turn before it, as the plain methods get it."""
    return f"{row.get('previous') or ''} {row['question']}".strip()


def behaviour(answerer: Answerer, rows: Sequence[Row]) -> dict[str, float]:
    """Coverage, how many answered are right, false answers out of scope, places."""
    ours = [r for r in rows if r["topic"] != OUT_OF_SCOPE]
    others = [r for r in rows if r["topic"] == OUT_OF_SCOPE]
    answered = right = reachable = slots = placed = 0
    for row in ours:
        answer = answerer.ask(row["question"], row.get("previous"))
        accepted = {row["topic"], *row.get("also", [])}
        answered += answer.answered
        right += answer.answered and answer.topic in accepted
        shown = {answer.topic} if answer.answered else {c.topic for c in answer.offered}
        reachable += bool(accepted & shown)
        if row.get("origin_code") or row.get("destination_code"):
            placed += 1
            codes = tuple(p.code if p else None for p in (answer.origin, answer.destination))
            slots += codes == (row.get("origin_code"), row.get("destination_code"))
    false = sum(answerer.ask(r["question"], r.get("previous")).answered for r in others)
    return {
        "answered": answered / len(ours),
        "answered right": right / max(1, answered),
        "answered right or offered": reachable / len(ours),
        "out of scope answered": false / max(1, len(others)),
        "both places exact": slots / max(1, placed),
    }


def timed(call: Callable[[str], Any], questions: Sequence[str]) -> str:
    """Median and 99th percentile in milliseconds over three rounds."""
    spent = []
    for question in [*questions[:5], *list(questions) * 3]:
        start = time.perf_counter()
        call(question)
        spent.append((time.perf_counter() - start) * 1000)
    spent = sorted(spent[5:])
    return f"{statistics.median(spent):7.2f} {spent[int(0.99 * len(spent)) - 1]:7.2f}"


def memory_mb() -> float:
    """Peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def swollen(texts: Sequence[str], labels: Sequence[str], size: int) -> tuple[list[str], list[str]]:
    """Wordings with made-up endings, for latency only."""
    more = [f"{texts[i % len(texts)]}{i // len(texts)}号" for i in range(size)]
    return more, [labels[i % len(labels)] for i in range(size)]


def assistants() -> dict[str, Answerer]:
    """The assistant as stored: with embeddings where they are installed, and without."""
    lexicon, base = load_lexicon(), load_policies()
    names = {"this": EMBEDDED, "this, core": CORE} if embedding.available() else {"this": CORE}
    return {
        name: Answerer(QuestionReader(lexicon, load(FACTS, stored)), base, lexicon)
        for name, stored in names.items()
    }


def understood(answerer: Answerer) -> Callable[[Row], list[str]]:
    """Topics in the order in which the assistant believes them."""
    return lambda row: list(answerer.ask(row["question"], row.get("previous")).topics)


def load_in_a_process() -> str:
    """Seconds and megabytes of a fresh process that loads the assistant and answers once."""
    code = (
        "import time, resource; start = time.perf_counter()\n"
        "from knowledge.ask import Answerer\n"
        "answerer = Answerer.load(); answerer.ask('社保卡丢了怎么办')\n"
        "spent = time.perf_counter() - start\n"
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "print(f'{spent:.2f} s, {peak:.0f} MB')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def grown(model: Classifier, size: int) -> Classifier:
    """The same model over wordings repeated to ``size``, for speed and memory only."""
    times = -(-size // model.examples.count)
    columns = [
        np.concatenate([owners + turn * model.examples.count for turn in range(times)])
        for owners in np.split(model.examples.owners, model.examples.starts[1:-1])
    ]
    spans = np.split(model.examples.weights, model.examples.starts[1:-1])
    examples = Examples(
        model.examples.starts * times,
        np.concatenate(columns),
        np.concatenate([np.tile(span, times) for span in spans]),
        model.examples.count * times,
    )
    dense = model.dense
    if dense is not None:
        dense = replace(dense, vectors=np.tile(dense.vectors, (times, 1)))
    return Classifier(
        model.labels,
        model.columns,
        model.rarity,
        examples,
        dual=np.tile(model.dual, (times, 1)),
        bias=model.bias,
        data_hash="grown",
        dense=dense,
    )


def print_table(tables: Mapping[str, Mapping[str, Sequence[int]]], kinds: Sequence[str]) -> None:
    """First place and among three, per cent, by kind."""
    first = next(iter(tables.values()))
    print("first place / among three, %")
    print(f"{'kind':14}{'n':>4}" + "".join(f"{name:>13}" for name in tables))
    for kind in kinds:
        cells = "".join(
            f"{100 * t[kind][1] / t[kind][0]:7.1f}/{100 * t[kind][2] / t[kind][0]:5.1f}"
            for t in tables.values()
        )
        print(f"{kind:14}{first[kind][0]:>4}{cells}")


def print_behaviour(answerers: Mapping[str, Answerer], rows: Sequence[Row]) -> dict[str, Any]:
    """What is answered, refused and placed."""
    shown = {name: behaviour(answerer, rows) for name, answerer in answerers.items()}
    print(f"\n{'':28}" + "".join(f"{name:>13}" for name in shown))
    for line in next(iter(shown.values())):
        print(f"{line:28}" + "".join(f"{100 * s[line]:11.1f} %" for s in shown.values()))
    return shown


def print_speed(
    answerers: Mapping[str, Answerer],
    rankers: Mapping[str, Ranker],
    wordings: tuple[Sequence[str], Sequence[str]],
    questions: Sequence[str],
) -> None:
    """Latency at the wordings as they are and at 50,000, load and memory."""
    texts, labels = wordings
    print(f"\nload and first answer in a process of its own: {load_in_a_process()}")
    print(f"latency, ms (median, p99), {len(texts)} wordings of {len(set(labels))} topics")
    for name, answerer in answerers.items():
        print(f"  {name:14}{timed(answerer.ask, questions)}")
    for name, rank in rankers.items():
        print(f"  {name:14}{timed(rank, questions)}")
    many, their = swollen(texts, labels, MANY)
    print(f"latency at {MANY} wordings (repeated with made-up endings; for speed only)")
    few = questions[:40]
    base, lexicon = load_policies(), load_lexicon()
    more = [Wording(label, text, "chat") for text, label in zip(many, their, strict=True)]
    for name, answerer in answerers.items():
        reader = QuestionReader(lexicon, grown(answerer._reader._classifier, MANY))
        large = Answerer(reader, base, replace(lexicon, wordings=tuple(more)))
        print(f"  {name:14}{timed(large.ask, few)}   peak memory {memory_mb():.0f} MB")
    for name, build in (("BM25", bm25_alone), ("TF-IDF", tfidf_alone)):
        print(f"  {name:14}{timed(build(many, their), few)}")


def print_left_out() -> None:
    """Every wording judged by the model without it, for each kind of model."""
    for name, embedded in (("core", False), ("with embeddings", True)):
        if embedded and not embedding.available():
            continue
        start = time.perf_counter()
        trained = fit(embedded)
        print(f"\n{name}: left-one-out over the wordings ({time.perf_counter() - start:.1f} s)")
        print(left_out_report(trained))


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", nargs="*", type=Path, default=[DATA / "questions.jsonl"])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--no-training", action="store_true", help="skip the left-one-out figures")
    parser.add_argument("--no-speed", action="store_true", help="skip latency, load and memory")
    options = parser.parse_args(argv)
    answerers = assistants()
    known = [w for w in load_lexicon().wordings if w.topic != OUT_OF_SCOPE and w.previous is None]
    texts, labels = [w.text for w in known], [w.topic for w in known]
    rankers: dict[str, Ranker] = {
        "rapidfuzz": rapidfuzz_alone(texts, labels),
        "BM25": bm25_alone(texts, labels),
        "TF-IDF": tfidf_alone(texts, labels),
    }
    result: dict[str, Any] = {}
    rows: list[Row] = []
    for path in options.questions:
        rows = [json.loads(line) for line in path.open(encoding="utf-8")]
        ours = [r for r in rows if r["topic"] != OUT_OF_SCOPE]
        print(f"\n{path.name}: {len(ours)} ours, {len(rows) - len(ours)} out of scope")
        tables = {
            name: accuracy(ours, lambda r, rank=rank: [t for t, _ in rank(joined(r))])  # type: ignore[misc]
            for name, rank in rankers.items()
        }
        tables |= {n: accuracy(ours, understood(a)) for n, a in answerers.items()}
        print_table(tables, [*dict.fromkeys(r["kind"] for r in ours), "all"])
        shown = print_behaviour(answerers, rows)
        result[path.name] = {"tables": {n: dict(t) for n, t in tables.items()}, "behaviour": shown}
    if not options.no_speed:
        print_speed(answerers, rankers, (texts, labels), [joined(r) for r in rows])
    if not options.no_training:
        print_left_out()
    if options.json:
        options.json.write_text(json.dumps(result, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
