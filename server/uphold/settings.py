"""Settings: one line each, with its default and meaning; only this module reads the environment.

The table below defines both the `UPHOLD_<NAME>` environment variables and the `--<name>` command-line options.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from uphold.errors import InvalidSetting

__all__ = ["CANONICAL_BASE", "Settings"]

CANONICAL_BASE = "https://w3id.org/uphold/"
"""The base of every IRI in the source files."""
LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(rf"([\w.!#$%&'*+/=?^`{{|}}~-]+)@({LABEL}(?:\.{LABEL})*)", re.ASCII)
"""An e-mail address, as HTML defines a valid one."""
IN_MAILTO = "!$'*+-._~"
"""Signs that need not be encoded in the local part of a mailto IRI (RFC 6068, 2)."""
PAGE = re.compile(rf"""https://{LABEL}(?:\.{LABEL})*(?::[0-9]+)?(?:[/?#][^\x00-\x20\x7f-\U0010ffff<>"{{}}|\\^`]*)?""")
"""The https address of a page, without a user name."""
DATABASE_SCHEMES = ("postgresql://", "postgres://")
SWITCH = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def setting(default: Any, meaning: str, *, secret: bool = False) -> Any:
    """One setting: its default and its meaning, in one sentence; a secret one is not part of `repr`."""
    return field(default=default, repr=not secret, metadata={"help": meaning})


def find_files() -> Path:
    """The folder with ontology, data, shapes and queries: of the checkout, else the copy that the wheel carries."""
    here = Path(__file__).resolve().parent
    for folder in (here.parents[1], here / "files"):
        if (folder / "ontology" / "uphold.ttl").is_file():
            return folder
    return here / "files"


def read_switch(value: object) -> bool:
    """A Boolean from true or false, 1 or 0, yes or no, on or off; raises `ValueError` for other texts."""
    read = SWITCH.get(str(value).strip().lower())
    if read is None:
        raise ValueError
    return read


def is_contact(text: str) -> bool:
    """Whether this is an e-mail address or the https address of a page."""
    if PAGE.fullmatch(text):
        try:
            return urlsplit(text).port != 0
        except ValueError:
            return False
    return bool(EMAIL.fullmatch(text))


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings; immutable, created once at startup."""

    files: Path = setting(None, "Folder with ontology/, data/, shapes/ and queries/; the project's own when not set.")
    state: Path = setting(Path(".uphold"), "Folder for snapshots and other state of the server.")
    database: str = setting(
        "",
        "URL of a PostgreSQL database for the journal; an SQLite file in the state folder when not set.",
        secret=True,
    )
    write_queue_timeout: float = setting(30.0, "Seconds that a write may wait for other writes before it gets 503.")
    base: str = setting(CANONICAL_BASE, "Base of the project's IRIs; change it only for tests and mirrors.")
    contact: str = setting("", "E-mail address or https page for questions about this server; shown to its clients.")
    host: str = setting("127.0.0.1", "Address to serve on.")
    port: int = setting(8000, "Port to serve on.")
    server_processes: int = setting(0, "Server processes; 0 for one per CPU, at most 4. Limits hold in each of them.")
    query_timeout: float = setting(30.0, "Time limit of a query in seconds.")
    query_memory_mb: int = setting(
        1024, "Memory limit of a query in megabytes, not counting the data, which all workers share."
    )
    query_workers: int = setting(2, "Queries that run at the same time; further ones wait.")
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
        "", "SPARQL endpoints that a query may call with SERVICE: IRIs separated by spaces."
    )
    service_private_networks: str = setting("", "Addresses or ranges of private networks that SERVICE may reach.")
    service_timeout: float = setting(
        10.0, "Time limit of a call to another endpoint in seconds, within that of the query."
    )
    service_max_mb: int = setting(10, "Largest response of another endpoint in megabytes.")
    service_max_calls: int = setting(4, "Most SERVICE clauses in one query.")
    result_max_mb: int = setting(500, "Largest query result in megabytes.")
    result_cache_mb: int = setting(64, "Megabytes of query results that a server process caches; 0 caches none.")
    response_cache_mb: int = setting(64, "Megabytes of whole responses that a server process caches; 0 caches none.")
    warm_up_seconds: float = setting(
        20.0, "Seconds for rendering the main pages after a start, and before a new snapshot is served; 0 renders none."
    )
    cache_s_maxage: int = setting(
        60, "Seconds that shared caches may serve a response without revalidation; 0 makes them always revalidate."
    )
    upload_max_bytes: int = setting(5_000_000, "Largest upload in bytes, compressed or decompressed.")
    upload_max_depth: int = setting(100, "Deepest nesting of brackets or elements in an upload.")
    upload_max_triples: int = setting(100_000, "Most triples in an upload.")
    validate_timeout: float = setting(60.0, "Time limit of a validation in seconds.")
    validate_memory_mb: int = setting(1024, "Memory limit of a validation in megabytes, including the data.")
    validate_workers: int = setting(2, "Validations at the same time; further ones wait, in order of arrival.")
    validate_queue_size: int = setting(
        64, "Uploads that may wait for validation; additional requests get 503 with Retry-After."
    )
    validate_queue_timeout: float = setting(30.0, "Seconds that an upload may wait for validation before it gets 503.")
    in_memory_max_quads: int = setting(
        1_000_000,
        "Largest data set in quads that workers hold in memory; a build makes an index on disk for larger ones.",
    )
    keep_snapshots: int = setting(
        10, "Snapshots to keep; a build deletes the least recently current ones. 0 keeps all."
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
        """Convert texts into values; raises `InvalidSetting` for an invalid one."""
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
        if self.database and not self.database.startswith(DATABASE_SCHEMES):
            raise InvalidSetting("database is not a URL that begins with postgresql://.")  # it may have a password
        if not self.base.endswith("/"):
            raise InvalidSetting(f"base is {self.base!r}; it must end with a slash.")
        if self.contact and not is_contact(self.contact):
            raise InvalidSetting(
                f"contact is {self.contact!r}; it must be an e-mail address or the https address of a page."
            )

    @property
    def contact_iri(self) -> str:
        """The contact as an IRI, for an e-mail address by RFC 6068; empty when not set."""
        found = EMAIL.fullmatch(self.contact)
        return f"mailto:{quote(found[1], safe=IN_MAILTO)}@{found[2]}" if found else self.contact

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], **given: Any) -> Settings:
        """Settings from `UPHOLD_…` variables; values in `given` that are not None take precedence."""
        values: dict[str, Any] = {}
        for item in dataclasses.fields(cls):
            variable = environment.get(f"UPHOLD_{item.name.upper()}")
            if given.get(item.name) is not None:
                values[item.name] = given[item.name]
            elif variable:
                values[item.name] = variable
        return cls(**values)

    def as_environment(self) -> dict[str, str]:
        """The `UPHOLD_…` variables of these settings for a process that needs no database.

        The database's URL, which may contain a password, is not among them: arguments of processes are no secret.
        """
        names = [item.name for item in dataclasses.fields(self) if item.name != "database"]
        found = {f"UPHOLD_{name.upper()}": str(getattr(self, name)) for name in names}
        return found | {"UPHOLD_FILES": str(self.files.resolve())}

    @classmethod
    def described(cls) -> list[tuple[str, Any, str]]:
        """(name, default, meaning) of every setting, for `--help` and the documentation."""
        return [(item.name, item.default, item.metadata["help"]) for item in dataclasses.fields(cls)]
