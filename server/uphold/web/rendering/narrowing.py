"""Narrowing: the links that filter and sort a page, as shown by `narrowing.html`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from uphold.web.rendering.facets import Division, Facet, FacetValue

__all__ = ["Choice", "Menu", "Narrowing", "Order", "menus", "order_links"]

MOST_LINKS, MOST_FOLDED = 16, 80
"""The values of a facet that are listed openly, and those that are links at all; more are a selection field."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a facet: the number of rows that it would leave, and the address that adds or removes it."""

    key: str
    name: str
    count: int
    is_chosen: bool
    address: str


@dataclass(frozen=True, slots=True)
class Menu:
    """The values of a facet; `fields` are those of the request that a selection field sends again."""

    name: str
    label: str
    choices: Sequence[Choice]
    fields: Mapping[str, str]

    @property
    def is_folded(self) -> bool:
        """Whether the values are too many to list openly."""
        return len(self.choices) > MOST_LINKS

    @property
    def is_field(self) -> bool:
        """Whether the values are too many for links."""
        return len(self.choices) > MOST_FOLDED

    @property
    def chosen(self) -> list[Choice]:
        """The chosen values."""
        return [each for each in self.choices if each.is_chosen]

    @property
    def listed(self) -> list[Choice]:
        """The values of the list; in a folded one, those not chosen."""
        return [each for each in self.choices if not (self.is_folded and each.is_chosen)]


@dataclass(frozen=True, slots=True)
class Order:
    """An order of the rows, and its address."""

    words: str
    address: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Narrowing:
    """The facets and orders of a page; `of` names its rows."""

    of: str
    menus: Sequence[Menu]
    orders: Sequence[Order]

    @property
    def is_open(self) -> bool:
        """Whether any value is chosen."""
        return any(menu.chosen for menu in self.menus)


def menus(division: Division, fields: Mapping[str, str], link: Callable[..., str]) -> list[Menu]:
    """The facets of a division that have several values or a chosen one; `link` is the address of changed `fields`."""
    found = [(facet, values_of(division, facet)) for facet in division.facets]
    return [
        menu_of(facet, values, fields, link)
        for facet, values in found
        if len(values) > 1 or any(each.chosen for each in values)
    ]


def order_links(orders: Mapping[str, str], name: str, current: str, link: Callable[..., str]) -> list[Order]:
    """The orders, the first of which is the default; `name` is the field of the request for them."""
    default = next(iter(orders))
    return [
        Order(words, link(**{name: "" if key == default else key}), key == current) for key, words in orders.items()
    ]


def values_of(division: Division, facet: Facet) -> list[FacetValue]:
    """The values of a facet; those sorted by themselves in ascending order."""
    return division.choices(facet)[:: -1 if facet.by_value else 1]


def menu_of(facet: Facet, values: Iterable[FacetValue], fields: Mapping[str, str], link: Callable[..., str]) -> Menu:
    """The menu of a facet with these values."""
    choices = [
        Choice(
            each.key,
            each.name or each.key,
            each.count,
            each.chosen,
            link(**{facet.name: "" if each.chosen else each.key}),
        )
        for each in values
    ]
    others = {name: value for name, value in fields.items() if name != facet.name}
    return Menu(facet.name, facet.label, choices, others)
