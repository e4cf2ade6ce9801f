"""List acts: the lists of who was asked, what was asked, what was answered, and what was done."""

from __future__ import annotations

from collections.abc import Mapping

from uphold.web.rendering.facets import Facet
from uphold.web.resources.lists.listing import Column, Joined, ListPage

__all__ = ["ACTS", "PLACE", "WHERE"]

PLACE = Column("Where", "jurisdiction", "link", sort="jurisdictionName")
WHERE = Facet("jurisdiction", "Where", "jurisdiction", names="jurisdictionName")

ACTS: Mapping[str, ListPage] = {
    "jurisdiction": ListPage(
        "jurisdictions",
        "States, territories, regions and organisations that the report or the treaty record speaks of. Being"
        " listed says nothing about the standing of a place in law.",
        (
            Column("Name", "jurisdiction", sort="jurisdictionName"),
            Column("Kind", "kind", "kind", sort="kind"),
            Column("Region", "region", "link", sort="regionName"),
            Column("ISO 3166", "iso3", "code", sort="iso3"),
            Column("Reviewed in", "reviews", "years", sort="firstReviewed"),
            Column("Calls", "calls", "number", sort="calls"),
        ),
        (
            Facet(
                "kind",
                "Kind",
                "kind",
                words={"IntergovernmentalOrganisation": "Intergovernmental organisation"},
            ),
            Facet("reviewed", "Reviewed in", "reviews", split=" ", words={"": "Not reviewed"}, by_value=True),
            Facet("region", "Region or group", "within", kind="jurisdiction", split=" ", words={"": "None"}),
        ),
        sort="jurisdictionName",
        find="Words in a name, in any language",
        joined=(Joined("calls-by-jurisdiction", ("jurisdiction",), {"calls": "calls"}),),
        pictures=("treaty-map",),
    ),
    "call": ListPage(
        "calls",
        "What campaigners asked of governments, each demand in this project's own words. What"
        " came of a call can be told from the treaty record where it asks for consent to a treaty, and for no"
        " other.",
        (
            Column("Call", "call", sort="callLabel"),
            Column("Asked of", "jurisdiction", "link", sort="jurisdictionName"),
            Column("Goals", "goalIris", "links", sort="goals"),
            Column("Treaties asked for", "treatyIris", "links", sort="treaties"),
            Column("What came of it", "outcomeIris", "outcomes", beside="treatyIris"),
        ),
        (
            Facet(
                "outcome",
                "What came of it",
                "outcomeIris",
                split=" ",
                words={"": "No treaty asked for"},
                part="demand",
            ),
            Facet("goal", "Goal", "goalIris", names="goals", split=" "),
            Facet("indicator", "Indicator", "indicatorIris", names="indicators", split=" ", words={"": "None named"}),
            Facet(
                "treaty",
                "Treaty asked for",
                "treatyIris",
                names="treaties",
                split=" ",
                words={"": "None"},
                part="demand",
            ),
            Facet("basis", "Basis", "basis"),
            Facet("jurisdiction", "Asked of", "jurisdiction", names="jurisdictionName"),
        ),
        sort="jurisdictionName",
        find="Words in the demand",
        pictures=("calls-by-indicator", "outcome-summary"),
    ),
    "petition": ListPage(
        "petitions",
        "The petitions behind the calls, also where the report says that there was none. Totals overlap: one that"
        " is counted in a larger one must not be added to it, nor people to petitions.",
        (
            Column("Petition", "petition", sort="petitionLabel"),
            PLACE,
            Column("Signatures", "signatures", "amount", sort="signatures"),
            Column("State", "status", "progress"),
            Column("Counted in", "includedIn", "link"),
        ),
        (
            Facet("status", "State when the report appeared", "status"),
            Facet("unit", "What is counted", "unit", words={"": "No number printed"}),
        ),
        sort="-signatures",
        find="Words in the name or the place",
        within=("petitionLabel", "jurisdictionName"),
        pictures=("petition-signatures",),
    ),
    "handover": ListPage(
        "handovers",
        "When petitions were handed over or were to be, by whom and to whom, with names and offices as the report"
        " prints them. Those whose day is not known come last.",
        (
            Column("Handover", "handover", sort="handoverLabel"),
            PLACE,
            Column("Day", "notBefore", "period", sort="notBefore", until="notAfter"),
            Column("Presented by", "presentedBy"),
            Column("Received by", "receivedBy"),
            Column("Petition", "status", "progress"),
        ),
        (
            Facet("year", "Year", "notBefore", until="notAfter", by_value=True, words={"": "Not known"}),
            Facet("status", "State of the petition", "status"),
        ),
        sort="notBefore",
        find="Words in a name, an office or a place",
        within=("handoverLabel", "jurisdictionName", "place", "presentedBy", "receivedBy"),
        asks={"year": {"since": "{}-01-01", "until": "{}-12-31"}},
    ),
    "commitment": ListPage(
        "commitments",
        "What governments and parliaments answered. Some pledged a certain thing, some told of work under way,"
        " some only took note. Whether a promise was kept can be told where it is consent to a treaty.",
        (
            Column("Answer", "commitment", sort="commitmentLabel"),
            Column("Given by", "jurisdiction", "link", sort="jurisdictionName", under="spokenBy"),
            Column("Day", "date", "day", sort="date"),
            Column("Firmness", "strength", "strength"),
            Column("Treaty promised", "treaty", "link", sort="treatyName"),
            Column("Whether kept", "result", "kept", cite="keptBy"),
        ),
        (
            Facet("strength", "Firmness", "strength"),
            Facet("treaty", "Treaty promised", "treaty", names="treatyName", words={"": "None"}),
            Facet(
                "kept",
                "Whether kept",
                "kept",
                words={"true": "Kept", "false": "Not kept so far", "": "No treaty promised, or not known whether kept"},
            ),
            Facet("jurisdiction", "Given by", "jurisdiction", names="jurisdictionName"),
        ),
        sort="jurisdictionName",
        find="Words in the answer or in a speaker's name",
        within=("commitmentLabel", "spokenBy", "jurisdictionName"),
        joined=(
            Joined(
                "commitments-kept",
                ("commitment", "treaty"),
                {"kept": "kept", "result": "result", "keptBy": "answeredBy"},
            ),
        ),
        pictures=("commitments-kept",),
    ),
    "call-outcome": ListPage(
        "call-outcomes",
        "What became of each call for consent to a treaty, derived from the treaty record by a rule that each"
        " result names. Days count from the call; a signature meets no call for ratification.",
        (
            Column("Result", "callOutcome"),
            Column("Asked of", "jurisdiction", "link", sort="jurisdictionName"),
            Column("Treaty", "treaty", "link", sort="treatyName"),
            Column("Outcome", "outcome", "outcome", sort="outcome"),
            Column("Consent", "notBefore", "period", sort="notBefore", until="notAfter", cite="answeredBy"),
            Column("After the call", "days", "span", sort="days"),
        ),
        (
            Facet("outcome", "Outcome", "outcome"),
            Facet("treaty", "Treaty", "treaty", names="treatyName"),
            Facet("jurisdiction", "Asked of", "jurisdiction", names="jurisdictionName"),
        ),
        sort="jurisdictionName",
        pictures=("outcome-summary", "outcome-survival"),
    ),
    "treaty": ListPage(
        "treaties",
        "The treaties whose signatures and ratifications are followed here. The numbers count every act on"
        " record, up to the newest source for each treaty; most jurisdictions were last looked up earlier. The record"
        " lacks many signatures of the two conventions of the Council of Europe.",
        (
            Column("Treaty", "treaty", sort="treatyName"),
            Column("Adopted", "adopted", "day", sort="adopted"),
            Column("In force", "enteredIntoForce", "day", sort="enteredIntoForce"),
            Column("Depositary", "depositary", "link"),
            Column("Signatories", "signatories", "number", sort="signatories"),
            Column("Parties", "parties", "number", sort="parties"),
        ),
        pictures=("treaty-map", "ratification-by-region"),
    ),
    "treaty-action": ListPage(
        "treaty-actions",
        "Signatures, ratifications and other acts towards the treaties. An act whose day is not known has the"
        " period in which it must lie, and is found under each year of it.",
        (
            Column("Act", "action"),
            Column("By", "jurisdiction", "link", sort="jurisdictionName"),
            Column("Treaty", "treaty", "link", sort="treatyName"),
            Column("Day", "notBefore", "period", sort="notBefore", until="notAfter"),
            Column("In force for it", "entersIntoForce", "day", sort="entersIntoForce"),
        ),
        (
            Facet("treaty", "Treaty", "treaty", names="treatyName"),
            Facet("kind", "Kind", "kind", words={"ConsentToBeBound": "Consent of a kind not told"}),
            Facet("year", "Year", "notBefore", until="notAfter", by_value=True),
            Facet("jurisdiction", "By", "jurisdiction", names="jurisdictionName"),
        ),
        sort="-notBefore",
        find="Words in the name of a place",
        within=("jurisdictionName",),
        asks={"year": {"from": "{}-01-01", "until": "{}-12-31"}},
        unlike={"kind": ("ConsentToBeBound",)},
        pictures=("ratification-timeline",),
    ),
    "instrument": ListPage(
        "instruments",
        "Laws, plans and declarations that the sources speak of, besides the treaties that are followed here. The"
        " stage is that of the time when the source was written; what is asked for does not exist yet.",
        (
            Column("Instrument", "instrument", sort="instrumentName", under="note"),
            Column("Kind", "className", "kind", sort="className"),
            PLACE,
            Column("Stage", "stage", "link", sort="stageName"),
            Column("Calls", "calls", "number", sort="calls"),
            Column("Commitments", "commitments", "number", sort="commitments"),
            Column("Findings", "findings", "number", sort="findings"),
        ),
        (
            Facet("class", "Kind", "class", names="className"),
            Facet("stage", "Stage", "stage", names="stageName"),
            WHERE,
        ),
        sort="instrumentName",
    ),
}
