"""`python -m uphold.assets` installs the browser assets; run it in the root of the project."""

from __future__ import annotations

from pathlib import Path

from uphold.assets.vendor import install

install(Path.cwd())
