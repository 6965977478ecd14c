"""infographic.yaml and clip.yaml: what stands behind a picture and behind the opening clip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .fields import Fields
from .library import Sources
from .model import Source
from .problems import Notes, counted
from .schemas import cited
from .yaml_reader import Document

# The scene kinds are those that the renderer of clips draws.
_SCENES: Mapping[str, tuple[str, ...]] = {
    "title": ("heading", "text"),
    "number": ("value", "unit", "source"),
    "bars": ("heading", "unit", "bars", "source"),
    "share": ("part", "whole", "heading", "text", "source"),
    "list": ("heading", "points"),
    "question": ("text",),
}


@dataclass(frozen=True, slots=True)
class Infographic:
    title: str
    alt: str
    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], Source], ...]


def read_infographic(document: Document, notes: Notes, sources: Sources) -> Infographic:
    """Every row has one cell for each column, and its source."""
    fields = Fields(document, notes)
    columns = fields.texts("columns", least=2, most=8, longest=80)
    rows = []
    for entry in fields.children("rows", required=True):
        cells = entry.texts("cells", least=1, most=8, longest=300)
        source_id = entry.text("source", required=True, most=80)
        rows.append((cells, cited(entry, "source", source_id, sources) or Source(source_id, "", "")))
        if cells and len(cells) != len(columns):
            entry.add(
                "cells",
                "wrong-count",
                f"the row has {counted(len(cells), 'cell')} for {counted(len(columns), 'column')}",
                "give each column its cell",
            )
        entry.finish()
    infographic = Infographic(
        fields.text("title", required=True, most=300), fields.text("alt", required=True, most=2000), columns, tuple(rows)
    )
    fields.finish()
    return infographic


def read_storyboard(document: Document, notes: Notes) -> str:
    """Checks a clip's storyboard and gives its title."""
    fields = Fields(document, notes)
    title = fields.text("title", required=True, most=120)
    for scene in fields.children("scenes", required=True):
        scene.text("say", required=True, most=1200)
        show = scene.child("show")
        if show is None:
            scene.add("show", "missing", "`show` is missing", "add `show: {kind: title, heading: …, text: …}`")
        else:
            _read_show(show)
        scene.finish()
    fields.finish()
    return title


def _read_show(show: Fields) -> None:
    kind = show.one_of("kind", tuple(_SCENES))
    for key in _SCENES[kind]:
        _READERS.get(key, _read_text)(show, key)
    show.finish()


def _read_text(show: Fields, key: str) -> None:
    show.text(key, required=key != "source", most=200)


def _read_number(show: Fields, key: str) -> None:
    show.decimal(key, least=0, most=999_999_999)


def _read_points(show: Fields, key: str) -> None:
    show.texts(key, least=1, most=5, longest=80)


def _read_bars(show: Fields, key: str) -> None:
    bars = show.children(key, required=True)
    for bar in bars:
        bar.text("label", required=True, most=60)
        bar.decimal("value", least=0, most=999_999_999)
        bar.finish()
    if bars and not 2 <= len(bars) <= 6:
        show.add(
            key, "wrong-count", f"`{key}` has {counted(len(bars), 'bar')}; 2 to 6 are wanted", "add some, or take some out"
        )


_READERS: Mapping[str, Callable[[Fields, str], None]] = {
    "part": _read_number,
    "whole": _read_number,
    "points": _read_points,
    "bars": _read_bars,
}
