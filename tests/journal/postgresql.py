"""A PostgreSQL cluster for tests, started from what the machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

__all__ = ["Cluster", "programs"]


def programs() -> Path | None:
    """The folder with PostgreSQL's server programs, of its newest version; Debian keeps them off the PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    found = shutil.which("initdb")
    return versions[-1].parent if versions else Path(found).resolve().parent if found else None


class Cluster:
    """A cluster that listens on a Unix socket in a folder of its own. Databases are made from an empty template."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.bin = programs()
        assert self.bin
        # The path of a Unix socket has at most 107 bytes, so it cannot be below pytest's folders.
        self.home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        self.log = folder / "postgresql.log"
        self.made = 0
        if os.geteuid() == 0:
            shutil.chown(self.home, "nobody")
        self.run("initdb", "--auth=trust", "--username=uphold", "--encoding=UTF8", "--locale=C", "--no-sync")
        settings = ["listen_addresses=''", f"unix_socket_directories='{self.home}'", "max_connections=100"]
        if not durable:
            settings.append("fsync=off")
        with (self.home / "data" / "postgresql.conf").open("a") as file:
            file.write("\n".join([*settings, ""]))
        self.start()

    def run(self, program: str, *options: str, check: bool = True) -> None:
        """Run a program on the cluster; PostgreSQL refuses to run as root."""
        assert self.bin
        as_nobody = ["setpriv", "--reuid=nobody", "--clear-groups"] if os.geteuid() == 0 else []
        command: Sequence[str] = [*as_nobody, str(self.bin / program), "--pgdata", str(self.home / "data"), *options]
        environment = {**os.environ, "HOME": str(self.home)}
        subprocess.run(command, check=check, cwd=self.home, env=environment, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        self.run("pg_ctl", "--silent", "--wait", f"--log={self.home / 'log'}", "start")

    def stop(self) -> None:
        """Stop the server as a crash would."""
        self.run("pg_ctl", "--silent", "--wait", "--mode=immediate", "stop", check=False)

    def close(self) -> None:
        """Stop the server and delete its files."""
        self.stop()
        shutil.rmtree(self.home)

    def sql(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside a transaction."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def url(self, database: str) -> str:
        """The URL of a database."""
        return f"postgresql://uphold:no-secret@/{database}?host={self.home}"

    def empty_database(self) -> str:
        """The URL of an empty database, always the same: to empty one takes less than to create another."""
        self.sql("DROP SCHEMA public CASCADE")
        self.sql("CREATE SCHEMA public")
        return self.url("postgres")

    def new_database(self, options: str = "") -> str:
        """The URL of a new, empty database."""
        self.made += 1
        self.sql(f"CREATE DATABASE journal{self.made} {options}")
        return self.url(f"journal{self.made}")
