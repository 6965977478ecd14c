"""Lists of addresses as people paste them: every line is read or comes back."""

from __future__ import annotations

import pytest

from course.accounts.address_lists import decoded, read
from tests.rig.pace import quickest


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("a@x.org\nb@x.org", [(1, ("a@x.org",)), (2, ("b@x.org",))]),
        ("  a@x.org  \r\n\r\n'+b@x.org,", [(1, ("a@x.org",)), (3, ("+b@x.org",))]),
        ("Ana <a@x.org>; Bo (b@x.org), o'hara@x.org.", [(1, ("a@x.org", "b@x.org", "o'hara@x.org"))]),
        ('name;e-mail\n"Sanz, Ana";a@x.org', [(2, ("a@x.org",))]),
        ("E-mail\na@x.org", [(2, ("a@x.org",))]),
        ("Ana Sanz\na@x.org", [(1, ()), (2, ("a@x.org",))]),
        ("a@x.org\nname;mail\nb@x", [(1, ("a@x.org",)), (2, ()), (3, ())]),
        ('# People\r\n"# Made at noon, by us"\r\nname,email\r\nAna,a@x.org', [(4, ("a@x.org",))]),
        ("\ufeffمريم\tmariam@بلدية.تونس\x00", [(1, ("mariam@بلدية.تونس",))]),
        ("@x.org a@ a@.x a@x. a@x.. a@@x.y @a@x.y a@x.y@", [(1, ("a@x", "a@@x.y", "@a@x.y", "a@x.y@"))]),
        ("", []),
    ],
)
def test_what_a_list_names(text: str, addresses: list[tuple[int, tuple[str, ...]]]) -> None:
    assert [(line.number, line.addresses) for line in read(text)] == addresses


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_of_a_spreadsheet(encoding: str) -> None:
    assert decoded("Zoë;z@x.org".encode(encoding)) == "Zoë;z@x.org"


@pytest.mark.parametrize("word", ["a", "@", "a@", "a@x", ".", "a.", "(", "a "])
def test_a_list_of_any_kind_is_read_at_once(word: str) -> None:
    """A pattern that looks for a whole address takes as long as the square of its letters: hours for two megabytes."""

    def look() -> None:
        assert [line.number for line in read(word * (2_000_000 // len(word)))] == [1]

    assert quickest(look, 5) < 5
