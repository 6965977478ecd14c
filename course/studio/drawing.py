"""One frame of a scene: a city at night, with one more window lit the further the clip has come."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import fontpkg_noto_sans
from PIL import Image, ImageDraw, ImageFont

from .timing import eased

WIDTH, HEIGHT = 1280, 720
NIGHT, DEEP, INK, SOFT, LAMP = "#11151f", "#0a0d15", "#eceae4", "#aab2c5", "#ffc857"
HUES: Mapping[str, str] = {
    "housing": "#ff9d78",
    "mobility": "#7fcdf0",
    "digital": "#b9a8ff",
    "migration": "#ff9cc6",
    "culture": "#f2c14e",
    "local-finance": "#8fd49b",
    "public-services": "#74d3d3",
    "gender": "#dda2f2",
}
LEFT, ROOM = 96, 1088  # the text area, in pixels


@dataclass(frozen=True, slots=True)
class Look:
    """What is the same through a clip."""

    hue: str
    skyline: tuple[tuple[int, int, int], ...]  # houses: left, width, height
    windows: tuple[tuple[int, int], ...]


def look(module: str) -> Look:
    """A skyline of its own for each module, always the same."""
    chance = random.Random(module)  # noqa: S311  houses, not secrets
    houses, windows, left = [], [], 0
    while left < WIDTH:
        wide, tall = chance.randrange(46, 104, 2), chance.randrange(34, 92, 2)
        houses.append((left, wide, tall))
        for x in range(left + 12, left + wide - 14, 20):
            windows += [(x, y) for y in range(HEIGHT - 26 - tall + 14, HEIGHT - 36, 22) if chance.random() < 0.7]
        left += wide + chance.choice((0, 0, 6))
    chance.shuffle(windows)
    return Look(HUES.get(module, LAMP), tuple(houses), tuple(windows))


def frame(of: Look, show: Mapping[str, Any], *, since: float, share: float, is_first: bool) -> Image.Image:
    """``since``: seconds from the start of the scene; ``share``: how far the whole clip has come, 0 to 1."""
    image = Image.new("RGB", (WIDTH, HEIGHT), NIGHT)
    draw = ImageDraw.Draw(image)
    draw.rectangle((LEFT, 84, LEFT + 56, 90), fill=of.hue)
    _SCENES[show["kind"]](image, draw, of, show, since)
    _street(draw, of, share)
    if source := show.get("source"):
        _text(draw, (LEFT, 566), f"Source: {source}", 26, _mix(SOFT, since / 0.5))
    if is_first:
        _text(draw, (WIDTH - 40, 40), "Synthetic voice", 24, SOFT, anchor="ra")
    return image


def _street(draw: ImageDraw.ImageDraw, of: Look, share: float) -> None:
    for left, wide, tall in of.skyline:
        draw.rectangle((left, HEIGHT - 26 - tall, left + wide - 2, HEIGHT), fill=DEEP)
    lit = round(share * len(of.windows))
    for number, (x, y) in enumerate(of.windows):
        draw.rectangle((x, y, x + 8, y + 11), fill=LAMP if number < lit else "#1c2333")
    draw.rectangle((0, HEIGHT - 5, round(WIDTH * share), HEIGHT), fill=of.hue)


def _title(_: Image.Image, draw: ImageDraw.ImageDraw, of: Look, show: Mapping[str, Any], since: float) -> None:
    shift = round(26 * (1 - eased(since / 0.7)))
    bottom = _block(draw, (LEFT, 190 + shift), show["heading"], 84, _mix(INK, since / 0.5), bold=True)
    _block(draw, (LEFT, bottom + 26), show["text"], 46, _mix(of.hue, (since - 0.5) / 0.6))


def _number(_: Image.Image, draw: ImageDraw.ImageDraw, of: Look, show: Mapping[str, Any], since: float) -> None:
    value = _counted(str(show["value"]), eased(since / 1.3))
    size = _fitting(str(show["value"]), 190, ROOM, bold=True)
    draw.text((LEFT, 330), value, font=_font(size, bold=True), fill=of.hue, anchor="ls")
    _block(draw, (LEFT, 372), show["unit"], 50, _mix(INK, (since - 0.5) / 0.6))


def _bars(_: Image.Image, draw: ImageDraw.ImageDraw, of: Look, show: Mapping[str, Any], since: float) -> None:
    unit, bars = str(show["unit"]), show["bars"]
    bottom = _block(draw, (LEFT, 116), show["heading"], 52, INK, bold=True) + 22
    longest, each = max(float(bar["value"]) for bar in bars) or 1, (548 - bottom) / len(bars)
    tall = min(56, each - 46)
    room = ROOM - 260
    for number, bar in enumerate(bars):
        come, top = eased((since - 0.4 - 0.35 * number) / 1.0), bottom + each * number
        _text(draw, (LEFT, round(top)), str(bar["label"]), 30, _mix(SOFT, (since - 0.3 - 0.35 * number) / 0.4))
        long = room * float(bar["value"]) / longest * come
        y = round(top + 42)
        if long >= 1:
            draw.rectangle((LEFT, y, LEFT + round(long), y + round(tall)), fill=LAMP if number == 0 else of.hue)
        if come > 0:
            label = f"{_counted(_written(bar['value']), come)} {unit}"
            _text(draw, (LEFT + round(long) + 18, round(y + tall / 2)), label, 34, INK, bold=True, anchor="lm")


def _share(_: Image.Image, draw: ImageDraw.ImageDraw, of: Look, show: Mapping[str, Any], since: float) -> None:
    """A hundred windows, or as many as the whole has up to a hundred, of which the part is lit."""
    part, whole = float(show["part"]), float(show["whole"])
    count = int(whole) if whole <= 100 and whole == int(whole) else 100
    lit = part / whole * count * eased((since - 0.4) / 1.6)
    columns = 10 if count > 24 else 6
    rows = -(-count // columns)
    pitch = min(44, 400 // rows)
    left, top = WIDTH - LEFT - columns * pitch, 110
    for number in range(count):
        x, y = left + number % columns * pitch, top + number // columns * pitch
        size = pitch - 9
        draw.rectangle((x, y, x + size, y + size), fill="#222a3d")
        filled = min(1.0, max(0.0, lit - number))
        if filled > 0.02:
            draw.rectangle((x, round(y + size * (1 - filled)), x + size, y + size), fill=LAMP)
    room = left - LEFT - 50
    bottom = _block(draw, (LEFT, 120), show["heading"], 52, INK, bold=True, room=room)
    said = _written(show["part"]) + (" %" if whole == 100 else f" of {_written(show['whole'])}")
    size = _fitting(said, 120, room, bold=True)
    draw.text((LEFT, bottom + 24 + size), said, font=_font(size, bold=True), fill=of.hue, anchor="ls")
    _block(draw, (LEFT, bottom + 52 + size), show["text"], 38, _mix(INK, (since - 0.6) / 0.6), room=room)


def _list(_: Image.Image, draw: ImageDraw.ImageDraw, __: Look, show: Mapping[str, Any], since: float) -> None:
    bottom = _block(draw, (LEFT, 116), show["heading"], 52, INK, bold=True) + 34
    points = show["points"]
    each = min(86, (556 - bottom) // len(points))
    for number, point in enumerate(points):
        come = (since - 0.6 - 0.9 * number) / 0.5
        if come <= 0:
            continue
        y = bottom + each * number
        draw.rectangle((LEFT, y + 10, LEFT + 22, y + 38), fill=_mix(LAMP, come))
        size = _fitting(str(point), 42, ROOM - 60)
        _text(draw, (LEFT + 54, y), str(point), size, _mix(INK, come))


def _question(_: Image.Image, draw: ImageDraw.ImageDraw, of: Look, show: Mapping[str, Any], since: float) -> None:
    shift = round(20 * (1 - eased(since / 0.8)))
    bottom = _block(draw, (LEFT, 180 + shift), show["text"], 64, _mix(INK, since / 0.6), bold=True)
    long = round(220 * eased((since - 0.8) / 1.2))
    if long:
        draw.rectangle((LEFT, bottom + 30, LEFT + long, bottom + 36), fill=of.hue)


_SCENES: Mapping[str, Callable[..., None]] = {
    "title": _title,
    "number": _number,
    "bars": _bars,
    "share": _share,
    "list": _list,
    "question": _question,
}


def _written(value: object) -> str:
    number = float(str(value))
    return f"{number:,.0f}" if number == int(number) else f"{number:,}"


def _counted(value: str, come: float) -> str:
    """The first number of a text on its way up to itself; the rest stays. ``1.2 million`` at a half is ``0.6 million``."""
    found = re.search(r"\d[\d,]*(?:\.\d+)?", value)
    if found is None or come >= 1:
        return value
    decimals = len(found.group().partition(".")[2])
    number = float(found.group().replace(",", "")) * come
    shown = f"{number:,.{decimals}f}" if "," in found.group() else f"{number:.{decimals}f}"
    return value[: found.start()] + shown + value[found.end() :]


@lru_cache
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    folder = Path(str(fontpkg_noto_sans.__file__)).parent / "files"
    font = ImageFont.truetype(str(folder / "NotoSans[wdth,wght].ttf"), size)
    font.set_variation_by_axes([100, 700 if bold else 400] if _axes(font)[0] == "wdth" else [700 if bold else 400, 100])
    return font


def _axes(font: ImageFont.FreeTypeFont) -> list[str]:
    names = [axis["name"] for axis in font.get_variation_axes()]
    return ["wdth" if (name or b"").lower().startswith(b"width") else "wght" for name in names]


def _fitting(words: str, size: int, room: int, *, bold: bool = False) -> int:
    while size > 20 and _font(size, bold=bold).getlength(words) > room:
        size -= 2
    return size


def _text(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    words: str,
    size: int,
    colour: str,
    *,
    bold: bool = False,
    anchor: str = "la",
) -> None:
    draw.text(at, words, font=_font(size, bold=bold), fill=colour, anchor=anchor)


def _block(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    words: str,
    size: int,
    colour: str,
    *,
    bold: bool = False,
    room: int = ROOM,
) -> int:
    """Text broken to the room; gives where it ends."""
    font, line, y = _font(size, bold=bold), "", at[1]
    for word in [*str(words).split(), None]:
        longer = f"{line} {word}".strip() if word else ""
        if word and font.getlength(longer) <= room:
            line = longer
            continue
        if line:
            draw.text((at[0], y), line, font=font, fill=colour)
            y += round(size * 1.28)
        line = word or ""
    return y


def _mix(colour: str, come: float) -> str:
    """From night to the colour, as ``come`` goes from 0 to 1."""
    come = min(1.0, max(0.0, come))
    pairs = zip(_parts(NIGHT), _parts(colour), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * come):02x}" for a, b in pairs)


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
