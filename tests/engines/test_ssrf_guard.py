"""Which addresses a query may make the server connect to; the cases are the rows of addresses.csv."""

from __future__ import annotations

import csv
import ipaddress
from pathlib import Path

import pytest

from uphold.engines.federation.ssrf_guard import is_public, permitted, read_networks
from uphold.errors import InvalidSetting

CASES = list(csv.DictReader((Path(__file__).parent / "addresses.csv").read_text("utf-8").splitlines()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["address"])
def test_only_addresses_of_the_public_internet_are_reached(case: dict[str, str]) -> None:
    """Each row says whether its address is one."""
    assert is_public(ipaddress.ip_address(case["address"])) == (case["public"] == "yes")


def test_one_address_that_is_not_public_spoils_all() -> None:
    """A name with a public and a private address is not called at either."""
    assert permitted(["8.8.8.8", "10.0.0.1"], ()) == []
    assert permitted(["8.8.8.8", "1.1.1.1"], ()) == ["8.8.8.8", "1.1.1.1"]


def test_a_private_range_is_reached_when_the_setting_has_it() -> None:
    """That range and no other, also when its address comes in the clothes of IPv6."""
    private = read_networks("10.1.0.0/16 127.0.0.1")
    assert permitted(["10.1.2.3", "::ffff:10.1.2.3", "127.0.0.1"], private)
    assert not permitted(["10.2.0.1"], private)
    assert not permitted(["127.0.0.2"], private)


def test_a_setting_that_is_not_a_range_is_refused() -> None:
    """With its value."""
    with pytest.raises(InvalidSetting, match="localhost"):
        read_networks("localhost")
