"""Settings: one line each with its default and its meaning; read from the environment here and nowhere else.

`UPHOLD_<NAME>` in the environment and `--<name>` on the command line are both made from the table below.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from uphold.errors import WrongSetting

__all__ = ["CANONICAL_BASE", "Settings"]

CANONICAL_BASE = "https://w3id.org/uphold/"
"""The base that every IRI in the files is written with."""


def setting(default: Any, meaning: str) -> Any:
    """One setting: its default and one sentence that says what it does."""
    return field(default=default, metadata={"help": meaning})


def find_files() -> Path:
    """The folder with ontology, data, shapes and queries: of the checkout, else the copy that the wheel carries."""
    here = Path(__file__).resolve().parent
    for folder in (here.parents[1], here / "files"):
        if (folder / "ontology" / "uphold.ttl").is_file():
            return folder
    return here / "files"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; immutable, made once at the start and passed on."""

    files: Path = setting(None, "Folder with ontology/, data/, shapes/ and queries/; the project's own when not set.")
    state: Path = setting(Path(".uphold"), "Folder for snapshots and whatever else the server keeps.")
    base: str = setting(CANONICAL_BASE, "Base of the project's IRIs; another one only for tests and mirrors.")
    host: str = setting("127.0.0.1", "Address to serve on.")
    port: int = setting(8000, "Port to serve on.")
    server_processes: int = setting(0, "Server processes; 0 for one per CPU, at most 4. Limits hold in each of them.")
    query_timeout: float = setting(30.0, "Seconds a query may run before it is stopped.")
    query_memory_mb: int = setting(1024, "Megabytes of memory a query may use, besides the data, which all share.")
    query_workers: int = setting(2, "Queries that run at the same time; further ones wait.")
    query_queue: int = setting(16, "Queries that may wait for a free worker; one more is told at once to come back.")
    query_wait: float = setting(10.0, "Seconds a query may wait for a free worker before the server says it is busy.")
    slow_clients: int = setting(
        16,
        "Clients that may be slow to send at the same time, and as many slow to receive; others are told to come back.",
    )
    query_max_bytes: int = setting(200_000, "Longest query text in bytes.")
    query_max_depth: int = setting(100, "Deepest nesting of brackets in a query.")
    service_allowed: str = setting("", "SPARQL endpoints that a query may call with SERVICE: IRIs with spaces between.")
    service_private_allowed: str = setting("", "Addresses or ranges of private networks that SERVICE may reach.")
    service_timeout: float = setting(
        10.0, "Seconds that another endpoint has for its answer, within those of the query."
    )
    service_max_mb: int = setting(10, "Megabytes that the answer of another endpoint may have.")
    service_max_calls: int = setting(4, "SERVICE clauses that one query may have.")
    answer_max_mb: int = setting(500, "Megabytes that one answer may have.")
    cache_mb: int = setting(128, "Megabytes of answers and of pages that a server process keeps; 0 keeps none.")
    shared_cache_seconds: int = setting(
        60, "Seconds that a cache shared by many clients may answer without asking; 0 lets it always ask."
    )
    intake_max_bytes: int = setting(5_000_000, "Bytes that a client may send to be read as data, also after unpacking.")
    intake_max_depth: int = setting(100, "Deepest nesting of brackets or elements in what a client sends.")
    intake_max_triples: int = setting(100_000, "Triples that a client may send at once.")
    validate_timeout: float = setting(60.0, "Seconds that judging what a client sends may take.")
    validate_memory_mb: int = setting(1024, "Megabytes of memory that judging may use, the data included.")
    validate_workers: int = setting(2, "Graphs that are judged at the same time; further clients are sent away.")
    memory_index_up_to: int = setting(1_000_000, "Quads up to which each worker holds the data in memory.")
    snapshots_kept: int = setting(10, "Snapshots to keep; the ones longest out of use go after a build; 0 keeps all.")
    old_snapshots_open: int = setting(2, "Old snapshots open for questions at the same time, each with one worker.")
    old_snapshots_idle: float = setting(60.0, "Seconds without a question after which an old snapshot is closed.")
    metrics: int = setting(1, "Whether /metrics shows the server's counts for Prometheus; 0 for no.")
    log_level: str = setting("info", "How much the server logs: debug, info, warning or error.")

    def __post_init__(self) -> None:
        """Turn texts into values; raise `WrongSetting` for one that cannot be used."""
        types: dict[str, type] = {"int": int, "float": float, "Path": Path, "str": str}
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if value is None:
                value = find_files()
            try:
                value = types[str(item.type)](value)
            except (TypeError, ValueError) as problem:
                raise WrongSetting(f"{item.name} is {value!r}, which is not of type {item.type}.") from problem
            if isinstance(value, int | float) and value < 0:
                raise WrongSetting(f"{item.name} is {value!r}; it cannot be negative.")
            object.__setattr__(self, item.name, value)
        if self.log_level not in ("debug", "info", "warning", "error"):
            raise WrongSetting(f"log_level is {self.log_level!r}; it must be debug, info, warning or error.")
        if not self.base.endswith("/"):
            raise WrongSetting(f"base is {self.base!r}; it must end with a slash.")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **given: Any) -> Settings:
        """Settings from `UPHOLD_…` variables; what is `given` and not None comes first."""
        values: dict[str, Any] = {}
        for item in dataclasses.fields(cls):
            variable = environment.get(f"UPHOLD_{item.name.upper()}")
            if given.get(item.name) is not None:
                values[item.name] = given[item.name]
            elif variable:
                values[item.name] = variable
        return cls(**values)

    @classmethod
    def described(cls) -> list[tuple[str, Any, str]]:
        """(name, default, meaning) of every setting, for `--help` and the documentation."""
        return [(item.name, item.default, item.metadata["help"]) for item in dataclasses.fields(cls)]
