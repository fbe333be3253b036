"""The plane of a survey file (投影带): datum, zone and degrees from its header and its eastings.

A zone is never guessed: the prefix of the eastings and the header must agree on it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from geodata.errors import InputError
from geodata.issues import Issue, issue

if TYPE_CHECKING:
    from geodata.survey_format import Block

DATUM = "2000国家大地坐标系"
PROJECTION = "高斯克吕格"
UNIT = "米"

MILLION = 1_000_000
_ZONES = {3: range(25, 46), 6: range(13, 24)}
"""Degrees → zone numbers in China."""
_CODES = {(3, True): 4513, (3, False): 4534, (6, True): 4491, (6, False): 4502}
"""Degrees and whether eastings bear the zone → EPSG code of the first zone."""

_OURS = re.compile("2000")
_FOREIGN = re.compile("西安|北京|XIAN|BEIJING|WGS|1980|1954", re.IGNORECASE)
_DEGREES = {"3": 3, "三": 3, "6": 6, "六": 6}
_DEGREES_TEXT = re.compile("([36三六])(?:\\.0*)?(?:度)?(?:分?带)?")
_ZONE_TEXT = re.compile("第?([0-9]{1,3})(?:\\.0*)?(?:带|号带?)?")
_NOTHING = re.compile(r"[-+0.,，;；\s]*")


class Plane(NamedTuple):
    """A CGCS2000 Gauss-Krüger plane."""

    zone: int
    degrees: int
    """3 or 6."""
    prefixed: bool
    """Whether eastings bear the zone in front."""

    @property
    def epsg(self) -> int:
        """EPSG code.

        >>> Plane(40, 3, prefixed=True).epsg, Plane(37, 3, prefixed=False).epsg
        (4528, 4546)
        >>> Plane(19, 6, prefixed=True).epsg, Plane(19, 6, prefixed=False).epsg
        (4497, 4508)
        """
        return _CODES[self.degrees, self.prefixed] + self.zone - _ZONES[self.degrees].start

    @property
    def meridian(self) -> int:
        """Central meridian in degrees east.

        >>> Plane(37, 3, prefixed=True).meridian, Plane(19, 6, prefixed=True).meridian
        (111, 111)
        """
        return 3 * self.zone if self.degrees == 3 else 6 * self.zone - 3  # noqa: PLR2004

    @classmethod
    def of_epsg(cls, code: int) -> Plane | None:
        """The plane with this EPSG code, None for any other system."""
        for (degrees, prefixed), first in _CODES.items():
            zones = _ZONES[degrees]
            if first <= code < first + len(zones):
                return cls(zones.start + code - first, degrees, prefixed)
        return None

    @classmethod
    def at(cls, longitude: float, degrees: int) -> Plane:
        """The plane whose zone holds a longitude.

        >>> Plane.at(112.4, 3).zone, Plane.at(112.6, 3).zone, Plane.at(112.4, 6).zone
        (37, 38, 19)
        """
        zone = math.floor(longitude / 6) + 1 if degrees == 6 else round(longitude / 3)  # noqa: PLR2004
        zones = _ZONES[degrees]
        return cls(min(max(zone, zones.start), zones.stop - 1), degrees, prefixed=True)


def degrees_of(zone: int) -> int | None:
    """3 or 6 by the zone's number, None where China has no such zone.

    >>> degrees_of(37), degrees_of(19), degrees_of(24)
    (3, 6, None)
    """
    return next((degrees for degrees, zones in _ZONES.items() if zone in zones), None)


def settle(block: Block, prefixes: set[int], *, file: str) -> tuple[Plane, tuple[Issue, ...]]:
    """The plane that a block's header and its eastings agree on.

    Args:
        block: its header counts.
        prefixes: millions of its eastings; 0 where they bear no zone.
        file: how messages call the file.

    Returns:
        The plane, and a note where the header states parameters that were not used.

    Raises:
        InputError: another datum, projection or unit; a zone that is missing, unknown or
            contradicts the eastings or the degrees.
    """
    header = _Header(block, file)
    problems = [one for one in (header.datum(), header.projection(), header.unit()) if one]
    degrees, doubt = header.degrees()
    stated, doubts = header.zone()
    problems += [*doubt, *doubts]
    zone, cause = _agreed(stated, degrees, prefixes)
    if cause and not doubts and not doubt:
        problems.append(issue("survey-zone", file=file, cause=cause, **header.cell("带号")))
    if problems:
        raise InputError(problems)
    return Plane(zone, degrees_of(zone) or 0, prefixed=prefixes != {0}), header.parameters()


def _agreed(stated: int | None, degrees: int | None, prefixes: set[int]) -> tuple[int, str]:
    """The zone, or why there is none."""
    if len(prefixes) != 1:
        found = "、".join(str(one) if one else _CAUSES["none"] for one in sorted(prefixes))
        return 0, _CAUSES["several"].format(found=found)
    prefix = min(prefixes)
    zone = prefix or stated or 0
    if prefix and stated and prefix != stated:
        return 0, _CAUSES["contradiction"].format(stated=stated, prefix=prefix)
    if not zone:
        return 0, _CAUSES["unknown"]
    implied = degrees_of(zone)
    if implied is None or degrees not in {None, implied}:
        return 0, _CAUSES["degrees"].format(zone=zone, degrees=degrees or _CAUSES["none"])
    return zone, ""


class _Header(NamedTuple):
    """What a header says about the plane."""

    block: Block
    file: str

    def datum(self) -> Issue | None:
        """A problem when the datum is not CGCS2000."""
        text = self._text("坐标系")
        if not text:
            return self._problem("坐标系", _CAUSES["missing"])
        if _OURS.search(text) and not _FOREIGN.search(text):
            return None
        return issue("crs-datum", file=self.file, crs=text, **self.cell("坐标系"))

    def projection(self) -> Issue | None:
        """A problem when the projection is stated and is another one."""
        text = self._text("投影类型")
        if not text or "高斯" in text or "gauss" in text.casefold():
            return None
        return self._problem("投影类型", _CAUSES["odd"].format(text=text, wanted=PROJECTION))

    def unit(self) -> Issue | None:
        """A problem when the unit is stated and is another one than the metre."""
        text = self._text("计量单位")
        if text.casefold() in {"", UNIT, "公尺", "m", "meter", "metre"}:
            return None
        return self._problem("计量单位", _CAUSES["odd"].format(text=text, wanted=UNIT))

    def degrees(self) -> tuple[int | None, list[Issue]]:
        """3, 6 or unknown, and what is wrong with it."""
        text = self._text("几度分带")
        found = _DEGREES_TEXT.fullmatch(text)
        if not text or found:
            return (_DEGREES[found[1]] if found else None), []
        cause = _CAUSES["odd"].format(text=text, wanted="3 或 6")
        return None, [self._problem("几度分带", cause)]

    def zone(self) -> tuple[int | None, list[Issue]]:
        """The zone's number or unknown, and what is wrong with it."""
        text = self._text("带号")
        found = _ZONE_TEXT.fullmatch(text)
        if not text or (found and degrees_of(int(found[1]))):
            return (int(found[1]) if found else None), []
        cause = _CAUSES["odd"].format(text=text, wanted="13 至 23（六度带）或 25 至 45（三度带）")
        return None, [self._problem("带号", cause)]

    def parameters(self) -> tuple[Issue, ...]:
        """A note when the parameters of a transformation are not all zero."""
        text = self._text("转换参数")
        if _NOTHING.fullmatch(text):
            return ()
        where = self.cell("转换参数")
        return (issue("survey-parameters", file=self.file, value=text, **where),)

    def cell(self, key: str) -> dict[str, str]:
        """The line of a key, nothing where it is missing."""
        line = self.block.lines.get(key)
        return {} if line is None else {"cell": f"第 {line} 行"}

    def _text(self, key: str) -> str:
        return "".join(unicodedata.normalize("NFKC", self.block.header.get(key, "")).split())

    def _problem(self, key: str, cause: str) -> Issue:
        return issue("survey-header", file=self.file, key=key, cause=cause, **self.cell(key))


_CAUSES = {
    "none": "（没有）",
    "missing": "没有写明",
    "odd": "写的是“{text}”，应为 {wanted}",
    "several": "东坐标的带号不止一种：{found}",
    "contradiction": "属性描述中的带号是 {stated}，东坐标前两位的带号是 {prefix}",
    "unknown": "东坐标没有带号，属性描述也没有写明带号，无从确定中央经线",
    "degrees": "带号 {zone} 与几度分带 {degrees} 不符：13 至 23 是六度带，25 至 45 是三度带",
}
