"""A table to be scored into subjects, and an evaluation back into a table (评分表)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from openpyxl.utils import get_column_letter

from geodata import cells
from geodata.errors import InputError
from geodata.fields import fields
from geodata.issues import Issue, issue
from geodata.periods import before
from geodata.readers.tabular import read_table
from geodata.readers.vector import read_parquet_table
from indicators.assign import assign
from indicators.evaluate import named
from indicators.model import Subjects
from indicators.vocabulary import label
from parkeval.score_columns import (
    PERIOD,
    SCOPE,
    SUBJECT,
    Column,
    Columns,
    Target,
    conditions,
    score_columns,
    subject_place,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from geodata.model import RawTable
    from indicators.model import Evaluation
    from indicators.rules import Cohort, Indicator, Standard

_SEARCHED = 20
"""Rows from the top among which the header is looked for."""

_YEAR = re.compile(r"(\d{4})(?:\.0|年|年度)?")
_TOTALS = frozenset(("合计", "总计", "小计", "共计", "合 计", "总 计"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTable:
    """A table as a standard sees it.

    Attributes:
        now: its subjects in the period to judge, in the table's order.
        before: those of the latest period before it, None when there is none.
        ignored: headers that mean nothing here.
        issues: doubts about cells and rows, none of which stops the work.
    """

    now: Subjects
    before: Subjects | None
    ignored: tuple[str, ...]
    issues: tuple[Issue, ...]


def read_scores(
    path: Path, standard: Standard, *, period: str, sheet: str | None = None
) -> ScoreTable:
    """Read a table of subjects for a standard.

    Args:
        path: csv (UTF-8 or GB18030), xlsx, xls or parquet.
        standard: says what its columns may be called.
        period: 统计期 to judge; earlier rows are history.
        sheet: sheet of a workbook, the first when None.

    Raises:
        InputError: the file cannot be read, has no rows, names a subject twice in a period,
            lacks the period, or lacks a column that the standard cannot do without; every
            problem at once.
    """
    period = _period(period) or period
    raw = _raw(path, sheet)
    place = {"file": raw.file, "sheet": raw.sheet}
    start = _header_row(raw, standard)
    if start is None:
        raise InputError([issue("empty-table", **place)])
    headers = ["" if cell is None else str(cell).strip() for cell in raw.rows[start]]
    columns = score_columns(headers, standard, place)
    if columns.problems:
        raise InputError(columns.problems)
    rows, doubts = _records(raw, start, columns)
    if rows.empty:
        raise InputError([issue("empty-table", **place), *doubts])
    rows[PERIOD] = rows[PERIOD].map(_period) if PERIOD in rows else period
    dateless = rows[PERIOD].isna()
    doubts += [
        issue("row-without-key", columns=PERIOD, value=name, **place)
        for name in rows.loc[dateless, SUBJECT]
    ]
    rows = rows[~dateless].reset_index(drop=True)
    problems = [*_duplicates(rows, place), *_absent(rows, period, place)]
    if problems:
        raise InputError(problems)
    last = before(period, set(rows[PERIOD]))
    now = _subjects(rows[rows[PERIOD] == period], columns, standard, period)
    history = None
    if last is not None:
        history = _subjects(rows[rows[PERIOD] == last], columns, standard, last)
    lacking = _lacking(standard, now, columns, place)
    if lacking:
        raise InputError(lacking)
    return ScoreTable(now=now, before=history, ignored=columns.ignored, issues=tuple(doubts))


def scores_table(evaluation: Evaluation, order: Sequence[str]) -> pd.DataFrame:
    """The evaluation as one row per subject, in the order given.

    Columns `subject_id, cohort, score, coverage, rank, grade, reason`, then a `value.` column
    for every indicator that the standard names and a `points.` column for every one it weighs.
    """
    result = evaluation.result[["cohort", "score", "coverage", "rank", "grade", "reason"]]
    result = result.astype({"rank": "Int64"})
    values = evaluation.measured.values.add_prefix("value.")
    points = evaluation.points.add_prefix("points.")
    table = pd.concat([result, values, points], axis="columns").loc[list(order)]
    return table.rename_axis(SUBJECT).reset_index()


def _raw(path: Path, sheet: str | None) -> RawTable:
    if path.suffix.lower() in {".parquet", ".geoparquet"}:
        return read_parquet_table(path, name=str(path))
    return read_table(path, name=str(path), sheet=sheet)


def _header_row(raw: RawTable, standard: Standard) -> int | None:
    """First row that names the subjects' column, else the first that says anything."""
    first: int | None = None
    for number, row in enumerate(raw.rows[:_SEARCHED]):
        texts = ["" if cell is None else str(cell) for cell in row]
        if subject_place(texts, standard) is not None:
            return number
        if first is None and any(text.strip() for text in texts):
            first = number
    return first


