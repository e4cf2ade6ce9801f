"""View models by the names in `pages.toml`, each a function of the page results and the description.

The template of the class receives the returned values by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from uphold.serving.descriptions import Description
from uphold.web.rendering.page_context import Page
from uphold.web.resources.view_models.actors import campaign, mandate, officeholder, organisation
from uphold.web.resources.view_models.calls import call, call_outcome, commitment, handover, petition
from uphold.web.resources.view_models.figures import (
    assumption,
    discrepancy,
    finding,
    publication,
    recomputed_statistic,
    resting,
    rule,
    statistic,
)
from uphold.web.resources.view_models.jurisdictions import jurisdiction
from uphold.web.resources.view_models.progress import goal, indicator
from uphold.web.resources.view_models.treaties import instrument, treaty, treaty_action, treaty_record

__all__ = ["VIEW_MODELS", "ViewModel"]

ViewModel = Callable[[Page, Description], Mapping[str, Any]]
VIEW_MODELS: Mapping[str, ViewModel] = {
    "assumption": assumption,
    "call": call,
    "call-outcome": call_outcome,
    "campaign": campaign,
    "commitment": commitment,
    "discrepancy": discrepancy,
    "finding": finding,
    "goal": goal,
    "handover": handover,
    "indicator": indicator,
    "instrument": instrument,
    "jurisdiction": jurisdiction,
    "mandate": mandate,
    "officeholder": officeholder,
    "organisation": organisation,
    "petition": petition,
    "publication": publication,
    "recomputed-statistic": recomputed_statistic,
    "resting": resting,
    "rule": rule,
    "statistic": statistic,
    "treaty": treaty,
    "treaty-action": treaty_action,
    "treaty-record": treaty_record,
}
