"""What a stranger sends becomes triples, or an error that names the fault; nothing is fetched or expanded."""

from __future__ import annotations

import dataclasses
import gzip
import socket
import time
import zlib

import pyoxigraph as ox
import pytest

from uphold.errors import BodySyntaxError, BodyTooDeep, BodyTooLarge, UnsafeBody, UnsupportedMediaType, UpholdError
from uphold.settings import Settings
from uphold.validation.upload import by_suffix, read

SETTINGS = Settings()
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
TTL, NT, NQ, TRIG = "text/turtle", "application/n-triples", "application/n-quads", "application/trig"
JSON, XML, CSV = "application/ld+json", "application/rdf+xml", "text/csv"
ONE = ox.Triple(ox.NamedNode("http://a.test/s"), ox.NamedNode("http://a.test/p"), ox.Literal("o"))
NAMES = "<http://a.test/s> <http://a.test/p>"
XML_HEAD = f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:a="http://a.test/">'
XML_ONE = f'{XML_HEAD}<rdf:Description rdf:about="http://a.test/s"><a:p>o</a:p></rdf:Description></rdf:RDF>'
BOMB = (
    '<?xml version="1.0"?>\n<!DOCTYPE rdf:RDF [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True))
    + f"]>{XML_ONE.replace('>o<', '>&i;<')}"
)
EXTERNAL = f'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>{XML_ONE.replace(">o<", ">&x;<")}'
LINE = f'{NAMES} "o" .'


@pytest.mark.parametrize(
    ("text", "media_type"),
    [
        (LINE, TTL),
        (f"{LINE} # ((( [[[ '", TTL),
        (f'@prefix a: <http://a.test/> . a:s a:p """o""" .', TTL),  # noqa: F541 braces mean nothing here
        (LINE, NT),
        (f'{NAMES} "o" <http://a.test/g> .', NQ),
        (f'<http://a.test/g> {{ {NAMES} "o" }}', TRIG),
        ('{"@id": "http://a.test/s", "http://a.test/p": "o"}', JSON),
        (f'<?xml version="1.0" encoding="utf-8"?><!-- it\'s > -- <ok> -->{XML_ONE}', XML),
    ],
)
def test_each_form_is_read_and_graphs_are_merged(text: str, media_type: str) -> None:
    """The same triple, whatever it is written in; a charset and a byte order mark do no harm."""
    assert read(text.encode(), media_type, SETTINGS) == [ONE]
    assert read(text.encode("utf-8-sig"), f"{media_type}; charset=UTF-8", SETTINGS) == [ONE]


@pytest.mark.parametrize("name", ["Goal.csv", "Goal", r"C:\data\Goal.csv", "../Goal.csv"])
def test_a_table_takes_the_class_of_its_rows_from_a_name(name: str) -> None:
    """As a file of the data does."""
    kinds = {
        t.object for t in read(b"id,label\ngoal:1,One\n", CSV, SETTINGS, name=name) if t.predicate.value == f"{RDF}type"
    }
    assert kinds == {ox.NamedNode(f"{SETTINGS.base}ontology#Goal")}


def test_brackets_in_strings_names_and_comments_are_not_nesting() -> None:
    """Only what the parser would follow is counted."""
    head = f"@prefix a: <http://a.test/> . {NAMES}"
    text = f"{head} '{'(' * 500}' , '''[\n'{'[' * 500}''' ; a:x\\( \"\\\"{'(' * 500}\" . # {'(' * 500}"
    assert len(read(text.encode(), TTL, SETTINGS)) == 3
    assert len(read(f'{{"@id": "a:b", "a:c": "{"[" * 500}"}}'.encode(), JSON, SETTINGS)) == 1


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"[" * 5000 + b"]" * 5000, JSON),
        (b'{"a:b":' * 5000, JSON),
        (NAMES.encode() + b"[ <a:b> " * 5000, TTL),
        (NAMES.encode() + b"(" * 5000 + b")" * 5000 + b" .", TTL),
        (b"]" * 5000 + b"[" * 5000, TTL),
        (b"<a:g> {" * 5000, TRIG),
        (XML_HEAD.encode() + b"<rdf:Description><a:p>" * 5000, XML),
    ],
)
def test_deep_nesting_never_reaches_a_parser(body: bytes, media_type: str) -> None:
    """It is refused with the place where it goes too deep."""
    with pytest.raises(BodyTooDeep) as refused:
        read(body, media_type, SETTINGS)
    assert refused.value.line == 1


