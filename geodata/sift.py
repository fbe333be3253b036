"""Sift the rows under a header (分拣): records, totals, notes; empty rows fall through."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.cells import is_blank, plain
from geodata.fields import fold
from geodata.header import KEYS, row_address
from geodata.issues import Issue, issue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from geodata.header import Header
    from geodata.model import RawTable

_TOTAL = re.compile(
    r"(?P<before>.{0,20}?)(?P<word>合计|总计|共计|小计|平均值?)(?:\(.*\))?:?|其中.*"
)
_WHOLE, _SOME = ("合计", "总计", "共计"), ("小计",)
_NOTE = re.compile(
    r"(?:注|附注|备注|说明|填表说明|资料来源|数据来源|来源)[一二三四五六七八九十\d]*:.*"
    r"|(?:制表|填表|填报|审核|复核|经办|联系|打印|报出|统计|单位)"
    r"(?:人|员|日期|时间|单位|部门|机关|负责人|电话|方式)+(?::.*)?"
    r"|(?:摘编自|摘自|资料来源|数据来源).*"
)
_SECTION = re.compile(r"(?:\([一二三四五六七八九十]+\)|[一二三四五六七八九十]+[、.]).+")
_PROSE = re.compile(r".*[。;:《》].*|.{30,}")

_ROUNDED = 3 * math.sqrt(1 / 12)
"""Three standard deviations of one rounding error, in units of the last decimal."""
_DECIMALS = 6
"""Figures with more decimals than this were calculated, not rounded."""
_NOISE = 1e-9


class Total(NamedTuple):
    """A row that states sums of others."""

    row: int
    """Counted from 0."""
    text: str
    """Its first text, folded: 合计, 小计, 其中:规上."""
    before: int
    """Number of records above it."""
    whole: bool | None
    """Whether it is for all records (合计), for some (小计), or no sum at all (其中: None)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """The rows under a header.

    Attributes:
        records: rows that hold data, counted from 0.
        totals: rows that hold sums.
        issues: one for every row that is neither data nor empty.
    """

    records: tuple[int, ...]
    totals: tuple[Total, ...]
    issues: tuple[Issue, ...]


def sift(raw: RawTable, head: Header, table: str) -> Sifted:
    """Tell records from totals, notes, section titles and repeated headers.

    Every record of a layer is data. In a sheet, a row with a code of its own always is.
    """
    if raw.geometry is not None:
        return Sifted(records=tuple(range(head.first, len(raw.rows))), totals=(), issues=())
    sheet = _Sheet.of(raw, head, table)
    records: list[int] = []
    totals: list[Total] = []
    issues: list[Issue] = []
    loose = False  # whether the row before was not a record
    for row in range(head.first, len(raw.rows)):
        filled = {place: cell for place, cell in enumerate(raw.rows[row]) if _is_filled(cell)}
        if not filled:
            loose = True
            continue
        kind, text = sheet.kind(row, filled, loose=loose)
        loose = kind != "record"
        where = {"file": raw.file, "sheet": raw.sheet, "cell": row_address(raw, row)}
        if kind == "record":
            records.append(row)
        else:
            issues.append(issue(kind, **where, value=text))
        if kind == "total-row":
            totals.append(_total(row, fold(text), len(records)))
    return Sifted(records=tuple(records), totals=tuple(totals), issues=tuple(issues))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """What telling rows apart needs to know of the sheet."""

    titles: dict[int, str]
    """Header of each known column, folded, by place."""
    keys: tuple[int, ...]
    codes: tuple[int, ...]
    end: int
    """Last row with more than one filled cell."""

    @classmethod
    def of(cls, raw: RawTable, head: Header, table: str) -> _Sheet:
        known = [one for one in head.columns if one.field.id in KEYS[table]]
        several = (
            row
            for row in range(len(raw.rows) - 1, head.row, -1)
            if sum(map(_is_filled, raw.rows[row])) > 1
        )
        return cls(
            titles={one.place: fold(one.header) for one in head.columns},
            keys=tuple(one.place for one in known),
            codes=tuple(one.place for one in known if one.field.type == "code"),
            end=next(several, len(raw.rows)),
        )

    def kind(self, row: int, filled: Mapping[int, object], *, loose: bool) -> tuple[str, str]:
        """`record`, or the code of the issue that says what the row is, and its telling text."""
        first = next((place for place, cell in filled.items() if isinstance(cell, str)), None)
        if first is None:
            return "record", ""
        told = dict.fromkeys(
            place for place in (first, *self.keys) if isinstance(filled.get(place), str)
        )
        texts = {place: plain(filled[place]) for place in told}
        for place, text in texts.items():
            if _TOTAL.fullmatch(fold(text)) and not self._coded(filled, place):
                return "total-row", text
        text = texts[first]
        if self._coded(filled, first):
            is_note = self._is_header(filled)
        else:
            is_note = _NOTE.fullmatch(fold(text)) is not None or self._is_header(filled)
            is_note |= len(filled) == 1 and self._is_alone(row, first, text, loose=loose)
        return ("note-row" if is_note else "record"), text

    def _coded(self, filled: Mapping[int, object], told: int) -> bool:
        """Whether the row has a code, other than in the cell that tells what it is."""
        return any(
            place != told and place in filled and not is_blank(filled[place])
            for place in self.codes
        )

    def _is_header(self, filled: Mapping[int, object]) -> bool:
        """Whether the header stands here again, as at the top of a printed page."""
        known = [place for place in self.titles if place in filled]
        return bool(known) and all(self.titles[at] == fold(str(filled[at])) for at in known)

    def _is_alone(self, row: int, place: int, text: str, *, loose: bool) -> bool:
        """Whether a single text is a section's title, or a remark beneath the table."""
        if len(self.titles) == 1:
            return False
        if _SECTION.fullmatch(text):
            return True
        beneath = row > self.end
        return beneath and (loose or place not in self.keys or bool(_PROSE.fullmatch(text)))


