"""What media files say about themselves, and captions as cues."""

from __future__ import annotations

import struct
import zlib

import pytest

from course.content.captions import read_captions
from course.content.media import is_kind, picture_size, svg_fault, webm_seconds
from course.content.model import Cue
from course.content.problems import Notes
from course.content.storyboard import read_storyboard
from course.content.yaml_reader import read_yaml
from tests.courses import JPEG, SVG, webm

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBBI", 13, b"IHDR", 300, 200, 8, 2, 0, 0, 0, zlib.crc32(b""))
WEBP_X = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (299).to_bytes(3, "little") + (199).to_bytes(3, "little")
WEBP_L = b"RIFF\0\0\0\0WEBPVP8L\x05\0\0\0\x2f" + (299 | 199 << 14).to_bytes(4, "little")
WEBP = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 300, 200)


@pytest.mark.parametrize(("extension", "content"), [("png", PNG), ("webp", WEBP_X), ("webp", WEBP_L), ("webp", WEBP)])
def test_size_of_pictures(extension: str, content: bytes) -> None:
    assert is_kind(extension, content)
    assert picture_size(extension, content) == (300, 200)
    for length in range(len(content)):
        assert picture_size(extension, content[:length]) in (None, (300, 200))


def test_size_of_jpeg_and_svg() -> None:
    assert picture_size("jpg", JPEG) == (640, 360)
    assert picture_size("jpg", JPEG[:20]) is None
    assert picture_size("svg", SVG.encode()) == (720, 405)
    assert picture_size("svg", b"<svg viewBox='0 0 0 9'>") is None
    assert picture_size("svg", b"<svg viewBox='0 0 1.2.3 9'>") is None
    assert picture_size("svg", b"<svg>") is None
    assert picture_size("pdf", b"%PDF-") is None


@pytest.mark.parametrize("seconds", [0.5, 10.0, 61.25])
def test_length_of_clips(seconds: float) -> None:
    assert webm_seconds(webm(seconds)) == seconds
    for length in range(len(webm(seconds))):
        assert webm_seconds(webm(seconds)[:length]) is None


@pytest.mark.parametrize("seconds", [0.0, -4.0, float("nan"), float("inf"), 1e9])
def test_lengths_that_no_clip_has(seconds: float) -> None:
    assert webm_seconds(webm(seconds)) is None


def test_a_live_made_webm_has_a_segment_of_unknown_size() -> None:
    content = webm(10.0)
    at = content.index(b"\x18\x53\x80\x67") + 4
    assert webm_seconds(content[:at] + b"\x1f\xff\xff\xff" + content[at + 4 :]) == 10.0
    assert webm_seconds(b"\0" * 100) is None


def test_plain_pictures_pass() -> None:
    assert svg_fault(SVG.encode()) == ""
    inner = '<defs><linearGradient id="g"/></defs><rect fill="url(#g)" class="a"/><use href="#g"/><title>On line</title>'
    assert svg_fault(f'<svg xmlns="http://www.w3.org/2000/svg">{inner}</svg>'.encode()) == ""


@pytest.mark.parametrize(
    "inner",
    [
        "<a href='#x'/>",
        "<image href='data:image/png;base64,x'/>",
        "<g style='background:\\75rl(x)'/>",
        "<set attributeName='onclick'/>",
        "<set attributeName='xlink:href'/>",
        "<style>a{b:image-set('x')}</style>",
        '<style>a{b:url( "https://x")}</style>',
        "<g OnLoad='x'/>",
        "<SCRIPT/>",
        "<g filter='url(x.svg#f)'/>",
        "<use href=' https://x'/>",
        "<g xml:base='x'/>",
        "<!DOCTYPE x>",
        "<iframe/>",
        "<handler/>",
    ],
)
def test_pictures_that_do_more_are_refused(inner: str) -> None:
    assert svg_fault(f'<svg xmlns="http://www.w3.org/2000/svg">{inner}</svg>'.encode()) != ""


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg>", b"<svg></svg>", b"<svg xmlns='x'/>", b"<?xml version='1.0' encoding='nope'?><svg/>", b"\xff<svg>"],
)
def test_pictures_that_are_none_are_refused(content: bytes) -> None:
    assert svg_fault(content) != ""


def test_captions() -> None:
    notes = Notes("a.vtt")
    text = (
        "WEBVTT - a title\nKind: captions\n\nNOTE\nnot said\n\nSTYLE\n::cue { color: red "
        "}\n\nfirst\n00:01.000 --> 00:02.500 align:start\n"
        "One\ntwo\n\n01:00:00.000 --> 01:00:01.000\nThree\n"
    )
    assert read_captions(text, notes) == (Cue(1.0, 2.5, "One two"), Cue(3600.0, 3601.0, "Three"))
    assert notes.found == []
    assert read_captions("1\n00:01.000 --> 00:02.500\nOne\n", notes) == ()
    assert [problem.message for problem in notes.found] == ["the file does not begin with `WEBVTT`"]


def test_a_storyboard_of_every_kind_of_scene() -> None:
    shows = [
        "{kind: title, heading: Housing, text: Who}",
        '{kind: number, value: "2,400", unit: people, source: A}',
        "{kind: bars, heading: h, unit: u, bars: [{label: x, value: 385}, {label: y, value: 2.5}], source: A}",
        "{kind: share, part: 40, whole: 100, heading: h, text: t}",
        "{kind: list, heading: h, points: [a, b]}",
        "{kind: question, text: Who?}",
    ]
    text = "title: Doors\nscenes:\n" + "".join(f"- say: Words\n  show: {show}\n" for show in shows)
    notes = Notes("clip.yaml")
    assert read_storyboard(read_yaml(text, "clip.yaml"), notes) == "Doors"
    assert notes.found == []