@pytest.mark.parametrize(
    "text", [BOMB, EXTERNAL, BOMB.lower(), XML_ONE.replace("</rdf:RDF>", "<!DOCTYPE x></rdf:RDF>")]
)
def test_a_document_type_is_refused_anywhere(text: str) -> None:
    """So no entity is expanded, and none is read from a file."""
    began = time.monotonic()
    with pytest.raises(UnsafeBody, match="document type"):
        read(text.encode(), XML, SETTINGS)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_document_type_in_another_encoding_is_refused(encoding: str) -> None:
    """Only UTF-8 is read; what says that it is something else is refused."""
    with pytest.raises((BodySyntaxError, UnsafeBody)):
        read(BOMB.encode(encoding), XML, SETTINGS)
    with pytest.raises(UnsafeBody, match="utf-7"):
        read(f'<?xml version="1.0" encoding="utf-7"?>{XML_ONE}'.encode(), XML, SETTINGS)
    with pytest.raises(UnsupportedMediaType, match="utf-16"):
        read(XML_ONE.encode("utf-16"), f"{XML}; charset=utf-16", SETTINGS)


@pytest.mark.parametrize(
    "document",
    [
        '{"@context": "ADDRESS", "@id": "a:b", "a:c": 1}',
        '{"@context": ["ADDRESS", {}], "@id": "a:b", "a:c": 1}',
        '{"\\u0040context": "ADDRESS", "@context": {}, "@id": "a:b", "a:c": 1}',
        '{"@context": {"@version": 1.1, "@import": "ADDRESS"}, "@id": "a:b", "a:c": 1}',
        '{"@id": "a:b", "a:c": {"@context": {"x": {"@id": "a:x", "@context": "ADDRESS"}}, "x": 1}}',
    ],
)
def test_no_context_is_ever_fetched(document: str) -> None:
    """A socket that listens at its address hears nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/context.jsonld"
        with pytest.raises(UnsafeBody, match="context"):
            read(document.replace("ADDRESS", address).encode(), JSON, SETTINGS)
        with pytest.raises(TimeoutError):
            listening.accept()


@pytest.mark.parametrize(
    "body",
    [
        *(
            f"<{iri}> a <a:b> ."
            for iri in ("javascript:alert(1)", "JavaScript:x", "data:text/html,x", "file:///etc/passwd")
        ),
        *(
            f"<http://a.test/{part}> a <a:b> ."
            for part in ("a b", 'a"b', "a<b", "a\\u003Cb", "a\\u0020b", "a|b", "a`b")
        ),
        '<a:b> <a:c> "x"^^<javascript:x> .',
        f"@prefix x: <http://a.test/{'a' * 100_000}> . x:a a x:b .",
        "<a:b> <a:c> <<( <a:b> <a:c> <a:d> )>> .",
        '<a:b> <a:c> "x"@ar--rtl .',
    ],
)
def test_an_iri_that_would_do_harm_is_refused(body: str) -> None:
    """Markup, spaces, quotes, schemes that run something, prefixes that multiply, terms that are not RDF 1.1."""
    with pytest.raises(BodySyntaxError) as refused:
        read(body.encode(), TTL, SETTINGS)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_body_is_unpacked_up_to_the_limit(encoding: str) -> None:
    """A bomb of two kilobytes for each two megabytes is left at the limit; what is cut off or doubled is refused."""
    pack = gzip.compress if encoding == "gzip" else zlib.compress
    assert read(pack(LINE.encode()), TTL, SETTINGS, encoding=encoding) == [ONE]
    bomb = pack(b" " * 50_000_000)
    assert len(bomb) < 100_000
    with pytest.raises(BodyTooLarge):
        read(bomb, TTL, SETTINGS, encoding=encoding)
    for broken in (pack(LINE.encode())[:-1], pack(LINE.encode()) * 2, LINE.encode(), b""):
        with pytest.raises(BodySyntaxError):
            read(broken, TTL, SETTINGS, encoding=encoding)
    with pytest.raises(UnsupportedMediaType, match=f"{encoding}, gzip"):
        read(pack(LINE.encode()), TTL, SETTINGS, encoding=f"{encoding}, gzip")


def test_size_and_number_are_limited() -> None:
    """Bytes before parsing, triples while parsing."""
    with pytest.raises(BodyTooLarge, match="5000000 bytes"):
        read(b" " * 5_000_001, TTL, SETTINGS)
    few = dataclasses.replace(SETTINGS, upload_max_triples=2)
    assert len(read(f"{NAMES} 1, 2 .".encode(), TTL, few)) == 2
    with pytest.raises(BodyTooLarge, match="2 triples"):
        read(f"{NAMES} 1, 2, 3 .".encode(), TTL, few)


def test_a_line_may_be_long() -> None:
    """Nothing here goes by lines."""
    assert len(read(f'{NAMES} "{"x" * 4_000_000}" .'.encode(), TTL, SETTINGS)) == 1


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b'"""' * 1_600_000, TTL),
        (b'"""' + b'\\"""' * 1_200_000, TTL),
        (b"'\"" * 2_400_000, TTL),
        (b"<" * 4_900_000, TTL),
        (b"<" * 4_900_000, XML),
        (b"<!--" * 1_200_000, XML),
        (b"<![CDATA[" * 500_000, XML),
        (b"<a b='" * 800_000, XML),
        (b'"' * 4_900_001, JSON),
        (b'"\\' * 2_400_000, JSON),
    ],
)
def test_no_text_makes_the_guards_slow(body: bytes, media_type: str) -> None:
    """Their time grows with the text only, also where nothing that begins is ever closed."""
    began = time.monotonic()
    with pytest.raises(UpholdError):
        read(body, media_type, SETTINGS)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("body", "media_type", "line", "column"),
    [
        (LINE.encode() + b"\n<a:b> <a:c> <a:d\n", TTL, 2, 13),
        (LINE.encode() + b"\n<a:b> <a:c> 'd\n", TTL, 2, 13),
        (LINE.encode() + b"\nx:y a <a:b> .\n", TTL, 2, 1),
        (b'{"@id": "a:b",\n "a:c": }', JSON, 2, 9),
        (b'<a:b> <a:c> "\n\n\xff" .', TTL, 3, None),
        (b"", TTL, 1, 1),
        (b" \n ", CSV, 1, 1),
        (b"id,label\ngoal:1,a,b\n", CSV, 2, None),
        (b"id,nothing\ngoal:1,a\n", CSV, 1, None),
        (b"id,source\ngoal:1,javascript:x\n", CSV, 2, None),
        (b"id,label\ngoal:1," + b"x" * 200_000, CSV, 2, None),
    ],
)
def test_a_fault_is_reported_with_its_place(body: bytes, media_type: str, line: int, column: int | None) -> None:
    """Line and column, as far as they are known."""
    with pytest.raises(BodySyntaxError) as refused:
        read(body, media_type, SETTINGS)
    assert (refused.value.line, refused.value.column) == (line, column)


@pytest.mark.parametrize("media_type", ["", "text/plain", "text/html", "application/xml", "application/trix", "*/*"])
def test_another_media_type_is_refused_with_the_list_of_those_taken(media_type: str) -> None:
    """The remedy names each."""
    with pytest.raises(UnsupportedMediaType) as refused:
        read(LINE.encode(), media_type, SETTINGS)
    assert all(taken in refused.value.remedy for taken in (TTL, NT, NQ, TRIG, JSON, XML, CSV, "application/json"))
    with pytest.raises(UnsupportedMediaType, match=r"\.exe"):
        by_suffix("data.exe")
