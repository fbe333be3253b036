"""The text of land-survey coordinate files (勘测定界坐标文件, 报部坐标 TXT), both ways.

Only the grammar: sections, keys, parcel rows ending in `@`, boundary points. What the numbers
mean (zone, rings, areas) is the work of `survey_layer`. X is north and comes first, Y is east.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from geodata.errors import InputError
from geodata.issues import Issue, issue

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER = "属性描述"
COORDINATES = "地块坐标"
KEYS = (
    "格式版本号",
    "数据产生单位",
    "数据产生日期",
    "坐标系",
    "几度分带",
    "投影类型",
    "计量单位",
    "带号",
    "精度",
    "转换参数",
)
"""Keys of the section of attributes, in the order in which they are written."""

POLYGON = "面"
FIELDS = 8
"""Fields of a parcel row that have a meaning of their own, the mark at its end left out."""
DECIMALS = 3
"""Decimals of coordinates as written: millimetres."""

_LISTED = 20
"""Rows that cannot be read which one error names."""
_SHOWN = 60
"""Characters of a row that a message repeats."""
_LEAST = 5
"""Fewest fields of a parcel row that has lost the mark at its end."""
_POINT = 4
"""Fields of a boundary point: 点号, 圈号, X, Y."""
_LINE = re.compile(r"\r\n|\r|\n")
_SECTION = re.compile(r"[\[【]\s*(.*?)\s*[\]】]")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]*)?")
_WHOLE = re.compile(r"[0-9]{1,9}")
_COMMAS = str.maketrans("，\uff20", ",@")


class Point(NamedTuple):
    """One boundary point (界址点) as a row states it."""

    label: str
    ring: int
    """圈号: 1 is an outer ring, 2 and more are holes."""
    first: float
    """X, north, unless the file has its axes swapped; in m."""
    second: float
    """Y, east, likewise."""
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One parcel row and the points under it.

    Attributes:
        line: line of the parcel row, counted from 1.
        fields: what the row states, without the mark at its end; at least `FIELDS` long.
        points: its boundary points, in the order of the file.
    """

    line: int
    fields: tuple[str, ...]
    points: tuple[Point, ...]

    @property
    def number(self) -> str:
        """地块编号 with its width folded, may be empty."""
        return unicodedata.normalize("NFKC", self.fields[2])

    @property
    def name(self) -> str:
        """地块名称, may be empty."""
        return self.fields[3]

    @property
    def extra(self) -> tuple[str, ...]:
        """Fields beyond the eight of the specification, empty ones at the end left out."""
        return _trimmed(self.fields[FIELDS:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One section of attributes with the parcels that it holds for.

    Attributes:
        header: key → value, as written.
        lines: key → line.
        parcels: in the order of the file.
    """

    header: Mapping[str, str]
    lines: Mapping[str, int] = field(default_factory=dict)
    parcels: tuple[Parcel, ...]


class Survey(NamedTuple):
    """A survey file as read."""

    blocks: tuple[Block, ...]
    issues: tuple[Issue, ...]


def parse(text: str, *, file: str) -> Survey:
    """Read the text of a survey file.

    Brackets, digits, commas and signs may be full-width; blank lines and white space do not
    matter; sections of other names are passed over.

    Args:
        text: the whole file, decoded.
        file: how messages call the file.

    Raises:
        InputError: there is no parcel, or rows cannot be read, each named by its line.
    """
    reading = _Reading(file=file)
    for number, line in enumerate(_LINE.split(text.removeprefix("\ufeff")), start=1):
        if plain := line.strip():
            reading.take(number, plain)
    return reading.done()


def compose(block: Block) -> str:
    """The text of a survey file with one section of attributes.

    Commas, line breaks and invisible characters in the fields of a parcel are made harmless;
    coordinates have three decimals.
    """
    lines = [f"[{HEADER}]"]
    lines += [f"{key}={_harmless(block.header.get(key, ''))}" for key in KEYS]
    lines.append(f"[{COORDINATES}]")
    for parcel in block.parcels:
        stated = (_harmless(one).replace(",", "，") for one in parcel.fields)
        lines.append(",".join((*stated, "@")))
        lines += [
            f"{one.label},{one.ring},{one.first:.{DECIMALS}f},{one.second:.{DECIMALS}f}"
            for one in parcel.points
        ]
    return "\n".join(lines) + "\n"


@dataclass(slots=True, kw_only=True)
class _Open:
    """A block that is being read."""

    header: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    parcels: list[tuple[int, tuple[str, ...], list[Point]]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What has been read so far."""

    file: str
    section: str = ""
    has_coordinates: bool = False
    blocks: list[_Open] = field(default_factory=list)
    notes: list[Issue] = field(default_factory=list)
    problems: list[Issue] = field(default_factory=list)

    def take(self, number: int, line: str) -> None:
        """Take in one line that is not blank."""
        section = _SECTION.fullmatch(unicodedata.normalize("NFKC", line))
        if section is not None:
            self._enter("".join(section[1].split()))
        elif self.section == HEADER:
            self._key(number, line)
        elif self.section == COORDINATES:
            self._row(number, line)
        elif not self.section:
            self._ignore(number, line)

    def done(self) -> Survey:
        """What was read, or an InputError with all that could not be."""
        if not self.has_coordinates:
            cause = _CAUSES["no-section"].format(section=COORDINATES)
            raise InputError([issue("survey-unreadable", file=self.file, cause=cause)])
        if self.problems:
            more = len(self.problems) - _LISTED
            rest = [self._problem(0, "", "more", count=more)] if more > 0 else []
            raise InputError([*self.problems[:_LISTED], *rest])
        blocks = tuple(
            Block(
                header=one.header,
                lines=one.lines,
                parcels=tuple(
                    Parcel(line=line, fields=fields, points=tuple(points))
                    for line, fields, points in one.parcels
                ),
            )
            for one in self.blocks
            if one.parcels
        )
        if not blocks:
            raise InputError([issue("empty-table", file=self.file)])
        return Survey(blocks, tuple(self.notes))

    def _enter(self, section: str) -> None:
        self.section = section
        self.has_coordinates |= section == COORDINATES
        if section == HEADER or (section == COORDINATES and not self.blocks):
            self.blocks.append(_Open())

    def _key(self, number: int, line: str) -> None:
        """A line such as `带号=37`."""
        key, sign, value = line.replace("\uff1d", "=").partition("=")
        if not sign:
            self._ignore(number, line)
            return
        name = "".join(unicodedata.normalize("NFKC", key).split())
        self.blocks[-1].header[name] = _clean(value)
        self.blocks[-1].lines[name] = number

    def _row(self, number: int, line: str) -> None:
        """A parcel row or a boundary point."""
        fields = _fields(line)
        if fields[-1] == "@":
            self._parcel(number, fields[:-1])
        elif len(fields) >= _LEAST and fields[4] in {"面", "线", "点"}:
            self._parcel(number, fields)
        else:
            self._point(number, line)

    def _parcel(self, number: int, fields: tuple[str, ...]) -> None:
        padded = (*fields, *("",) * (FIELDS - len(fields)))
        self.blocks[-1].parcels.append((number, padded, []))

    def _point(self, number: int, line: str) -> None:
        plain = unicodedata.normalize("NFKC", line)
        split = plain.split(",") if "," in plain else plain.split()
        fields = _trimmed(tuple(one.strip() for one in split))
        if len(fields) != _POINT:
            self.problems.append(self._problem(number, line, "fields", count=len(fields)))
        elif not _WHOLE.fullmatch(fields[1]):
            self.problems.append(self._problem(number, line, "ring", text=fields[1][:_SHOWN]))
        elif odd := [one for one in fields[2:] if not _NUMBER.fullmatch(one)]:
            self.problems.append(self._problem(number, line, "number", text=odd[0][:_SHOWN]))
        elif not self.blocks[-1].parcels:
            self.problems.append(self._problem(number, line, "no-parcel"))
        else:
            x, y = (float(one) for one in fields[2:])
            point = Point(_clean(fields[0]), int(fields[1]), x, y, number)
            self.blocks[-1].parcels[-1][2].append(point)

    def _problem(self, number: int, line: str, cause: str, **parts: object) -> Issue:
        where = {"cell": f"第 {number} 行", "value": _clean(line)[:_SHOWN]} if number else {}
        return issue("survey-row", file=self.file, cause=_CAUSES[cause].format(**parts), **where)

    def _ignore(self, number: int, line: str) -> None:
        where = {"file": self.file, "cell": f"第 {number} 行"}
        self.notes.append(issue("survey-line-ignored", **where, value=_clean(line)[:_SHOWN]))


def _fields(line: str) -> tuple[str, ...]:
    """Fields of a row; a full-width comma is part of a name where plain ones do the work."""
    fields = line.split(",")
    whole = _WHOLE.fullmatch(unicodedata.normalize("NFKC", fields[0]).strip())
    if len(fields) < _LEAST or not whole:
        fields = line.translate(_COMMAS).split(",")
    cleaned = [_clean(one) for one in fields]
    cleaned[-1] = cleaned[-1].translate(_COMMAS)
    return tuple(cleaned)


def _trimmed(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Fields without the empty ones at their end."""
    count = len(fields)
    while count and not fields[count - 1]:
        count -= 1
    return fields[:count]


def _clean(text: str) -> str:
    """Text without outer white space and characters that nobody sees."""
    return "".join(one for one in text.replace("\t", " ") if one.isprintable()).strip()


def _harmless(text: str) -> str:
    return _clean(" ".join(text.split()))


_CAUSES = {
    "no-section": "没有“[{section}]”一节，不是勘测定界坐标文件",
    "fields": "应为“点号,圈号,X,Y”四项，实有 {count} 项",
    "ring": "圈号“{text}”不是整数",
    "number": "坐标“{text}”不是数字",
    "no-parcel": "界址点之前没有以 @ 结尾的地块行",
    "more": "另有 {count} 行无法读取",
}
