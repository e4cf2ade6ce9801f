"""Federation: answers the SERVICE clauses of a query before the query runs.

The server itself queries each endpoint, and the engine gets the solutions in place of the clause: `SERVICE <x> { P }`
is a join with the solutions of P from x (SPARQL 1.1 Federated Query, 4). So a worker needs no network.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

from uphold.engines.federation.endpoint_client import Caller, CallFailed
from uphold.engines.federation.service_clauses import Clause, find_clauses
from uphold.engines.federation.values_block import as_group
from uphold.errors import ServerBusy, ServiceFailed, ServiceForbidden
from uphold.settings import Settings
from uphold.sparql.lexer import calls_service

__all__ = ["Federation"]

log = logging.getLogger(__name__)
EMPTY_SOLUTION = "{}"
"""The group with one empty solution, the result of a failed clause with SILENT."""


class Federation:
    """Answers SERVICE clauses for a few queries at a time."""

    def __init__(self, settings: Settings, caller: Caller | None = None) -> None:
        self.settings = settings
        self.caller = caller or Caller(settings)
        self.slots = threading.BoundedSemaphore(max(1, settings.query_workers))

    def fill(self, text: str, base: str, prefixes: Mapping[str, str], until: float) -> str:
        """The query with the solutions of each SERVICE clause in its place, by `until` (monotonic clock).

        Raises `ServiceForbidden` before any call, `ServiceFailed` when an endpoint returns no usable response.
        """
        clauses = self.check(text, find_clauses(text, base, prefixes))
        if not self.slots.acquire(timeout=min(self.settings.query_queue_timeout, max(0.0, until - time.monotonic()))):
            raise ServerBusy("Too many queries are calling other endpoints.")
        try:
            answers = self.answers(clauses, until)
        finally:
            self.slots.release()
        return replace(text, {clause: answers[clause.endpoint, clause.query] for clause in clauses})

    def check(self, text: str, found: list[Clause]) -> list[Clause]:
        """The outermost clauses; raises `ServiceForbidden` unless all clauses are allowed."""
        most = self.settings.service_max_calls
        if len(found) > most:
            raise ServiceForbidden(f"The query has {len(found)} SERVICE clauses; at most {most} are accepted.")
        for clause in found:
            if clause.endpoint not in self.caller.allowed:
                raise ServiceForbidden(f"Queries here may not call the endpoint {clause.endpoint}.")
        outer: list[Clause] = []
        for clause in found:
            if not outer or clause.start >= outer[-1].end:
                outer.append(clause)
        if calls_service(replace(text, dict.fromkeys(outer, EMPTY_SOLUTION))):
            raise ServiceForbidden("The query has text that may or may not be a SERVICE clause.")
        return outer

    def answers(self, clauses: list[Clause], until: float) -> dict[tuple[str, str], str]:
        """The group for each endpoint and query; identical clauses are sent once."""
        found: dict[tuple[str, str], str] = {}
        for clause in sorted(
            clauses, key=lambda each: each.silent
        ):  # clauses without SILENT first, since they can fail
            if (clause.endpoint, clause.query) not in found:
                found[clause.endpoint, clause.query] = self.answer(clause, until)
        return found

    def answer(self, clause: Clause, until: float) -> str:
        """The group for a clause."""
        by = min(until, time.monotonic() + self.settings.service_timeout)
        try:
            return as_group(self.caller.ask(clause.endpoint, clause.query, by))
        except (CallFailed, ValueError) as problem:
            reason = str(problem) if isinstance(problem, CallFailed) else "did not answer with SPARQL results"
            log.info("the endpoint %s %s: %r", clause.endpoint, reason, problem.__cause__ or problem)
            if clause.silent:
                return EMPTY_SOLUTION
            raise ServiceFailed(clause.endpoint, reason) from problem


def replace(text: str, by: Mapping[Clause, str]) -> str:
    """The text with a group in place of each clause; later lines keep their numbers."""
    parts, at = [], 0
    for clause in sorted(by, key=lambda each: each.start):
        parts += [text[at : clause.start], by[clause], "\n" * text.count("\n", clause.start, clause.end)]
        at = clause.end
    return "".join([*parts, text[at:]])
