"""The wheel carries what a server needs, so that `uphold serve` works outside a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from uphold.assets.vendor import vendored
from uphold.rdf.sources import Files

ROOT = Path(__file__).parents[2]


def test_an_unpacked_wheel_has_the_same_files_as_the_checkout(tmp_path: Path) -> None:
    """Ontology, data, shapes and queries are those of the checkout, to the last byte; so are the browser assets."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", str(tmp_path), str(ROOT)], check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path / "site")
    for table in ("pages.toml", "lists.toml"):
        assert (tmp_path / "site" / "uphold" / "web" / "templates" / table).is_file()
    for name in vendored():
        assert (tmp_path / "site" / "uphold" / "web" / "static" / "vendor" / name).is_file()
    code = "import uphold.settings as s, uphold.rdf.sources as f; print(f.Files(s.Settings().files).digest())"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == Files(ROOT).digest()
