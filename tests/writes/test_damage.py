"""Damage on disk: a start refuses to serve other data than those recorded, and a rebuild makes them again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.writes.conftest import Client
from tests.writes.test_service import AGENT
from uphold.build.pipeline import build
from uphold.build.rebuild import rebuild
from uphold.errors import DataError, SnapshotDamaged
from uphold.settings import Settings
from uphold.snapshots.snapshot import current
from uphold.snapshots.steps import data_file
from uphold.snapshots.verification import faults, require_intact


def flip(path: Path, part: bytes) -> None:
    """Change one bit in a part of a file."""
    content = path.read_bytes()
    at = content.index(part)
    path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])


def uphold(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A run of the command line."""
    places = ["--files", str(settings.files), "--state", str(settings.state)]
    command = [sys.executable, "-m", "uphold.cli", *arguments, *places]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def step(client: Client) -> Path:
    """The file of the last step."""
    snapshot = current(client.settings.state)
    return client.settings.state / "steps" / snapshot.built_on / str(snapshot.entry)


def damaged_data(client: Client) -> None:
    """A statement of the built snapshot is another one."""
    flip(current(client.settings.state).built.data, b"Thailand")


def damaged_step(client: Client) -> None:
    """A statement of the last write is another one."""
    flip(step(client), b"Agent 1")


def cut_step(client: Client) -> None:
    """The file of the last write is cut."""
    step(client).write_bytes(step(client).read_bytes()[:-20])


def lost_step(client: Client) -> None:
    """The file of the last write is lost."""
    step(client).unlink()


@pytest.mark.parametrize("harm", [damaged_data, damaged_step, cut_step, lost_step])
def test_a_start_refuses_damaged_data_and_a_rebuild_makes_them_again(
    client: Client, harm: Callable[[Client], None]
) -> None:
    """The command says what to do; afterwards the snapshot is the same, and writes go on."""
    client.service.completion.close()  # its data file would make up for a damaged step
    client.put("partner/a", AGENT.format(1))
    before = current(client.settings.state)
    require_intact(before)
    content = data_file(before).read_bytes()
    data_file(before).unlink()
    client.service.close()
    harm(client)
    done = uphold(client.settings, "serve", "--port", "0")
    assert done.returncode == 1
    assert "is damaged" in done.stderr
    assert "uphold rebuild" in done.stderr
    done = uphold(client.settings, "rebuild")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == before.id
    again = current(client.settings.state)
    assert faults(again) == []
    assert again.data.read_bytes() == content
    folders = {path.name for path in client.settings.state.iterdir() if path.is_dir() and not path.is_symlink()}
    assert folders == {"builds", "snapshots"}


def test_a_rebuild_that_fails_leaves_all_as_it_was(tiny_copy: Settings) -> None:
    """Also one that was killed in the middle."""
    before = current(tiny_copy.state)
    table = tiny_copy.files / "shapes" / "labels.ttl"
    text = table.read_text("utf-8")
    table.write_text("no Turtle", "utf-8")
    with pytest.raises(DataError):
        rebuild(tiny_copy, print)
    assert current(tiny_copy.state) == before
    require_intact(before)
    (tiny_copy.state / "set-aside").mkdir(exist_ok=True)
    (tiny_copy.state / "snapshots").rename(tiny_copy.state / "set-aside" / "snapshots")
    table.write_text(text, "utf-8")
    assert rebuild(tiny_copy, print).id == before.id
    assert build(tiny_copy).id == before.id


def test_damage_to_a_snapshot_names_the_graph(tiny_copy: Settings) -> None:
    """So that whoever repairs it knows where to look."""
    snapshot = current(tiny_copy.state)
    flip(snapshot.data, b'Thailand"@en <https://w3id.org/uphold/graph/places>')
    with pytest.raises(SnapshotDamaged, match="graph/places does not have the digest recorded"):
        require_intact(snapshot)
