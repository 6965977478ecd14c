"""The few words that rendered content adds to an author's text, by language; English where a language is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    sources: str
    notes: str
    source: str
    back: str
    table: str
    figures_table: str
    more: str


_WORDS: Mapping[str, Words] = {
    "en": Words(
        "Sources", "Sources and notes", "Source", "Back to the text", "Table", "The figures as a table", "What the city did"
    ),
    "es": Words(
        "Fuentes", "Fuentes y notas", "Fuente", "Volver al texto", "Tabla", "Las cifras en una tabla", "Qué hizo la ciudad"
    ),
    "fr": Words(
        "Sources",
        "Sources et notes",
        "Source",
        "Retour au texte",
        "Tableau",
        "Les chiffres en tableau",
        "Ce que la ville a fait",
    ),
    "pt": Words("Fontes", "Fontes e notas", "Fonte", "Voltar ao texto", "Tabela", "Os números em tabela", "O que a cidade fez"),
    "ar": Words("المصادر", "المصادر والملاحظات", "المصدر", "العودة إلى النص", "جدول", "الأرقام في جدول", "ماذا فعلت المدينة"),
}


def words(lang: str) -> Words:
    return _WORDS.get(lang.split("-", maxsplit=1)[0], _WORDS["en"])
