"""Other SPARQL servers: rdflib-endpoint in Python, Comunica in JavaScript."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from bench.servers import BENCH_BIN, Server, first_line

__all__ = ["Comunica", "RdflibEndpoint"]

NODE_FOLDER = Path(__file__).with_name("comunica")
VERSIONS = "import importlib.metadata as m; print(*(f'{n} {m.version(n)}' for n in ('rdflib-endpoint', 'rdflib')))"


class RdflibEndpoint(Server):
    """rdflib-endpoint as started by its command line: one process with rdflib's store."""

    name = "rdflib-endpoint"
    get_it = "`make .venv-bench/.ready` installs it."
    slow = True
    at_once = 1
    path = "/"
    environment: ClassVar[dict[str, str]] = {"PYTHONPATH": ""}

    @classmethod
    def version(cls) -> str:
        """Its version and that of rdflib."""
        return (
            first_line([str(BENCH_BIN / "python"), "-c", VERSIONS]) if (BENCH_BIN / "rdflib-endpoint").exists() else ""
        )

    def command(self) -> Sequence[str]:
        """Load the file and serve."""
        command = [str(BENCH_BIN / "rdflib-endpoint"), "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        return [*command, str(self.data)]


class Comunica(Server):
    """Comunica's server for files, with a worker for each core."""

    name = "comunica"
    get_it = "With npm: npm ci --prefix bench/comunica (that brings the Node.js that it needs)."
    slow = True
    programs = NODE_FOLDER / "node_modules" / ".bin"

    @classmethod
    def version(cls) -> str:
        """The installed version, and that of Node.js."""
        if not (cls.programs / "comunica-sparql-file-http").exists():
            return ""
        installed = json.loads((NODE_FOLDER / "package-lock.json").read_text("utf-8"))["packages"]
        comunica = installed["node_modules/@comunica/query-sparql-file"]["version"]
        return f"Comunica {comunica} on Node.js {first_line([str(cls.programs / 'node'), '--version'])}"

    def command(self) -> Sequence[str]:
        """Serve the file."""
        command = [str(self.programs / name) for name in ("node", "comunica-sparql-file-http")]
        flags = ["--port", str(self.port), "--workers", str(os.cpu_count() or 1), "--timeout", "600"]
        return [*command, *flags, str(self.data)]