def _records(raw: RawTable, start: int, columns: Columns) -> tuple[pd.DataFrame, list[Issue]]:
    """One row per subject and period; rows that name nobody are told of."""
    key = next(one for one in columns.used if one.target.id == SUBJECT)
    kept: list[int] = []
    doubts: list[Issue] = []
    for number in range(start + 1, len(raw.rows)):
        row = raw.rows[number]
        where = {"file": raw.file, "sheet": raw.sheet, "cell": f"第 {number + 1} 行"}
        name = cells.code(row[key.place]) if key.place < len(row) else None
        if name is None:
            if not all(cells.is_blank(cell) for cell in row):
                doubts.append(issue("row-without-key", columns=key.header, **where))
        elif name in _TOTALS:
            doubts.append(issue("total-row", value=name, **where))
        else:
            kept.append(number)
    frame: dict[str, pd.Series] = {}
    for column in columns.used:
        values, unread = _values(raw, kept, column)
        frame[_key(column.target)] = values
        doubts += unread
    return pd.DataFrame(frame, index=range(len(kept))), doubts


def _key(target: Target) -> str:
    """Column of the records; an indicator and an amount may share an id."""
    return target.id if target.role == "key" else f"{target.role}.{target.id}"


def _values(raw: RawTable, rows: Sequence[int], column: Column) -> tuple[pd.Series, list[Issue]]:
    read, series, code = _READERS.get(column.target.type, _READERS["text"])
    found: list[object] = []
    doubts: list[Issue] = []
    for number in rows:
        row = raw.rows[number]
        cell = row[column.place] if column.place < len(row) else None
        shown = (number, column.place) in raw.percents
        value = read(cell, column._replace(percent=False) if shown else column)
        if value is None and code and not cells.is_blank(cell):
            where = {"file": raw.file, "sheet": raw.sheet, "value": cell}
            where["cell"] = f"{get_column_letter(column.place + 1)}{number + 1}"
            allowed = "、".join(_listed(column.target))
            doubts.append(issue(code, field=column.header, allowed=allowed, **where))
        found.append(value)
    return series(found), doubts


def _number(cell: object, column: Column) -> float | None:
    found = cells.number(cell, percent=column.percent)
    if found is None or column.factor >= 1:
        return None if found is None else found * column.factor
    steps = round(1 / column.factor, 9)  # 元 into 万元: divide by 10,000, which stays exact
    return found / steps


def _one_of_list(cell: object, column: Column) -> str | None:
    text = cells.text(cell)
    known = fields()[column.target.id].values
    for value, synonyms in known.items():
        if text == value or text in synonyms:
            return value
    return None


def _listed(target: Target) -> list[str]:
    return list(fields()[target.id].values) if target.type == "list" else []


def _period(text: object) -> str | None:
    """`2024`, whether a number, `2024` or `2024年` is written; anything else as it is."""
    if not isinstance(text, str):
        return None
    year = _YEAR.fullmatch(text)
    return year[1] if year else text


def _duplicates(rows: pd.DataFrame, place: dict[str, str]) -> list[Issue]:
    counts = Counter(zip(rows[PERIOD], rows[SUBJECT], strict=True))
    found = []
    for (period, subject), count in sorted(counts.items()):
        if count > 1:
            same = rows[(rows[PERIOD] == period) & (rows[SUBJECT] == subject)]
            scopes = sorted(set(same[SCOPE].dropna())) if SCOPE in rows else []
            named_as = f"{subject}（口径：{'、'.join(scopes)}）" if len(scopes) > 1 else subject
            words = {"period": period, "subject": named_as, "count": count}
            found.append(issue("duplicate-subject", **words, **place))
    return found


