"""View models by the names in `pages.toml`, each a function of the page results and the description.

The template of the class receives the returned values by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from uphold.serving.descriptions import Description
from uphold.web.rendering.page_context import Page
from uphold.web.resources.view_models.actors import campaign, organisation
from uphold.web.resources.view_models.calls import call, call_outcome, commitment, petition
from uphold.web.resources.view_models.figures import discrepancy, publication, resting, statistic
from uphold.web.resources.view_models.jurisdictions import jurisdiction
from uphold.web.resources.view_models.progress import goal, indicator
from uphold.web.resources.view_models.treaties import treaty, treaty_action, treaty_record

__all__ = ["VIEW_MODELS", "ViewModel"]

ViewModel = Callable[[Page, Description], Mapping[str, Any]]
VIEW_MODELS: Mapping[str, ViewModel] = {
    "call": call,
    "call-outcome": call_outcome,
    "campaign": campaign,
    "commitment": commitment,
    "discrepancy": discrepancy,
    "goal": goal,
    "indicator": indicator,
    "jurisdiction": jurisdiction,
    "organisation": organisation,
    "petition": petition,
    "publication": publication,
    "resting": resting,
    "statistic": statistic,
    "treaty": treaty,
    "treaty-action": treaty_action,
    "treaty-record": treaty_record,
}
