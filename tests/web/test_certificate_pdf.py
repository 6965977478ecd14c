"""The certificate as PDF: the same on every machine, with the learner's name in any of many scripts."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
import typst

from course.learning.tables import Certificate
from course.web import pdf
from tests.site import START, Site

NAMES = {
    "latin": "Zoë Ångström-Ñandú",
    "arabic": "محمد بن علي الطرابلسي",
    "korean": "김민준 서울",
    "japanese": "山田 はなこ",
    "chinese": "王小明",
    "thai": "นภา สุขใจ",
    "devanagari": "श्रीमती अनीता शर्मा",
    "bengali": "তাহমিনা আক্তার",
    "tamil": "தமிழ் செல்வி",
    "telugu": "సీత రావు",
    "hebrew": "אברהם כהן",
    "ethiopic": "አበበ ቢቂላ",
    "khmer": "សុខ ធារី",
    "lao": "ສົມໃຈ",
    "burmese": "မောင်မောင်",
    "greek": "Ελένη Παπαδοπούλου",
    "cyrillic": "Владимир Ильин",
    "georgian": "გიორგი",
    "armenian": "Հայկ",
}


def _shapes(text: str, folder: Path) -> set[str]:
    """The outlines of all glyphs that the certificate's fonts draw for a text."""
    fonts = re.search(r"font: \(.*?\)", pdf.TEMPLATE.read_text(encoding="utf-8"))
    assert fonts is not None
    source = folder / "name.typ"
    source.write_text(f'#set text({fonts[0]})\n#"{text}"', encoding="utf-8")
    drawn = typst.compile(str(source), format="svg", font_paths=pdf.font_folders(), ignore_system_fonts=True)
    return set(re.findall(r'<path d="([^"]+)"', bytes(drawn).decode()))


@pytest.mark.parametrize("script", NAMES)
def test_a_name_is_drawn_in_its_script(script: str, tmp_path: Path) -> None:
    nothing = _shapes(chr(0x378), tmp_path)  # a place in Unicode that is not given to any character
    assert unicodedata.category(chr(0x378)) == "Cn" and len(nothing) >= 1
    drawn = _shapes(NAMES[script], tmp_path)
    assert (len(drawn) >= 3, drawn & nothing) == (True, set())


def test_every_name_makes_a_certificate(site: Site, tmp_path: Path) -> None:
    with site.app.test_request_context("/en/"):
        for name in [*NAMES.values(), '#panic("x") $ * _ \\ <b> @a //']:
            made = pdf.certificate(_certificate(name), verify="http://127.0.0.1/verify/X", more_fonts=tmp_path / "none")
            assert (made[:5], b"/StructTreeRoot" in made) == (b"%PDF-", True)


def test_two_pages_are_never_needed(site: Site, tmp_path: Path) -> None:
    long = _certificate("Wolfeschlegelsteinhausenbergerdorff " * 3)
    with site.app.test_request_context("/en/"):
        made = pdf.certificate(long, verify="http://127.0.0.1/verify/X", more_fonts=tmp_path)
    assert len(re.findall(rb"/Type\s*/Page\b", made)) == 1


def _certificate(name: str) -> Certificate:
    modules = [{"title": "Housing", "completed_on": START, "percent": 87}] * 8
    return Certificate(
        code="ABCD-EFGH-JKLM", name=name, organisation="Curitiba, Brazil", course_title="Beyond the outbreak", language="en",
        publisher="The publisher", rule="All modules", issued_at=START, modules=modules,
    )  # fmt: skip
