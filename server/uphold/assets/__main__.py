"""`python -m uphold.assets` puts the browser assets in place; the root of the project is the current folder."""

from __future__ import annotations

from pathlib import Path

from uphold.assets.vendor import install

install(Path.cwd())
