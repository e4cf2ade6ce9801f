"""The benchmark of the build reads what a build prints, and says which targets hold."""

from __future__ import annotations

from bench.build import BuildTiming, by_step, report
from uphold.build.steps import Steps


def test_the_seconds_of_each_step_are_read_from_what_a_build_prints() -> None:
    """And nothing else is, not even the line with the whole time."""
    steps = Steps()
    for name in ("read files", "index for queries"):
        with steps.step(name):
            pass
    printed = ["read 35137 triples", *steps.table(), "snapshot 5cb15ab7f8ef is current: 66872 triples, 37.6 s"]
    found = by_step("".join(f"uphold: {line}\n" for line in printed))
    assert list(found) == ["read files", "index for queries"]
    assert by_step("uphold: read files          1.25 s\n") == {"read files": 1.25}


def test_a_report_has_medians_and_targets() -> None:
    """Of the three kinds of build."""
    ours = [BuildTiming(wall, 6, {"read files": wall / 10}) for wall in (9.0, 4.0, 3.0)]
    text = report(ours, [BuildTiming(27, 28, {})], [BuildTiming(0.5, 0.1, {})], "f619eb8", 2.5)
    assert "| at f619eb8 | 27.00 | 28.00 |" in text
    assert "| from nothing | 4.00 | 6.00 |" in text
    assert "| read files | 0.40 |" in text
    assert "- holds: 6.8 times as fast as at f619eb8, wanted 5" in text
    assert "- holds: 6.5 s from nothing to the first answer (2.5 s of them for the server), wanted 10" in text
    assert "- DOES NOT HOLD: 0.50 s when nothing has changed, wanted 0.2" in text