def _absent(rows: pd.DataFrame, period: str, place: dict[str, str]) -> list[Issue]:
    present = sorted(set(rows[PERIOD]))
    if period in present:
        return []
    return [issue("period-missing", value=period, present="、".join(present), **place)]


def _subjects(rows: pd.DataFrame, columns: Columns, standard: Standard, period: str) -> Subjects:
    index = pd.Index(rows[SUBJECT], dtype="str", name=SUBJECT)

    def part(role: str) -> pd.DataFrame:
        targets = [one.target for one in columns.used if one.target.role == role]
        return pd.DataFrame({one.id: rows[_key(one)].array for one in targets}, index=index)

    scope = rows[SCOPE].fillna("").array if SCOPE in rows else ""
    return Subjects(
        kind=standard.subject,
        period=period,
        scope=pd.Series(scope, index=index, dtype="str"),
        attributes=part("attribute"),
        amounts=part("amount"),
        ready=part("indicator"),
    )


def _lacking(
    standard: Standard, now: Subjects, columns: Columns, place: dict[str, str]
) -> list[Issue]:
    """Columns that judging cannot do without: a rule for missing values is no rule for these."""
    facts = pd.concat([now.attributes, now.amounts, now.ready], axis="columns")
    assigned = assign(standard, facts)
    wanted: dict[str, None] = {}
    if assigned["cohort"].eq("").all():
        names = [one.field for one in conditions(standard) if one.is_missing is None]
        names += [one.split for one in standard.cohorts if one.split]
        needed = {one.field for cohort in standard.cohorts for one in cohort.where}
        needed |= {one.split for one in standard.cohorts if one.split}
        known = named(standard)
        absent = [one for one in names if one in needed and one not in (*facts, *known)]
        wanted = {f"{label(one)}（{one}）": None for one in absent}
    judging = set(assigned["declared"])
    known = named(standard)
    for cohort in standard.cohorts:
        if cohort.id in judging:
            wanted |= dict.fromkeys(_unmeasurable(cohort, known, now))
    if not wanted:
        return []
    near = f"；未使用的列：{'、'.join(columns.ignored)}" if columns.ignored else ""
    return [issue("score-column-missing", columns="；".join(wanted), near=near, **place)]


def _unmeasurable(cohort: Cohort, known: dict[str, Indicator], now: Subjects) -> Iterator[str]:
    """Indicators that no column speaks of, unless their weight may be left out."""
    lacking = [one for one in cohort.criteria if not _is_there(known[one.indicator], now)]
    nothing = len(lacking) == len(cohort.criteria)
    for one in lacking:
        rule = one.missing.get(now.period) if isinstance(one.missing, dict) else one.missing
        if nothing or rule != "leave_out_weight":
            indicator = known[one.indicator]
            parts = dict.fromkeys((*indicator.numerator, *indicator.denominator))
            absent = [f"{label(name)} {name}" for name in parts if name not in now.amounts]
            of = f"，或 {'、'.join(absent)}" if absent else ""
            yield f"{indicator.label.zh}（{indicator.id}{of}）"


def _is_there(indicator: Indicator, now: Subjects) -> bool:
    parts = (*indicator.numerator, *indicator.denominator)
    made = bool(parts) and all(name in now.amounts for name in parts)
    return made or indicator.id in now.ready


def _numbers(found: list[object]) -> pd.Series:
    return pd.Series(found, dtype="float64")


def _flags(found: list[object]) -> pd.Series:
    return pd.Series(found, dtype="boolean")


def _dates(found: list[object]) -> pd.Series:
    return pd.Series(found, dtype="datetime64[us]")


def _texts(found: list[object]) -> pd.Series:
    return pd.Series(found, dtype="str")


_Reader = tuple["Callable[[object, Column], object]", "Callable[[list[object]], pd.Series]", str]
_READERS: dict[str, _Reader] = {
    "number": (_number, _numbers, "not-a-number"),
    "flag": (lambda cell, _: cells.flag(cell), _flags, "not-a-flag"),
    "date": (lambda cell, _: cells.date(cell), _dates, "not-a-date"),
    "list": (_one_of_list, _texts, "not-in-list"),
    "code": (lambda cell, _: cells.code(cell), _texts, ""),
    "text": (lambda cell, _: cells.text(cell), _texts, ""),
}
