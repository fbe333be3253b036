"""Cells into values (单元格取值): what a clerk writes, read as number, flag, date or code."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from decimal import Decimal

import pandas as pd

from geodata import units

_INVISIBLE = "\u200b\u200e\u200f\ufeff"
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012–—―−", "-"))
_BRACKETS = str.maketrans("（）\uff3b\uff3d", "()[]")

_BLANK = frozenset({"", "/", "//", "\\", "\\n", "*", "n/a", "na", "null", "none", "nan", "nat"}) | {
    *("无", "空", "暂无", "缺", "缺失", "不详", "未知", "无数据", "不适用")
}
_TRUE = frozenset({"1", "1.0", "true", "t", "yes", "y", "√", "✓", "✔", "☑"}) | {
    *("是", "对", "真", "有", "属于", "规上", "规模以上")
}
_FALSE = frozenset({"0", "0.0", "false", "f", "no", "n", "×", "✗", "✘", "x"}) | {
    *("否", "错", "假", "无", "不是", "不属于", "非", "规下", "规模以下")
}

_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
_DAY = re.compile(
    r"(?P<year>\d{4})(?:"
    r"[-/.年](?P<month>\d{1,2})(?:[-/.月](?P<day>\d{1,2})日?|月)?|(?P<m>\d{2})(?P<d>\d{2})"
    r")(?:[ T]?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_BRACKETED = re.compile(r"(?P<label>.*\S)\s*[(\[【](?P<inside>[^()\[\]【】]*)[)\]】]", re.DOTALL)
_UNIT_WORD = re.compile(r"^(?:计量|金额|货币|面积)?单位:?")
_SIZES = "十百千万亿"
_OTHER_UNITS = frozenset({"m", "km", "m3", "kw", "mw", "gj"}) | {
    *("美元", "港元", "欧元", "日元", "角", "分", "公亩", "米", "公里", "立方米", "千瓦", "兆瓦"),
    *("吉焦", "小时", "天", "月", "年", "台", "套", "辆"),
}

_EXCEL_EPOCH = dt.date(1899, 12, 30)
_SERIALS = (18264, 73050)  # 1950-01-01 to 2099-12-31
_EXACT = 1e15  # Excel keeps 15 digits; a longer number has lost its end


def plain(value: object) -> str:
    """Text of a cell without what only decorates it.

    Width is folded, dashes are one kind, surrounding white space, invisible characters and the
    apostrophe or `="…"` that keeps Excel from reading a number are gone.

    >>> plain("　1，234 ")
    '1,234'
    >>> plain('="0012"')
    '0012'
    """
    text = value if isinstance(value, str) else str(value)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_DASHES)
        text = text.strip(_INVISIBLE)
    text = text.strip()
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1].strip()
    return text.removeprefix("'")


def is_blank(value: object) -> bool:
    """Whether a cell says nothing: empty, or one of the marks for "no figure" (—, /, …, 无).

    >>> [is_blank(one) for one in (None, float("nan"), " ", "—", "/", "……", "无")]
    [True, True, True, True, True, True, True]
    >>> is_blank(0) or is_blank("0") or is_blank(False)
    False
    """
    if value is None:
        return True
    if isinstance(value, str):
        text = plain(value).casefold()
        return text in _BLANK or not text.strip("-.")
    if isinstance(value, float):
        return math.isnan(value)
    return value is pd.NA or value is pd.NaT


def number(value: object, *, percent: bool = False) -> float | None:
    """The number a cell holds, None when it is missing or cannot be read as one.

    Thousands separators, full-width digits and surrounding spaces are understood. Text with a
    percent sign is a fraction whatever `percent` says. Excel stores a cell that it shows as
    5.84% as 0.0584, which already is the fraction: read it with `percent=False`.

    Args:
        value: the cell.
        percent: bare numbers stand in percent, because their column says so (`占比(%)`):
            5.84 becomes 0.0584.

    >>> number(" 1，234.5"), number("5.84%"), number(5.84, percent=True)
    (1234.5, 0.0584, 0.0584)
    >>> number("/") is None and number("约30") is None and number("1,23") is None
    True
    """
    found: Decimal | float | int
    if isinstance(value, str):
        text = plain(value)
        share = text.endswith("%")
        text = text.removesuffix("%").rstrip()
        if not (_PLAIN.fullmatch(text) or _GROUPED.fullmatch(text)):
            return None
        found, percent = Decimal(text.replace(",", "")), percent or share
    elif isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    else:
        found = value
    if percent:
        found = (found if isinstance(found, Decimal) else Decimal(repr(float(found)))) / 100
    result = float(found)
    return result if math.isfinite(result) else None


def has_percent(value: object) -> bool:
    """Whether a cell is text that ends with a percent sign.

    >>> has_percent("5.84 %"), has_percent(0.0584)
    (True, False)
    """
    return isinstance(value, str) and plain(value).endswith("%")


def flag(value: object) -> bool | None:
    """Yes or no, None when the cell is missing or says neither.

    A bare 无 is no here (重大事故：无), while 规上 and 规下 answer for 是否规上.

    >>> flag("是"), flag("×"), flag(1.0), flag("规下"), flag("/"), flag("大型")
    (True, False, True, False, None, None)
    """
    if isinstance(value, bool):
        return value
    if is_blank(value) and not isinstance(value, str):
        return None
    text = plain(value).casefold()
    if text in _TRUE:
        return True
    return False if text in _FALSE else None


def date(value: object) -> dt.date | None:
    """The day a cell names, None when it is missing or not a date.

    A month without a day is its first day. Numbers are days of Excel's calendar when they fall
    into 1950 to 2099, or eight digits as in 20240630.

    >>> date("2024年6月30日") == date("20240630") == date(45473) == date("2024/6/30")
    True
    >>> date("2024年6月"), date("2024年13月"), date(2024)
    (datetime.date(2024, 6, 1), None, None)
    """
    if is_blank(value) or isinstance(value, bool):
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, (int, float)) and _SERIALS[0] <= value <= _SERIALS[1]:
        return _EXCEL_EPOCH + dt.timedelta(days=math.floor(value))
    if isinstance(value, float) and not value.is_integer():
        return None  # 2024.1 may have been typed as 2024.10
    return _written_date(_digits(value))


def text(value: object) -> str | None:
    """Text as written, outer white space gone, None when missing; whole numbers without `.0`.

    >>> text(" 湘江（集团） "), text(12.0), text("—")
    ('湘江（集团）', '12', None)
    """
    if is_blank(value):
        return None
    if isinstance(value, str):
        return value.strip().strip(_INVISIBLE).strip()
    return _digits(value)


def code(value: object) -> str | None:
    """Code as text, None when missing; width folded, a number without `.0`.

    >>> code(43090301.0), code("GB01 "), code("0012")
    ('43090301', 'GB01', '0012')
    """
    return None if is_blank(value) else _digits(value)


def is_damaged_code(value: object) -> bool:
    """Whether Excel has turned this code into a rounded number, so that its end is lost.

    >>> is_damaged_code(9.14309e17), is_damaged_code("9.14309E+17"), is_damaged_code(43090301.0)
    (True, True, False)
    """
    if isinstance(value, float):
        return abs(value) >= _EXACT
    return isinstance(value, str) and _SCIENTIFIC.fullmatch(plain(value)) is not None


def split_unit(header: str) -> tuple[str, str]:
    """A header as label and unit; the unit is empty when no bracket at its end names one.

    Brackets that hold something else belong to the label.

    >>> split_unit("用地面积（亩）"), split_unit("税收(单位:万元)"), split_unit("增值税（入库）")
    (('用地面积', '亩'), ('税收', '万元'), ('增值税（入库）', ''))
    >>> split_unit("全员劳动生产率(万元/人·年)")
    ('全员劳动生产率', '万元/人·年')
    """
    text = header.strip()
    found = _BRACKETED.fullmatch(text.translate(_BRACKETS))
    if found is None:
        return text, ""
    unit = bare_unit(found["inside"])
    return (text[: found.end("label")], unit) if unit else (text, "")


def bare_unit(text: str) -> str:
    """The unit that a piece of text states (`万元`, `单位：万元`), empty when it is none.

    Units that cannot be converted (美元) count too, so that they can be refused by name.

    >>> bare_unit("计量单位: 万元"), bare_unit("万美元"), bare_unit("元/㎡"), bare_unit("入库")
    ('万元', '万美元', '元/m2', '')
    """
    folded = "".join(unicodedata.normalize("NFKC", text).split()).strip("()[]【】")
    unit = _UNIT_WORD.sub("", folded)
    return unit if unit and all(_is_unit(part) for part in unit.split("/")) else ""


def _is_unit(part: str) -> bool:
    if part.isdigit():
        return False
    rest = part.removesuffix("·年").lstrip(_SIZES)
    return units.is_unit(part) or units.is_unit(rest) or rest.casefold() in _OTHER_UNITS


def _written_date(text: str) -> dt.date | None:
    found = _DAY.fullmatch(text)
    if found is None:
        return None
    parts = found.groupdict()
    month, day = parts["month"] or parts["m"], parts["day"] or parts["d"] or "1"
    try:
        return dt.date(int(parts["year"]), int(month), int(day))
    except ValueError:
        return None


def _digits(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return plain(value)
