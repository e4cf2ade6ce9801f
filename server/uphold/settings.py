"""Settings: one line each with its default and its meaning; read from the environment here and nowhere else.

`UPHOLD_<NAME>` in the environment and `--<name>` on the command line are both made from the table below.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from uphold.errors import InvalidSetting

__all__ = ["CANONICAL_BASE", "Settings"]

CANONICAL_BASE = "https://w3id.org/uphold/"
"""The base that every IRI in the files is written with."""
SWITCH = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


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


def read_switch(value: object) -> bool:
    """A switch: true or false, also as 1 or 0, yes or no, on or off; raises `ValueError` for other texts."""
    read = SWITCH.get(str(value).strip().lower())
    if read is None:
        raise ValueError
    return read


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; immutable, made once at the start and passed on."""

    files: Path = setting(None, "Folder with ontology/, data/, shapes/ and queries/; the project's own when not set.")
    state: Path = setting(Path(".uphold"), "Folder for snapshots and other state of the server.")
    base: str = setting(CANONICAL_BASE, "Base of the project's IRIs; change it only for tests and mirrors.")
    host: str = setting("127.0.0.1", "Address to serve on.")
    port: int = setting(8000, "Port to serve on.")
    server_processes: int = setting(0, "Server processes; 0 for one per CPU, at most 4. Limits hold in each of them.")
    query_timeout: float = setting(30.0, "Seconds a query may run before it is stopped.")
    query_memory_mb: int = setting(
        1024, "Megabytes of memory that a query may use, besides the data, which all workers share."
    )
    query_workers: int = setting(2, "Queries that run at the same time; others wait.")
    query_queue_size: int = setting(
        16, "Queries that may wait for a free worker; additional requests get 503 with Retry-After."
    )
    query_queue_timeout: float = setting(10.0, "Seconds that a query may wait for a free worker before it gets 503.")
    max_slow_transfers: int = setting(
        16,
        "Slow uploads at the same time, and as many slow downloads; additional requests get 503.",
    )
    query_max_bytes: int = setting(200_000, "Longest query text in bytes.")
    query_max_depth: int = setting(100, "Deepest nesting of brackets in a query.")
    service_allowlist: str = setting(
        "", "SPARQL endpoints that a query may call with SERVICE: IRIs with spaces between."
    )
    service_private_networks: str = setting("", "Addresses or ranges of private networks that SERVICE may reach.")
    service_timeout: float = setting(
        10.0, "Seconds that another endpoint may take to answer, within those of the query."
    )
    service_max_mb: int = setting(10, "Largest answer of another endpoint in megabytes.")
    service_max_calls: int = setting(4, "Most SERVICE clauses in one query.")
    result_max_mb: int = setting(500, "Largest query result in megabytes.")
    result_cache_mb: int = setting(64, "Megabytes of query results that a server process caches; 0 caches none.")
    response_cache_mb: int = setting(64, "Megabytes of whole responses that a server process caches; 0 caches none.")
    cache_s_maxage: int = setting(
        60, "Seconds that shared caches may serve a response without revalidation; 0 makes them always revalidate."
    )
    upload_max_bytes: int = setting(5_000_000, "Largest upload in bytes, compressed or decompressed.")
    upload_max_depth: int = setting(100, "Deepest nesting of brackets or elements in an upload.")
    upload_max_triples: int = setting(100_000, "Most triples in an upload.")
    validate_timeout: float = setting(60.0, "Seconds that one validation may take.")
    validate_memory_mb: int = setting(1024, "Megabytes of memory that one validation may use, including the data.")
    validate_workers: int = setting(2, "Validations at the same time; additional requests get 503 with Retry-After.")
    in_memory_max_quads: int = setting(
        1_000_000, "Largest data set in quads that workers hold in memory; larger ones stay on disk."
    )
    keep_snapshots: int = setting(
        10, "Snapshots to keep; a build deletes those that have been out of use longest. 0 keeps all."
    )
    archived_snapshots_max: int = setting(
        2, "Archived snapshots open for queries at the same time, each with one worker."
    )
    archived_snapshots_idle_timeout: float = setting(
        60.0, "Seconds without a request after which an archived snapshot is closed."
    )
    metrics: bool = setting(True, "Whether /metrics shows the server's metrics for Prometheus.")
    log_level: str = setting("info", "Log level: debug, info, warning or error.")

    def __post_init__(self) -> None:
        """Turn texts into values; raise `InvalidSetting` for one that cannot be used."""
        types: dict[str, Callable[[Any], Any]] = {
            "int": int,
            "float": float,
            "Path": Path,
            "str": str,
            "bool": read_switch,
        }
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if value is None:
                value = find_files()
            try:
                value = types[str(item.type)](value)
            except (TypeError, ValueError) as problem:
                raise InvalidSetting(f"{item.name} is {value!r}, which is not of type {item.type}.") from problem
            if isinstance(value, int | float) and value < 0:
                raise InvalidSetting(f"{item.name} is {value!r}; it cannot be negative.")
            object.__setattr__(self, item.name, value)
        if self.log_level not in ("debug", "info", "warning", "error"):
            raise InvalidSetting(f"log_level is {self.log_level!r}; it must be debug, info, warning or error.")
        if not self.base.endswith("/"):
            raise InvalidSetting(f"base is {self.base!r}; it must end with a slash.")

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
