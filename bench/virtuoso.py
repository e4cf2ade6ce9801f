"""Virtuoso from the Debian package, with settings for a machine with ample memory."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

from bench import processes
from bench.servers import Server

__all__ = ["Virtuoso"]

GRAPH = "https://w3id.org/uphold/graph/bench"
BUFFERS = 260_000
THREADS = 40
SETTINGS = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
MaxCheckpointRemap = 65000

[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
MaxCheckpointRemap = 65000

[Parameters]
ServerPort = 127.0.0.1:{sql_port}
DisableUnixSocket = 1
ServerThreads = {threads}
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}
MaxClientConnections = {threads}
CheckpointInterval = 0
DirsAllowed = {folder}, {data_folder}

[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerThreads = {threads}
MaxClientConnections = {threads}
MaxKeepAlives = {threads}
KeepAliveTimeout = 60

[SPARQL]
ResultSetMaxRows = 1000000
"""


class Virtuoso(Server):
    """`virtuoso-t` in the foreground, with settings in a separate folder."""

    name = "virtuoso"
    get_it = "On Debian or Ubuntu: apt-get install virtuoso-opensource-7"

    @classmethod
    def version(cls) -> str:
        """The version that the program reports."""
        if not shutil.which("virtuoso-t") or not shutil.which("isql-vt"):
            return ""
        done = subprocess.run(["virtuoso-t", "-?"], capture_output=True, text=True, check=False)
        found = [line for line in (done.stdout + done.stderr).splitlines() if "ersion" in line]
        return f"Virtuoso {found[0].partition('ersion ')[2]}" if found else "Virtuoso"

    def before(self) -> None:
        """Write the settings."""
        self.sql_port = processes.free_port()
        text = SETTINGS.format(
            folder=self.folder,
            data_folder=self.data.parent,
            port=self.port,
            sql_port=self.sql_port,
            threads=THREADS,
            buffers=BUFFERS,
            dirty=BUFFERS * 3 // 4,
        )
        (self.folder / "virtuoso.ini").write_text(text, "utf-8")

    def command(self) -> Sequence[str]:
        """Serve an empty database."""
        return ["virtuoso-t", "+foreground", "+configfile", str(self.folder / "virtuoso.ini")]

    def after(self) -> None:
        """Load the file with Virtuoso's own loader."""
        steps = f"ld_dir('{self.data.parent}', '{self.data.name}', '{GRAPH}'); rdf_loader_run(); checkpoint;"
        with self.log.open("ab") as output:
            subprocess.run(
                ["isql-vt", f"127.0.0.1:{self.sql_port}", "dba", "dba", f"exec={steps}"],
                check=True,
                stdout=output,
                stderr=output,
            )
