"""Federation: answers the SERVICE clauses of a query before the query runs.

The server itself asks each endpoint, and the engine gets the solutions in place of the clause: `SERVICE <x> { P }` is
the join with what x answers to P (SPARQL 1.1 Federated Query, 4). So a worker needs no network.
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
NO_MORE = "{}"
"""The group with one empty solution, which is what a failed clause with SILENT gives."""


class Federation:
    """Answers SERVICE clauses, a few queries at a time."""

    def __init__(self, settings: Settings, caller: Caller | None = None) -> None:
        self.settings = settings
        self.caller = caller or Caller(settings)
        self.places = threading.BoundedSemaphore(max(1, settings.query_workers))

    def fill(self, text: str, base: str, prefixes: Mapping[str, str], until: float) -> str:
        """The query with the solutions of each SERVICE clause in its place, by `until` (monotonic clock).

        Raises `ServiceForbidden` before anything is asked, `ServiceFailed` when an endpoint gives no usable answer.
        """
        clauses = self.check(text, find_clauses(text, base, prefixes))
        if not self.places.acquire(timeout=min(self.settings.query_queue_timeout, max(0.0, until - time.monotonic()))):
            raise ServerBusy("As many queries as may call other endpoints at once do so already.")
        try:
            answers = self.answers(clauses, until)
        finally:
            self.places.release()
        return replace(text, {clause: answers[clause.endpoint, clause.query] for clause in clauses})

    def check(self, text: str, found: list[Clause]) -> list[Clause]:
        """The clauses that are in no other one, when all that are in the text are allowed."""
        most = self.settings.service_max_calls
        if len(found) > most:
            raise ServiceForbidden(f"The query has {len(found)} SERVICE clauses; at most {most} are accepted.")
        for clause in found:
            if clause.endpoint not in self.caller.allowed:
                raise ServiceForbidden(f"The endpoint {clause.endpoint} is not one that queries here may call.")
        outer: list[Clause] = []
        for clause in found:
            if not outer or clause.start >= outer[-1].end:
                outer.append(clause)
        if calls_service(replace(text, dict.fromkeys(outer, NO_MORE))):
            raise ServiceForbidden("The query has text that could be read as a SERVICE clause, and is not plainly one.")
        return outer

    def answers(self, clauses: list[Clause], until: float) -> dict[tuple[str, str], str]:
        """The group that answers each endpoint's query; what is the same is asked once."""
        found: dict[tuple[str, str], str] = {}
        for clause in sorted(clauses, key=lambda each: each.silent):  # a failure that counts comes first
            if (clause.endpoint, clause.query) not in found:
                found[clause.endpoint, clause.query] = self.answer(clause, until)
        return found

    def answer(self, clause: Clause, until: float) -> str:
        """The group that answers a clause."""
        by = min(until, time.monotonic() + self.settings.service_timeout)
        try:
            return as_group(self.caller.ask(clause.endpoint, clause.query, by))
        except (CallFailed, ValueError) as problem:
            reason = str(problem) if isinstance(problem, CallFailed) else "did not answer with SPARQL results"
            log.info("the endpoint %s %s: %r", clause.endpoint, reason, problem.__cause__ or problem)
            if clause.silent:
                return NO_MORE
            raise ServiceFailed(clause.endpoint, reason) from problem


def replace(text: str, by: Mapping[Clause, str]) -> str:
    """The text with a group in place of each clause; what comes on later lines stays on its line."""
    parts, at = [], 0
    for clause in sorted(by, key=lambda each: each.start):
        parts += [text[at : clause.start], by[clause], "\n" * text.count("\n", clause.start, clause.end)]
        at = clause.end
    return "".join([*parts, text[at:]])
