"""A report has what is wrong with data, and what could not be validated: each case as SHACL and XSD define it."""

# ruff: noqa: E501, RUF001 cases are one line each, and hold the signs that are refused

from __future__ import annotations

import http.client
import json
import re
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import html5lib
import pyoxigraph as ox
import pytest

from uphold.cli import main
from uphold.settings import Settings

SH = "http://www.w3.org/ns/shacl#"
PREFIXES = """@prefix citation: <https://w3id.org/uphold/id/citation/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix ex: <https://data.example/> .
@prefix jurisdiction: <https://w3id.org/uphold/id/jurisdiction/> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix qualifier: <https://w3id.org/uphold/id/qualifier/> .
@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix treaty: <https://w3id.org/uphold/id/treaty/> .
@prefix unit: <https://w3id.org/uphold/id/unit/> .
@prefix uphold: <https://w3id.org/uphold/ontology#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
CONSENT = "ex:{} a uphold:{} ; uphold:by jurisdiction:nzl ; uphold:treaty treaty:opsc ; uphold:notBefore {} ; uphold:notAfter {} ; prov:wasDerivedFrom citation:appendix-nzl ."
INCOMPARABLE = (
    '"unknown"', '"unknown"^^xsd:date', '"20.9.2011"^^xsd:date', '"09/20/2011"^^xsd:date', '"#N/A"^^xsd:date',
    '"NaN"^^xsd:double', '"NaN"^^xsd:decimal', "20120101", '"20120101"^^xsd:date', "_:nobody", "ex:day", '"2011"@en',
    '"2011-09-20Z"^^xsd:date', '"2011-09-20T00:00:00"^^xsd:dateTime', '"2011"^^xsd:gYear', "2.5", "true",
    '"2011-02-30"^^xsd:date', '"2011-09-20T99"^^xsd:date', '"2012-W01-1"^^xsd:date',
)  # fmt: skip
DAY = '"2011-09-20"^^xsd:date'
STRANGE_YEARS = (
    '"0000-01-01"^^xsd:date',
    '"-0001-01-01"^^xsd:date',
    '"12012-01-01"^^xsd:date',
    '"1799-12-31"^^xsd:date',
)
Results = dict[str, list[dict[str, Any]]]


def sent(address: str, text: str, accept: str = "application/json", media_type: str = "text/turtle") -> str:
    """The report on a text."""
    with closing(http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)) as connection:
        body = (PREFIXES + text if media_type == "text/turtle" else text).encode()
        connection.request("POST", "/validate", body, {"Content-Type": media_type, "Accept": accept})
        reply = connection.getresponse()
        content = reply.read().decode()
        assert reply.status == 200, content
        return content


def by_focus(report: dict[str, Any]) -> Results:
    """The results by the last part of the focus node."""
    found: Results = {}
    for result in report["results"]:
        found.setdefault(result["focusNode"].rpartition("/")[2], []).append(result)
    return found


def shapes(results: list[dict[str, Any]]) -> set[str]:
    """The names of the shapes that report."""
    return {result["shape"].rpartition("/")[2] for result in results}


def test_values_that_cannot_be_compared_are_results_beside_all_others(served: str) -> None:
    """On either side of sh:lessThanOrEquals (SHACL 4.5.4): the pair is reported, and so is what else is wrong."""
    lines = [CONSENT.format(f"first-{n}", "Ratification", value, DAY) for n, value in enumerate(INCOMPARABLE)]
    lines += [CONSENT.format(f"second-{n}", "Ratification", DAY, value) for n, value in enumerate(INCOMPARABLE)]
    lines += [
        CONSENT.format("several", "Ratification", f"{DAY} , ex:day", DAY),
        'ex:goal a uphold:Goal ; skos:prefLabel "<b>"@en .',
    ]
    lines += [r'ex:officer a uphold:Officeholder ; uphold:role "victim \\d \\g<1> of x"@en .']
    lines += [
        'ex:share a uphold:Statistic ; uphold:unit unit:people ; uphold:numerator _:one ; uphold:denominator "x"^^xsd:date .'
    ]
    found = by_focus(json.loads(sent(served, "\n".join(lines))))
    for n, value in enumerate(INCOMPARABLE):
        assert "TreatyAction-order" in shapes(found[f"first-{n}"]), value
        assert "TreatyAction-order" in shapes(found[f"second-{n}"]), value
        order = next(r for r in found[f"first-{n}"] if r["shape"].endswith("TreatyAction-order"))
        assert "cannot be compared" in order["message"]
    assert {r["value"] for r in found["several"] if r["shape"].endswith("-order")} == {"https://data.example/day"}
    assert "labels-markup" in shapes(found["goal"])
    assert "Statistic-numerator-type" in shapes(found["share"])


def test_lexical_forms_are_those_that_were_sent(served: str) -> None:
    """An ill-formed literal is reported with its own form, at its node and property, whatever a library reads in it."""
    forms = {
        "uphold:notBefore": ['"2012-W01-1"^^xsd:date', '"2012-01-05T00:00:00"^^xsd:date', '"2012-01-05T99"^^xsd:date'],
        "uphold:year": ['"20x1"^^xsd:gYear', '"2011/12"^^xsd:gYear', '"2011.0"^^xsd:gYear'],
        "uphold:numerator": ['"1_000"^^xsd:integer', '"１２"^^xsd:integer', '"12 "^^xsd:integer'],
        "uphold:value": ['"1e3"^^xsd:decimal', '"٣٨"^^xsd:decimal', '"NaN"^^xsd:decimal'],
        "ex:measure": ['"yes"^^xsd:boolean', '"1 000"^^xsd:unsignedInt', '"2011-02-30"^^xsd:date'],
    }
    lines = [f"ex:thing-{name.rpartition(':')[2]} {name} {', '.join(values)} ." for name, values in forms.items()]
    found = by_focus(json.loads(sent(served, "\n".join(lines))))
    for name, values in forms.items():
        reported = {r["value"]: r for r in found[f"thing-{name.rpartition(':')[2]}"] if "XSD 1.1" in r["message"]}
        assert set(reported) == {value.split('"')[1] for value in values}
        assert all(text in result["message"] and result["path"] for text, result in reported.items())


def test_days_have_no_zone_and_years_are_of_our_time(served: str) -> None:
    """Both are well-formed (XSD 1.1 Part 2, 3.3.9), and refused by rules of our own."""
    lines = [f"ex:year-{n} dcterms:date {value} ." for n, value in enumerate(STRANGE_YEARS)]
    lines += [
        'ex:stale uphold:staleFrom "2012-01-05Z"^^xsd:date .',
        'ex:looked uphold:lastLookedUp "12012"^^xsd:gYear .',
        'ex:valid dcterms:valid "2012-09+02:00"^^xsd:gYearMonth .',
    ]
    lines += ['ex:zone dcterms:date "2012-01-05Z"^^xsd:date .', f"ex:good dcterms:date {DAY} ."]
    found = by_focus(json.loads(sent(served, "\n".join(lines))))
    assert [shapes(found[f"year-{n}"]) for n in range(len(STRANGE_YEARS))] == [{"dates-year"}] * len(STRANGE_YEARS)
    assert shapes(found["zone"]) == shapes(found["valid"]) == {"dates-zone"}
    assert "dates-zone" in shapes(found["stale"])
    assert "dates-year" in shapes(found["looked"])
    assert found["zone"][0]["value"] == "2012-01-05Z"
    assert "good" not in found


TEXTS = {
    "labels-formula": [
        "=1+1", "+1 day", "-1+1", "@SUM(A1)", "\\t=1", "\\rx", "  =1", "\u00a0=1", "＝1", "＋1", "－1", "＠x", "- an item",
        "'=1", '\\"=1', '\\" +1', "' @x", "＂=1", "＇-1",
    ],
    "labels-control": [
        "a\u200bb", "a\u00adb", "a\u034fb", "a\u061cb", "a\u115fb", "a\u200eb", "a\u2066b", "a\u3164b", "a\ufeffb",
        "a\u200db", "a\u200cb", "a\ufe0fb", "\u0645\u200c\u200c\u0631",
    ],
    "labels-character": ["a\u0085b", "a\U000e0041b", "a\U0001d173b"],
    "labels-encoding": [
        "CÃ´te d’Ivoire", "CÃ”TE", "CÃƒÂ´te", "donâ€™t", "S\ufffdo", "PaweÅ‚", "ÐŸÑ€Ð¸Ð²ÐµÑ‚", "C√¥te", "C├┤te", "ï»¿Goal",
        "children‚Äôs", "â‚¬", "ÄŒesko", "ElazÄŸ", "KuÅŸadasÄ±", "РЎРµСЂР±РёСЏ", "пїЅ",
    ],
}  # fmt: skip
GOOD_TEXTS = [
    "Côte d’Ivoire", "MANHÃ”", "«CAFÉ»", "state-run – and more", "a = b", "24-hour line", "\u0645\u06cc\u200c\u0631\u0648\u062f",
    "\u0915\u094d\u200d\u0937", "❤\ufe0f", "👨\u200d👩", "50 °C", "SÃO TOMÉ", "Россия", "日本",
    "©\ufe0f", "1\ufe0f\u20e3", "ÂNGELO", "État", "СРСР", "СІРІ РІЧКИ", "“Quoted”", "'Quoted'", '\\"Quoted\\"', "’Ndrangheta", "åžå",
]  # fmt: skip


def test_texts_hold_no_formula_nothing_invisible_and_no_wrong_decoding(served: str) -> None:
    """Each is reported by the rule of its kind; what other scripts need passes."""
    texts = [(shape, text) for shape, kind in TEXTS.items() for text in kind]
    lines = [f'ex:text-{n} skos:note "{text}"@en .' for n, (_, text) in enumerate(texts)]
    lines += [f'ex:good-{n} skos:note "{text}"@en .' for n, text in enumerate(GOOD_TEXTS)]
    found = by_focus(json.loads(sent(served, "\n".join(lines))))
    missed = [(shape, text) for n, (shape, text) in enumerate(texts) if shape not in shapes(found.get(f"text-{n}", []))]
    assert missed == []
    assert {name: shapes(results) for name, results in found.items() if name.startswith("good")} == {}


def test_an_invalid_figure_is_reported_once(served: str) -> None:
    """What it is and what to write, and not that nobody counts fewer than none."""
    lines = [
        f'ex:figure-{n} a uphold:Statistic ; uphold:unit unit:people ; uphold:value "{text}"{kind} .'
        for n, (text, kind) in enumerate(
            (t, k) for t in ("38%", "24,5", "5,394,779", "about 300") for k in ("", "^^xsd:decimal")
        )
    ]
    found = by_focus(json.loads(sent(served, "\n".join(lines))))
    for results in found.values():
        assert [r["shape"].rpartition("/")[2] for r in results if "value" in (r["path"] or "")] == [
            "Statistic-value-type"
        ]
        assert not shapes(results) & {"Statistic-negative", "privacy-small-value"}


@pytest.mark.parametrize(
    ("text", "known", "meant"),
    [
        ("<http://w3id.org/uphold/id/x> a <http://w3id.org/uphold/ontology#Ratification> .", 0, "https://w3id.org/uphold/ontology#Ratification"),
        ("ex:a a uphold:ratification .", 0, "https://w3id.org/uphold/ontology#Ratification"),
        ("ex:a a <https://w3id.org/uphold/ontology/Treaty> .", 0, "https://w3id.org/uphold/ontology#Treaty"),
        ("ex:a a schema:Organization .", 0, "https://schema.org/Organization"),
        ("ex:a ex:b ex:c .", 0, "almost nothing was validated"),
        ("ex:a a uphold:Treaty . ex:b ex:c 1 . ex:d ex:c 1 .", 1, "only 1 of 3 things"),
        ("ex:a a uphold:Treaty .", 1, ""),
    ],
)  # fmt: skip
def test_the_report_says_what_nobody_validated(served: str, text: str, known: int, meant: str) -> None:
    """How much came, how much of it the shapes know, and what was meant."""
    report = json.loads(sent(served, text))
    assert (report["triples"], report["thingsOfKnownClass"]) == (text.count(" ."), known)
    assert bool(report["warnings"]) is bool(meant)
    assert meant in " ".join(report["warnings"])


def test_a_second_consent_is_a_warning_in_every_form(served: str) -> None:
    """At both acts, the earlier one as well; it blocks nothing; a blank node keeps its label in each form of the report."""
    twice = CONSENT.replace("ex:{}", "{}").format("_:b1", "Ratification", DAY, DAY) + CONSENT.format(
        "b", "Accession", DAY, DAY
    )
    report = json.loads(sent(served, twice))
    warnings = [r for r in report["results"] if r["severity"] == "Warning"]
    earlier = "https://w3id.org/uphold/id/treaty-action/opsc-nzl-ratification-2011-09-20"
    assert {r["focusNode"] for r in warnings} == {"_:b1", "https://data.example/b", earlier}
    alone = CONSENT.format("c", "Accession", '"2014-01-01"^^xsd:date', '"2014-01-31"^^xsd:date')
    report = json.loads(sent(served, alone))
    assert [r["severity"] for r in report["results"]] == ["Warning", "Warning"], report
    assert {r["focusNode"] for r in report["results"]} == {"https://data.example/c", earlier}
    assert report["conforms"] is True
    graph = list(ox.parse(sent(served, alone, "text/turtle"), format=ox.RdfFormat.TURTLE))
    said = {(q.predicate.value.removeprefix(SH), getattr(q.object, "value", "")) for q in graph}
    assert {
        ("conforms", "true"),
        ("conformanceDisallows", f"{SH}Violation"),
        ("resultSeverity", f"{SH}Warning"),
    } <= said
    page = html5lib.parse(sent(served, alone, "text/html"), namespaceHTMLElements=False)
    assert "Warning" in [cell.text for cell in page.findall(".//tbody/tr/td")]
    for form, text in (("application/n-triples", "_:b1"), ("application/ld+json", "_:b1")):
        body = (
            f'{text} <http://www.w3.org/2004/02/skos/core#note> "<b>"@en .'
            if form.endswith("triples")
            else json.dumps(
                {"@id": text, "http://www.w3.org/2004/02/skos/core#note": {"@value": "<b>", "@language": "en"}}
            )
        )
        assert {r["focusNode"] for r in json.loads(sent(served, body, media_type=form))["results"]} == {"_:b1"}


@pytest.mark.parametrize(
    ("constraint", "said"),
    [
        ('sh:pattern "("', "regex parse error"),
        ("sh:property [ sh:path <urn:p> ; sh:minCount 100 ]", "urn:odd|counts more than"),
        ("sh:js <urn:script>", "sh:js"),
    ],
)
def test_a_shape_that_cannot_be_compiled_stops_the_build(
    constraint: str, said: str, tmp_path: Path, tiny: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is skipped silently; the error says what is wrong, and nothing is published."""
    files = Path(shutil.copytree(tiny.files, tmp_path / "files"))
    odd = f"@prefix sh: <http://www.w3.org/ns/shacl#> . <urn:odd> a sh:NodeShape ; sh:targetClass <urn:Odd> ; {constraint} ."
    (files / "shapes" / "Odd.ttl").write_text(odd, "utf-8")
    assert main(["build", "--files", str(files), "--state", str(tmp_path / "state")]) == 1
    assert re.search(said, capsys.readouterr().err)
    assert not (tmp_path / "state" / "current").exists()
