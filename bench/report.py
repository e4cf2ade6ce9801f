"""Reports of measurements as Markdown: the tables, and the slowdown with the size of the data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.load import LoadResult
from bench.measure import ASKED, CLIENTS, Cell, Results

__all__ = ["Measurement", "Standing", "growth", "table"]

REFERENCE = "oxigraph-memory"


@dataclass(frozen=True, slots=True)
class Standing:
    """One server: its load time, and its memory after loading and after the runs."""

    name: str
    load_seconds: float
    loaded_mb: float
    used_mb: float


@dataclass(frozen=True, slots=True)
class Measurement:
    """All measurements with data of one size."""

    triples: int
    questions: Sequence[str]
    standings: Sequence[Standing]
    results: Results

    @property
    def servers(self) -> list[str]:
        """The names of the servers."""
        return [standing.name for standing in self.standings]

    def cells(self) -> Iterator[Cell]:
        """The cells with figures."""
        for question in self.questions:
            for asked in ASKED:
                for clients in CLIENTS:
                    yield Cell(question, asked, clients)


def table(found: Measurement) -> str:
    """Every figure of one size with its ratio to the reference; the most important ratios come first."""
    return "\n\n".join(filter(None, [at_a_glance(found), answers(found), loading(found)]))


def at_a_glance(found: Measurement) -> str:
    """The responses per second with many clients, as ratios to the reference, by query and kind of request."""
    head = ["question", "asked", *found.servers]
    rows = []
    for cell in found.cells():
        reference = found.results.middle(REFERENCE, cell)
        if cell.clients == CLIENTS[-1] and reference:
            measured = [found.results.middle(server, cell) for server in found.servers]
            rows.append([cell.question, cell.asked, *(ratio(each, reference) for each in measured)])
    return (
        f"Answers per second with {CLIENTS[-1]} clients, {REFERENCE} being 1:\n\n{markdown(head, rows)}" if rows else ""
    )


def ratio(measured: LoadResult | None, reference: LoadResult) -> str:
    """The ratio of responses per second to the reference."""
    if not measured:
        return ""
    return f"{'≤ ' if measured.estimated else ''}{number(measured.per_second / reference.per_second)}"


def answers(found: Measurement) -> str:
    """The figures of the runs."""
    head = ["question", "asked", "clients", "server", "answers/s", "ratio", "p50 ms", "ratio", "p99 ms", "ratio"]
    rows = []
    for cell in found.cells():
        reference = found.results.middle(REFERENCE, cell)
        for server in found.servers:
            measured = found.results.middle(server, cell)
            if measured:
                rows.append([cell.question, cell.asked, str(cell.clients), server, *figures(measured, reference)])
    return markdown(head, rows)


def figures(measured: LoadResult, reference: LoadResult | None) -> Iterator[str]:
    """The figures of one row."""
    sign = "≤ " if measured.estimated else ""
    for name in ("per_second", "p50", "p99"):
        value = getattr(measured, name)
        other = getattr(reference, name) if reference else 0.0
        yield (sign if name == "per_second" else sign.replace("≤", "≥")) + number(value)  # lower rate, longer latency
        yield f"{number(value / other)}" if other else ""


def loading(found: Measurement) -> str:
    """Load times and memory."""
    head = ["server", "load s", "ratio", "memory when loaded MB", "ratio", "memory after the runs MB", "ratio"]
    reference = next((each for each in found.standings if each.name == REFERENCE), None)
    rows = []
    for each in found.standings:
        row = [each.name]
        for name in ("load_seconds", "loaded_mb", "used_mb"):
            value, other = getattr(each, name), getattr(reference, name) if reference else 0.0
            row += [number(value), number(value / other) if other else ""]
        rows.append(row)
    return markdown(head, rows)


def growth(small: Measurement, large: Measurement) -> str:
    """The ratio of the latency of one client (p50) with more data, by query."""
    head = ["question", "asked", *large.servers]
    rows = []
    for cell in large.cells():
        if cell.clients == CLIENTS[0]:
            row = [cell.question, cell.asked]
            for server in large.servers:
                before, after = (found.results.middle(server, cell) for found in (small, large))
                row.append(number(after.p50 / before.p50) if before and after else "")
            rows.append(row)
    title = f"## Growth from {small.triples:,} to {large.triples:,} triples"
    return (
        f"{title}\n\nHow many times as long one client waits for an answer (p50), by server:\n\n{markdown(head, rows)}"
    )


def number(value: float) -> str:
    """A number with three significant digits, without an exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with aligned columns, readable in a terminal, too."""
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]
    numeric = [all(row[at][:1] in "0123456789≤≥" for row in rows) for at in range(len(head))]

    def line(row: Sequence[str]) -> str:
        aligned = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        return f"| {' | '.join(aligned)} |"

    rule = "|".join("-" * (width + 1) + (":" if right else "-") for width, right in zip(widths, numeric, strict=True))
    return "\n".join([line(head), f"|{rule}|", *map(line, rows)])
