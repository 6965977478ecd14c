"""The certificate as a tagged PDF/UA, set by Typst from the snapshot alone, with fonts for many scripts."""

from __future__ import annotations

import importlib.util
import json
import tempfile
from functools import cache
from pathlib import Path

from ..learning.tables import Certificate
from .rendering import plain_day

TEMPLATE = Path(__file__).parent / "certificate.typ"
# Installed packages of which only the font files are used, so that a name is set alike on every machine.
FONT_PACKAGES = (
    "fontpkg_noto_sans",
    "justmytype_intl_africa",
    "justmytype_intl_rtl",
    "justmytype_intl_sea",
    "justmytype_intl_south_asia",
    "noto_cjk_sans_otc",
)


def certificate(of: Certificate, *, verify: str, more_fonts: Path) -> bytes:
    """One A4 page. The compiler refuses a document without title or language, so what comes out is tagged.

    ``more_fonts`` is a folder, which need not exist, for scripts that the font packages do not cover.
    """
    import typst  # 80 MB, and few requests ask for it

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "certificate.typ").write_bytes(TEMPLATE.read_bytes())
        (root / "qr.svg").write_text(qr(verify), encoding="utf-8")
        (root / "data.json").write_text(
            json.dumps(
                {
                    "name": of.name,
                    "organisation": of.organisation,
                    "course": of.course_title,
                    "publisher": of.publisher,
                    "rule": of.rule,
                    "issued": plain_day(of.issued_at),
                    "code": of.code,
                    "verify": verify,
                    "language": of.language.split("-")[0],
                    "modules": [
                        {
                            "title": m["title"],
                            "on": plain_day(m["completed_on"]),
                            "percent": "" if m["percent"] is None else f"{m['percent']} %",
                        }
                        for m in of.modules
                    ],
                }
            ),
            encoding="utf-8",
        )
        made = typst.compile(
            str(root / "certificate.typ"),
            format="pdf",
            pdf_standards="ua-1",
            font_paths=[*font_folders(), *([str(more_fonts)] if more_fonts.is_dir() else [])],
            ignore_system_fonts=True,
        )
    return bytes(made)


def qr(address: str) -> str:
    """The address as an SVG of its own, without script or style."""
    import segno  # brings 4 MB, which only certificates need

    return str(
        segno.make(address, error="m").svg_inline(
            scale=4, border=1, svgclass=None, lineclass=None, title="Address of the verification page"
        )
    )


@cache
def font_folders() -> list[str]:
    """Folders of the font packages that are installed beside the program."""
    found = []
    for package in FONT_PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            found += [str(path) for path in spec.submodule_search_locations]
    return found