def missed(
    total: Total, sifted: Sifted, stated: float, figures: NDArray[np.float64], *, counted: bool
) -> float | None:
    """The sum that a total should have stated, None when it fits within rounding.

    A 合计 is the sum of all records; a 小计, or one of several 合计, of those above it or below
    it up to the next total, or of all. Unknown figures count nothing.

    Args:
        total: the row.
        sifted: all rows.
        stated: the figure it states.
        figures: the same column of all records.
        counted: whether figures are counts, whose whole numbers are not rounded.
    """
    blocks = [figures[one] for one in _blocks(total, sifted)]
    known = [one[~np.isnan(one)] for one in blocks if len(one)]
    sums = [math.fsum(one) for one in known]
    for members, one in zip(sums, known, strict=True):
        if abs(stated - members) <= _slack(stated, one, counted=counted):
            return None
    return sums[0] if sums else None


def _blocks(total: Total, sifted: Sifted) -> list[slice]:
    """Records that a total may be the sum of, likeliest first."""
    every = slice(0, len(sifted.records))
    if total.whole is None:
        return []
    others = [one for one in sifted.totals if one.whole is not None and one.row != total.row]
    if total.whole and not any(one.whole for one in others):
        return [every]
    start = max((one.before for one in others if one.row < total.row), default=0)
    end = min((one.before for one in others if one.row > total.row), default=every.stop)
    return [slice(start, total.before), slice(total.before, end), every]


def _slack(stated: float, members: NDArray[np.float64], *, counted: bool) -> float:
    """How far a total may be off because it and its members were rounded, each on its own."""
    noise = _NOISE * max(abs(stated), float(np.abs(members).sum()))
    last = _last_place(members.tolist())
    if counted and last == 1:
        return noise
    count = len(members)
    return noise + _last_place([stated]) / 2 + min(count / 2, _ROUNDED * math.sqrt(count)) * last


def _last_place(figures: list[float]) -> float:
    """Worth of the last decimal that the figures show, zero when they are not rounded."""
    decimals = max((len(repr(one).partition(".")[2].rstrip("0")) for one in figures), default=0)
    return 10.0**-decimals if decimals <= _DECIMALS else 0.0


def _is_filled(cell: object) -> bool:
    return cell is not None and not (isinstance(cell, str) and not cell.strip())


def _total(row: int, text: str, before: int) -> Total:
    found = _TOTAL.fullmatch(text)
    assert found is not None
    if found["word"] not in (*_WHOLE, *_SOME):
        return Total(row, text, before, None)
    return Total(row, text, before, found["word"] in _WHOLE and not found["before"])
