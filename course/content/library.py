"""The front matter of practices and sessions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import cast

from .fields import Fields
from .model import Figure, Lle, Practice, Quote, Session, Source, Text
from .problems import Notes
from .schemas import cited, cited_all, read_recording
from .yaml_reader import Document

Sources = Mapping[str, Source] | None


def read_practice(document: Document, notes: Notes, slug: str, module: str, lang: str, sources: Sources) -> Practice:
    """Latitude and longitude in degrees; a caution needs a source of its own."""
    fields = Fields(document, notes, what="the front matter")
    text = Text(
        title=fields.text("title", required=True, most=160),
        when=fields.text("when", required=True, most=160),
        caution=fields.text("caution", most=1200),
    )
    practice = Practice(
        slug=slug,
        module=module,
        city=fields.text("city", required=True, most=100),
        country=fields.text("country", required=True, most=100),
        iso2=_country_code(fields),
        lat=fields.decimal("lat", least=-90, most=90),
        lon=fields.decimal("lon", least=-180, most=180),
        lle=cast(Lle, fields.one_of("lle", ("session", "participant", "context"))),
        figures=_figures(fields, sources),
        sources=cited_all(fields, sources),
        texts={lang: text},
        session=fields.text("session", most=80),
        caution_source=cited(fields, "caution_source", fields.text("caution_source", most=80), sources),
    )
    if practice.caution_source and not text.caution:
        fields.add(
            "caution_source", "missing", "a `caution_source` without a `caution`", "add what went wrong, or take the source out"
        )
    fields.finish()
    return practice


def _country_code(fields: Fields) -> str:
    code = fields.text("iso2", required=True, most=2)
    if code and not (len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()):
        fields.add(
            "iso2",
            "not-a-country",
            f"`{code}` is not a country's code",
            "write the two capital letters of ISO 3166, such as `ZA`",
        )
    return code


def _figures(fields: Fields, sources: Sources) -> tuple[Figure, ...]:
    figures = []
    for entry in fields.children("figures"):
        source_id = entry.text("source", required=True, most=80)
        source = cited(entry, "source", source_id, sources) or Source(source_id, "", "")
        figures.append(
            Figure(
                entry.text("value", required=True, most=40),
                entry.text("unit", required=True, most=160),
                entry.text("date", most=80),
                source,
            )
        )
        entry.finish()
    return tuple(figures)


def read_session(document: Document, notes: Notes, slug: str, module: str, lang: str, sources: Sources) -> Session:
    fields = Fields(document, notes, what="the front matter")
    number = fields.whole("number", least=1, most=999, default=0)
    session = Session(
        slug=slug,
        module=module,
        number=number or None,
        date=_day(fields),
        date_note=fields.text("date_note"),
        partners=fields.texts("partners"),
        participants=fields.texts("participants"),
        attendance=fields.text("attendance"),
        messages=fields.texts("messages", longest=1200),
        context=fields.texts("context", longest=1200),
        sources=cited_all(fields, sources),
        texts={lang: Text(fields.text("title", required=True, most=160))},
        quote=_quote(fields, sources),
        recording=read_recording(fields),
    )
    fields.finish()
    return session


def _day(fields: Fields) -> str:
    """An ISO day, or empty."""
    text = fields.text("date", most=80)
    if not text:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        fields.add(
            "date", "not-a-date", f"`{text}` is not a day", "write it as `2020-04-01`; say what is not sure in `date_note`"
        )
        return ""


def _quote(fields: Fields, sources: Sources) -> Quote | None:
    entry = fields.child("quote")
    if entry is None:
        return None
    source_id = entry.text("source", required=True, most=80)
    source = cited(entry, "source", source_id, sources) or Source(source_id, "", "")
    quote = Quote(entry.text("text", required=True), entry.text("speaker", required=True), entry.text("office"), source)
    entry.finish()
    return quote
