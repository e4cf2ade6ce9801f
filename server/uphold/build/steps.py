"""Steps: how long each part of a build takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

__all__ = ["Steps"]

P = ParamSpec("P")
T = TypeVar("T")


class Steps:
    """The seconds of each step; steps in threads overlap."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure one step."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0) + time.monotonic() - began

    def run(self, name: str, function: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
        """Call a function as one step."""
        with self.step(name):
            return function(*arguments, **options)

    def table(self) -> list[str]:
        """A line for each step, in the order in which they ended."""
        width = max(map(len, self.seconds), default=0)
        return [f"{name:<{width}} {seconds:6.2f} s" for name, seconds in self.seconds.items()]
