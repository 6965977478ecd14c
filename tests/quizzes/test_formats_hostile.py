"""Files that were made to harm: refused with their place within a second, in bounded memory, without a socket."""

from __future__ import annotations

import codecs
import statistics
import sys
import tracemalloc
from collections.abc import Iterator

import pytest

from quizzes.formats import FORMATS, MOST_BYTES, Refused
from tests.bench.formats import gift, moodle_xml, uncollected
from tests.quizzes.formats import imported, told, why
from tests.rig.pace import quickest

MEGABYTE = 1024 * 1024
SECOND = 1 if sys.gettrace() is None else 10  # whoever counts lines slows them down
LAUGHS = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(20))
UTF7 = '<?xml version="1.0" encoding="UTF-7"?>+ADw-quiz+AD4-'
DOCTYPE = "a DOCTYPE is not read, because entities in it can fill a memory or name a file elsewhere"
LONG_TAG = "line 1: a tag or comment is longer than 256 KB"
HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "billion laughs": ("moodle-xml", f'<!DOCTYPE q [<!ENTITY a "ha">{LAUGHS}]><quiz>&u;</quiz>'.encode(), f"line 1: {DOCTYPE}"),
    "quadratic blowup": (
        "moodle-xml", f'<!DOCTYPE q [<!ENTITY a "{"a" * MEGABYTE}">]><quiz>{"&a;" * 100_000}</quiz>'.encode(),
        f"line 1: {DOCTYPE}",
    ),
    "an entity from outside": (
        "moodle-xml", b'\n<!DOCTYPE q [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz><question>&x;</question></quiz>',
        f"line 1: {DOCTYPE}",
    ),
    "a DTD from outside": ("moodle-xml", b'<!DOCTYPE q SYSTEM "http://127.0.0.1:9/x.dtd"><quiz/>', f"line 1: {DOCTYPE}"),
    "UTF-7": ("moodle-xml", UTF7.encode(), "line 1: the file says that it is `UTF-7`, which is not read"),
    "deep nesting": ("moodle-xml", b"<a>" * 3_000_000, "line 1: its elements stand more than 40 deep in one another"),
    "a choice of megabytes": (
        "moodle-xml", b"<quiz><question><answer>\n<text>" + b"x" * 9 * MEGABYTE + b"</text></answer></question></quiz>",
        "line 2, element `text`: a text is longer than 64,000 characters",
    ),
    "a tag of megabytes": (
        "moodle-xml", b"<quiz " + b" ".join(b'a%d="1"' % n for n in range(700_000)), LONG_TAG,
    ),
    "a comment of megabytes": ("moodle-xml", b"<quiz><!--" + b"x" * 9 * MEGABYTE, LONG_TAG),
    "an item of many elements": (
        "moodle-xml", b"<quiz><question>" + b"<a/>" * 2_000_000, "line 1: an item has more than 5,000 elements",
    ),
    "an embedded file of megabytes": (
        "moodle-xml", b"<quiz><question><file>" + b"A" * 9 * MEGABYTE,
        "line 1, element `file`: a text is longer than 3,145,728 characters",
    ),
    "many items": ("moodle-xml", b"<quiz>" + b"<question/>" * 850_000, "the file: it holds more than 20,000 items"),
    "many items of GIFT": ("gift", b"a{}\n\n" * 200_000, "line 40001: the file holds more than 20,000 items"),
    "many lines": ("gift", b"\n" * 9 * MEGABYTE, "the file: it has more than 500,000 lines"),
    "more than ten megabytes": ("aiken", b" " * (MOST_BYTES + 1), "the file: it is larger than 10 MB"),
}  # fmt: skip


@pytest.fixture
def no_socket() -> Iterator[list[str]]:
    """What was asked of the network or of files meanwhile."""
    seen: list[str] = []
    watching = [True]

    def hook(event: str, args: tuple[object, ...]) -> None:
        if watching and event.split(".", maxsplit=1)[0] in {"socket", "open", "urllib", "subprocess"}:
            seen.append(f"{event} {args}")

    sys.addaudithook(hook)
    yield seen
    watching.clear()


