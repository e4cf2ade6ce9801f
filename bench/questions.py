"""The queries of the benchmark as request texts: a few repeated texts, or a new text for each request.

A new text differs from the one before in its resource and its LIMIT. The limit is always far above the size of the
result, so it changes the text but not the work. Comments or white space would not do, because a server may normalize
queries.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from bench.generate import SyntheticDataset

__all__ = ["QUESTIONS", "BenchQuery", "named"]

FOLDER = Path(__file__).parent / "queries"
REPEATED = 8
LIMIT = "{limit}"
SAMPLES = 2
SAMPLE_LIMIT = 2_000_000
REPEATED_LIMIT = 1_000_000
SEED = 5


@dataclass(frozen=True, slots=True)
class BenchQuery:
    """One query file; its parameters are in braces."""

    name: str
    template: str

    @property
    def returns_graph(self) -> bool:
        """Whether the result is a graph."""
        return "CONSTRUCT" in self.template

    def about(self, dataset: SyntheticDataset) -> list[str]:
        """The query about each resource, in random order; the limit is left open."""
        values = {
            "{action}": dataset.actions,
            "{state}": dataset.jurisdictions,
            "{region}": dataset.regions,
            "{word}": [name.lower() for name in dataset.names],
        }
        texts = [self.template]
        for parameter, choices in values.items():
            if parameter in self.template:
                texts = [self.template.replace(parameter, choice) for choice in choices]
        random.Random(SEED).shuffle(texts)  # noqa: S311
        return texts

    def repeated(self, dataset: SyntheticDataset) -> list[str]:
        """The repeated texts."""
        texts = self.about(dataset)
        return [texts[at % len(texts)].replace(LIMIT, str(REPEATED_LIMIT + at)) for at in range(REPEATED)]

    def unlimited(self, dataset: SyntheticDataset) -> list[tuple[str, str]]:
        """The text before and after the limit, for each resource; a number between them makes a new text."""
        return [(before, after) for before, _, after in (text.partition(LIMIT) for text in self.about(dataset))]

    def never_seen(self, dataset: SyntheticDataset) -> list[str]:
        """Some new texts that no run sends."""
        parts = self.unlimited(dataset)
        return [f"{before}{limit}{after}" for limit, (before, after) in enumerate(parts[-SAMPLES:], SAMPLE_LIMIT)]


def named(names: str) -> list[BenchQuery]:
    """The queries with these comma-separated names; all for an empty string."""
    wanted = names.split(",") if names else list(QUESTIONS)
    return [QUESTIONS[name] for name in wanted]


def read(path: Path) -> BenchQuery:
    """The query in one file, without its comments."""
    lines = path.read_text("utf-8").splitlines()
    return BenchQuery(path.stem, "\n".join(line for line in lines if not line.startswith("#")).strip())


QUESTIONS = {name: read(FOLDER / f"{name}.rq") for name in ("point", "join", "aggregate", "construct", "text")}
