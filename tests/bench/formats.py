"""Reading large files of other systems: the time must grow with the items and no faster."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from quizzes.formats import FORMATS

Make = Callable[[int], tuple[str, bytes]]


def gift(count: int) -> tuple[str, bytes]:
    """The format's name, and a file of so many items."""
    items = (
        f"// [id:item-{n}] [tag:t{n % 7}]\n::Item {n}::What is {n}?{{\n\t=Right {n}#Yes.\n\t~Wrong {n}#No.\n\t~So\n}}\n\n"
        if n % 2
        else f"::Word {n}::Which word is {n}?{{=w{n} =word {n} =%0%*#No.}}\n\n"
        for n in range(count)
    )
    return "gift", "".join(items).encode()


def moodle_xml(count: int) -> tuple[str, bytes]:
    items = (
        f'<question type="multichoice"><name><text>Item {n}</text></name><questiontext format="html"><text>'
        f"<![CDATA[<p>What is <b>{n}</b>?</p>]]></text></questiontext><single>true</single>"
        f'<answer fraction="100"><text>Right {n}</text><feedback><text>Yes.</text></feedback></answer>'
        f'<answer fraction="0"><text>Wrong {n}</text></answer></question>\n'
        for n in range(count)
    )
    return "moodle-xml", f"<quiz>{''.join(items)}</quiz>".encode()


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector, whose work grows with everything else that the process holds."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def seconds(make: Make, count: int) -> float:
    """The processor's time to read a file of so many items, all of which are kept."""
    form, data = make(count)
    with uncollected():
        begun = time.process_time()
        found = FORMATS[form].read(data)
        took = time.process_time() - begun
    assert found.ledger.count("kept") == count
    return took


def ratio(make: Make, count: int, rounds: int = 5) -> list[float]:
    """For each round how much longer twice the items take, measured in turn so that a busy machine slows both."""
    return [seconds(make, 2 * count) / seconds(make, count) for _ in range(rounds)]


def measured(count: int = 5_000) -> list[tuple[str, list[float], float]]:
    """For `./dev bench`: per format its words, the ratios of twice the items to ``count``, and the seconds of the larger."""
    return [
        (words, ratio(make, count, rounds=3), seconds(make, 2 * count))
        for words, make in (("GIFT", gift), ("Moodle XML", moodle_xml))
    ]