@pytest.mark.parametrize(("form", "data", "said"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused(form: str, data: bytes, said: str, no_socket: list[str]) -> None:
    def read() -> None:
        with uncollected(), pytest.raises(Refused) as error:
            FORMATS[form].read(data)
        assert (str(error.value), bool(error.value.hint), no_socket) == (said, True, [])

    assert quickest(read, SECOND) < SECOND


@pytest.mark.parametrize("name", ["billion laughs", "a choice of megabytes", "an item of many elements", "a tag of megabytes"])
def test_memory_is_bounded(name: str) -> None:
    form, data, _ = HOSTILE[name]
    tracemalloc.start()
    with pytest.raises(Refused):
        FORMATS[form].read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * len(data) + 16 * MEGABYTE, f"{peak / MEGABYTE:.0f} MB"


MARKUP = {
    "tags": ("[html]" + "<b>" * 20_000, "a text has more than 50 tags inside one another"),
    "cells": ("[html]<table>" + "<tr><td>a</td>" * 2100 + "</table>", "a table has more than 2,000 cells"),
    "scripts": ("[html]" + "<script>" * 8_000, "it has no text"),
    "attributes": ("[html]<a " + "a" * 60_000 + ">", "it has no text"),
    "comments": ("[html]" + "<!--" * 16_000, "it has no text"),
}


@pytest.mark.parametrize(("text", "said"), MARKUP.values(), ids=MARKUP)
def test_markup_takes_no_longer_than_it_is_long(text: str, said: str) -> None:
    def read() -> None:
        assert why("gift", f"::N::{text.replace('=', '')}{{}}")[-1] == f"the item: {said}"

    assert quickest(read, SECOND) < SECOND


@pytest.mark.parametrize("text", ["![" * 30_000, "[[" * 30_000, "_" * 60_000, "&a" * 30_000, "<" * 60_000, "* " * 30_000])
@pytest.mark.parametrize("form", ["html", "plain", "markdown"])
def test_marks_take_no_longer_than_they_are_many(form: str, text: str) -> None:
    def read() -> None:
        assert len(imported("gift", f"[{form}]{text}{{}}").items) == 1

    assert quickest(read, SECOND) < SECOND


def test_encodings_are_read_or_refused_with_their_place() -> None:
    text = "::Año::“¿Sí?”{T}\n"
    for data in (
        text.encode(),
        codecs.BOM_UTF8 + text.encode(),
        text.encode("utf-16"),
        codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    ):
        found = imported("gift", data)
        assert ([item.prompt for item in found.items], found.ledger.remarks) == (["“¿Sí?”"], ())
    found = imported("gift", text.encode("cp1252"))
    assert [item.prompt for item in found.items] == ["“¿Sí?”"]
    assert [str(change) for change in found.ledger.remarks] == [
        "line 1: the byte 0xF1: is no UTF-8, so the file was read as windows-1252"
    ]
    item = '<question type="essay"><questiontext><text>é</text></questiontext></question>'
    declared = f'<?xml version="1.0" encoding="{{}}"?><quiz>{item}</quiz>'
    for name in ("windows-1252", "ISO-8859-1", "utf-8"):
        assert imported("moodle-xml", declared.format(name).encode(name)).items[0].prompt == "é"


@pytest.mark.parametrize(
    ("form", "data", "said"),
    [
        ("gift", b"a\n\x81{T}", "line 2: the byte 0x81 is not `cp1252`"),
        ("gift", "a{T}".encode("utf-32"), "line 1: this is no text in UTF-8 or in UTF-16 with a byte-order mark"),
        ("gift", "a{T}".encode("utf-16-le"), "line 1: this is no text in UTF-8 or in UTF-16 with a byte-order mark"),
        ("gift", codecs.BOM_UTF16_LE + b"a\0\n\0x", "line 2: the byte 0x78 is not `utf-16-le`"),
        ("gift", codecs.BOM_UTF8 + b"a\n\xff", "line 2: the byte 0xFF is not `utf-8`"),
        ("moodle-xml", b'<?xml version="1.0" encoding="utf-8"?>\n\xff', "line 2: the byte 0xFF is not `utf-8`"),
        (
            "moodle-xml",
            b'<?xml version="1.0" encoding="utf-16"?>',
            "line 1: the file says that it is `utf-16`, which is not read",
        ),
    ],
)
def test_what_is_no_text_is_refused_with_its_place(form: str, data: bytes, said: str) -> None:
    with pytest.raises(Refused) as error:
        FORMATS[form].read(data)
    assert str(error.value) == said


def test_control_characters_are_taken_out_and_told() -> None:
    found = imported("gift", "a\n\x00b".replace("\x00", "\x1b") + "\x07\uf700{T}")
    assert [item.prompt for item in found.items] == ["a\nb\ufffd"]
    assert [str(change) for change in found.ledger.remarks] == [
        "line 2: 2 control characters, the first U+001B: no text can hold it, so it was left out"
    ]


def test_a_hostile_file_cannot_fill_the_ledger() -> None:
    found = imported("moodle-xml", "<quiz>" + "<question type='category'/>" * 500 + "<question type='essay'/></quiz>")
    assert len(found.ledger.remarks) == 200
    assert len(told(imported("gift", "Q{=a " + " ".join(f"=b{n}*" for n in range(300)) + "}"))) == 51


@pytest.mark.parametrize("make", [gift, moodle_xml], ids=["GIFT", "Moodle XML"])
def test_twice_the_items_take_about_twice_the_time(make: object) -> None:
    from tests.bench.formats import ratio

    assert statistics.median(ratio(make, 2_000, rounds=3)) <= 2.2  # type: ignore[arg-type]
