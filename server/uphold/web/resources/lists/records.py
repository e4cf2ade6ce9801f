"""List records: the lists of what is measured, found and printed, by whom, and on what it rests."""

from __future__ import annotations

from collections.abc import Mapping

from uphold.web.rendering.facets import Facet
from uphold.web.resources.lists.acts import PLACE, WHERE
from uphold.web.resources.lists.listing import Column, Joined, ListPage

__all__ = ["RECORDS"]

AGREES = {"true": "Yes", "false": "No", "": "Not computed again"}
COMPUTED = {"true": "Agrees on at least one day", "false": "Differs on at least one day", "": "Not computed again"}
CONTRADICTED = {
    "record": "By the treaty record alone",
    "statement": "By another statement of the report alone",
    "both": "By the treaty record and by another statement",
    "agrees": "No, the treaty record agrees",
    "not-checked": "Not checked",
}
"""By what a figure of the report is contradicted: each figure has one of these answers."""
CAMPAIGN = (
    Column("Campaign", "campaign", sort="campaignName", under="description"),
    Column("Part of", "partOf", "link"),
    Column("From", "startYear", sort="startYear"),
    Column("Until", "endYear", sort="endYear"),
    Column("Organised by", "organisers", sort="organisers"),
)

RECORDS: Mapping[str, ListPage] = {
    "indicator": ListPage(
        "indicators",
        "The indicators of the progress card. A call, a finding or a figure that names several of them"
        " counts under each, so the numbers do not add up to a whole.",
        (
            Column("Indicator", "indicator", sort="indicatorName", under="definition"),
            Column("Number", "notation", sort="notation"),
            Column("Goal", "goal", "link", sort="goalName"),
            Column("Calls", "calls", "number", sort="calls"),
            Column("Findings", "findings", "number", sort="findings"),
            Column("Figures", "statistics", "number", sort="statistics"),
        ),
        (Facet("goal", "Goal", "goal", names="goalName"),),
        pictures=("calls-by-indicator", "progress-matrix"),
    ),
    "goal": ListPage(
        "calls-by-goal",
        "The goals of the progress card, with the calls that serve each. A call may serve several, so the numbers"
        " do not add up to a whole.",
        (
            Column("Goal", "goal", sort="goalName"),
            Column("Calls", "calls", "number", sort="calls"),
            Column("Of this goal only", "callsOfThisGoalOnly", "number", sort="callsOfThisGoalOnly"),
            Column("Jurisdictions", "jurisdictions", "number", sort="jurisdictions"),
        ),
    ),
    "statistic": ListPage(
        "statistics",
        "Figures as the report prints them, none corrected. A share is not turned into a number of countries. The"
        " treaty record contradicts a figure that it does not bear out on at least one of the days computed; another"
        " statement of the report does so where the two do not fit together in the respects named.",
        (
            Column("Figure", "statistic", sort="statisticName"),
            Column("As printed", "asPrinted", "quote", sort="value"),
            Column("About", "about", "links", sort="aboutNames"),
            Column("Indicator", "indicator", "link", sort="indicatorName"),
            Column("Year", "year", sort="year"),
            Column("Contradicted", "contradicted", "choice", sort="contradicted", under="kindNames"),
            Column("Borne out by the record", "agrees", "agrees"),
        ),
        (
            Facet("contradicted", "Contradicted", "contradicted", words=CONTRADICTED),
            Facet("indicator", "Indicator", "indicator", names="indicatorName", words={"": "None"}),
            Facet("year", "Year", "year", by_value=True, words={"": "None printed"}),
            Facet("unit", "Unit", "unit", names="unitName"),
            Facet("about", "About", "about", names="aboutNames", split=" "),
            Facet("agrees", "Computed again from the treaty record", "agrees", words=COMPUTED),
        ),
        sort="statisticName",
        find="Words in the figure",
        joined=(
            Joined("reported-and-recomputed", ("statistic",), {"agrees": "agrees"}),
            Joined(
                "contradicted-figures",
                ("statistic",),
                {
                    "contradicted": "contradicted",
                    "daysComputed": "daysComputed",
                    "daysAgreeing": "daysAgreeing",
                    "discrepancies": "discrepancies",
                    "kindNames": "kindNames",
                },
            ),
        ),
        pictures=("reported-and-recomputed",),
    ),
    "recomputed-statistic": ListPage(
        "reported-and-recomputed",
        "Printed figures about ratification, computed again from the treaty record for the days on which they may"
        " have held.",
        (
            Column("Result", "recomputed"),
            Column("Printed figure", "statistic", "link", sort="statisticName", under="asPrinted", cite="statistic"),
            Column("Treaty", "treaty", "link", sort="treatyName"),
            Column("As of", "asOf", "day", sort="asOf"),
            Column("Printed", "printedValue", "plain", sort="printedValue"),
            Column("Recomputed", "recomputedValue", "plain", sort="recomputedValue"),
            Column("Agrees", "agrees", "agrees", sort="agrees"),
        ),
        (
            Facet("agrees", "Agrees", "agrees", words=AGREES),
            Facet("treaty", "Treaty", "treaty", names="treatyName"),
            Facet("statistic", "Printed figure", "statistic", names="statisticName"),
        ),
        pictures=("reported-and-recomputed",),
    ),
    "finding": ListPage(
        "findings",
        "What the sources found, each told in this project's own words. Something is called good practice only"
        " where the source itself does so.",
        (
            Column("Finding", "finding", sort="text", under="note"),
            Column("About", "about", "links", sort="aboutNames"),
            Column("Indicators", "indicators", "links", sort="indicatorNames"),
            Column("Good practice", "goodPractice", "tick", sort="goodPractice"),
        ),
        (
            Facet(
                "goodpractice", "Good practice", "goodPractice", words={"true": "Called so", "false": "Not called so"}
            ),
            Facet("indicator", "Indicator", "indicators", names="indicatorNames", split=" ", words={"": "None named"}),
            Facet("about", "About", "about", names="aboutNames", split=" "),
        ),
        sort="aboutNames",
        find="Words in the finding",
    ),
    "discrepancy": ListPage(
        "discrepancies",
        "Statements that do not fit together, within the report, between it and the treaty record, or within that"
        " record. None is corrected: all of them stay, and the difference is written down.",
        (
            Column("Discrepancy", "discrepancy", sort="discrepancyName", under="description"),
            Column("Kind", "kind", "link", sort="kindName"),
            Column("Statements", "statements", "number", sort="statements"),
            Column("Found by", "derivedBy", "finder"),
        ),
        (
            Facet("kind", "Kind", "kind", kind="discrepancy-kind", names="kindName"),
            Facet("found", "Found by", "derivedBy", kind="rule", words={"": "A reader"}),
        ),
        sort="discrepancyName",
        find="Words in the name or the description",
        pictures=("discrepancy-kinds",),
    ),
    "organisation": ListPage(
        "organisations",
        "Organisations that the sources name. A zero means that no source here tells of it, not that the"
        " organisation did nothing.",
        (
            Column("Organisation", "organisation", sort="organisationName", under="role"),
            PLACE,
            Column("Member of", "memberOf", "link"),
            Column("Presented", "presented", "number", sort="presented"),
            Column("Received", "received", "number", sort="received"),
            Column("Collected for", "collected", "number", sort="collected"),
        ),
        (Facet("member", "Member of", "memberOf", kind="organisation", words={"": "None named"}), WHERE),
        sort="organisationName",
        find="Words in one of its names",
    ),
    "officeholder": ListPage(
        "officeholders",
        "Persons whom the report names because of a public function, with name and office as printed.",
        (
            Column("Name", "officeholder", sort="officeholderName"),
            Column("Office", "role", sort="role"),
            Column("Acts for", "jurisdiction", "link", sort="jurisdictionName"),
            Column("Belongs to", "organisations", sort="organisations"),
            Column("Received", "received", "number", sort="received"),
            Column("Commitments", "commitments", "number", sort="commitments"),
        ),
        (Facet("jurisdiction", "Acts for", "jurisdiction", names="jurisdictionName", words={"": "None"}),),
        sort="officeholderName",
        find="Words in the name or the office",
    ),
    "mandate": ListPage(
        "mandates",
        "International posts that watch over the subject, and who held them where the report tells it.",
        (
            Column("Post", "mandate", sort="mandateName"),
            Column("Created by", "organisation", "link", sort="organisationName"),
            Column("Held by", "officeholder", "link", sort="officeholderName"),
            Column("Handovers", "received", "number", sort="received"),
        ),
    ),
    "publication": ListPage(
        "publications",
        "What the data rests on. A publication without citations is only mentioned in another one.",
        (
            Column("Publication", "publication", sort="publicationName"),
            Column("By", "authors", sort="authors", under="publishers"),
            Column("Issued", "issued", sort="issued"),
            Column("Read on", "accessed", "day", sort="accessed"),
            Column("Places cited", "citations", "number", sort="citations"),
            Column("Facts", "facts", "number", sort="facts"),
        ),
        (Facet("publisher", "Publisher", "publishers", split="; "),),
        find="Words in the title or the names of its makers",
    ),
    "citation": ListPage(
        "citations",
        "Places in the publications, with the number of facts that rest on each.",
        (
            Column("Place", "citation", sort="locator", under="note"),
            Column("Publication", "publication", "link", sort="publicationName"),
            Column("Period printed there", "statedNotBefore", "period", sort="statedNotBefore", until="statedNotAfter"),
            Column("Facts", "facts", "number", sort="facts"),
        ),
        (Facet("publication", "Publication", "publication", names="publicationName"),),
        sort="-facts",
        find="Words in the place or in the publication's title",
    ),
    "review-round": ListPage(
        "review-rounds",
        "The years in which progress was reviewed, and how much each review brought.",
        (
            Column("Review", "reviewRound", under="note"),
            Column("Year", "year", sort="year"),
            Column("Jurisdictions", "jurisdictions", "number", sort="jurisdictions"),
            Column("Findings", "findings", "number", sort="findings"),
            Column("Figures", "statistics", "number", sort="statistics"),
        ),
    ),
    "campaign": ListPage("campaigns", "The campaigns that the report tells of.", CAMPAIGN),
    "campaign-phase": ListPage("campaigns", "The parts in which a campaign was run, year by year.", CAMPAIGN),
    "assumption": ListPage(
        "assumptions",
        "What is assumed where no source settles a question, and how much rests on it.",
        (
            Column("Assumption", "assumption", sort="assumptionName", under="description"),
            Column("Things that rest on it", "uses", "number", sort="uses"),
        ),
    ),
    "rule": ListPage(
        "rules",
        "The rules by which facts are derived from the record. One that adds names or classes has no results of"
        " its own.",
        (
            Column("Rule", "rule", sort="ruleName", under="description"),
            Column("Results", "results", "number", sort="results"),
        ),
    ),
}
