"""Merge what several deliveries state about the same subjects (合并各来源)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geodata.fields import fields
from geodata.identifiers import fold_name
from geodata.issues import Issue, issue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geodata.model import Conformed

_SAME = 1e-9
"""Figures that differ by less, relatively, are equal: they differ by unit conversion only."""

_DTYPES: dict[str, Any] = {"number": "float64", "flag": "boolean", "date": "datetime64[us]"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What one delivery states, one row per subject.

    Attributes:
        file: where it came from.
        sheet: where it came from.
        values: index subject id (sorted, unique), columns field ids.
        cells: same index and columns: address such as `C5`, empty where nothing is stated.
    """

    file: str
    sheet: str
    values: pd.DataFrame
    cells: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """One frame from several layers.

    Attributes:
        values: index as asked for, columns field ids, unknown is NaN.
        cells: same index and columns: `file!sheet!address`, empty where unknown.
        issues: figures on which the layers disagree.
    """

    values: pd.DataFrame
    cells: pd.DataFrame
    issues: tuple[Issue, ...]


def merge(layers: Sequence[Layer], names: Iterable[str], *, index: pd.Index[Any]) -> Merged:
    """Take each field of each subject from the first layer that states it.

    Later layers that state something else are reported and not used.

    Args:
        layers: in the order of the workspace.
        names: field ids wanted, a column each, in this order.
        index: subjects wanted, a row each.
    """
    values: dict[str, pd.Series[Any]] = {}
    cells: dict[str, pd.Series[Any]] = {}
    found: list[Issue] = []
    for name in names:
        here = [layer for layer in layers if name in layer.values]
        values[name], cells[name], doubts = _merge_field(name, here, index)
        found += doubts
    return Merged(
        values=pd.DataFrame(values, index=index),
        cells=pd.DataFrame(cells, index=index),
        issues=tuple(found),
    )


def one_per_subject(table: Conformed, ids: pd.Series[str]) -> tuple[Layer, tuple[Issue, ...]]:
    """One row per subject from a table in which subjects may stand more than once.

    Rows of a subject that agree in everything both state are one (`duplicate-row`); where they
    disagree the field becomes unknown (`duplicate-conflict`).

    Args:
        table: columns of `fields.csv`; keys and names should have been dropped.
        ids: subject of each row, NaN for rows to leave out; index as the table's.
    """
    kept = ids.dropna()
    frame = table.frame.loc[kept.index].set_axis(pd.Index(kept, name=ids.name))
    cells = table.cells.loc[kept.index, list(frame.columns)].set_axis(frame.index)
    cells = cells.astype("str").where(frame.notna(), "")
    values, found = frame, list[Issue]()
    if frame.index.has_duplicates:
        order = _by_content(frame)
        frame, cells = frame.iloc[order], cells.iloc[order]
        stated = Layer(file=table.file, sheet=table.sheet, values=frame, cells=cells)
        values = frame.groupby(level=0, sort=False).first()
        contradictory, found = _duplicates(stated, values)
        values = values.mask(contradictory)
        cells = cells.where(frame.notna()).groupby(level=0, sort=False).first()
        cells = cells.where(values.notna(), "")
    layer = Layer(
        file=table.file, sheet=table.sheet, values=values.sort_index(), cells=cells.sort_index()
    )
    return layer, tuple(found)


def address(file: str, sheet: str, cell: str) -> str:
    """Place of a value as kept beside amounts: `file!sheet!C5`, or `file!C5` for a csv.

    >>> address("税收.xlsx", "Sheet1", "C5"), address("税收.csv", "", "C5")
    ('税收.xlsx!Sheet1!C5', '税收.csv!C5')
    """
    return f"{file}!{sheet}!{cell}" if sheet else f"{file}!{cell}"


def place(source: str) -> dict[str, str]:
    """File and sheet or layer of a source written as `file!layer`, as an issue takes them.

    >>> place("宗地.gpkg!西部")
    {'file': '宗地.gpkg', 'sheet': '西部'}
    """
    file, _, layer = source.partition("!")
    return {"file": file, "sheet": layer}


def differ(name: str, left: pd.Series[Any], right: pd.Series[Any]) -> pd.Series[bool]:
    """Where both are known and not the same: numbers beyond rounding, text beyond folding."""
    kind = fields()[name].type
    if kind == "number":
        scale = np.maximum(left.abs(), right.abs())
        unlike = (left - right).abs() > _SAME * scale
    elif kind in {"flag", "date"}:
        unlike = (left != right).fillna(value=False)
    else:
        unlike = left.map(fold_name) != right.map(fold_name)
    return unlike.astype("bool") & left.notna() & right.notna()


def shown(value: object) -> str:
    """Value as a message shows it.

    >>> shown(1234.5), shown(True), shown("甲")
    ('1234.5', '是', '甲')
    """
    if isinstance(value, bool | np.bool_):
        return "是" if value else "否"
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value.date()) if isinstance(value, pd.Timestamp) else str(value)


def _merge_field(
    name: str, layers: Sequence[Layer], index: pd.Index[Any]
) -> tuple[pd.Series[Any], pd.Series[Any], list[Issue]]:
    dtype = _DTYPES.get(fields()[name].type, "str")
    kept = pd.Series(None, index=index, name=name, dtype=dtype)
    cells = pd.Series("", index=index, name=name, dtype="str")
    found: list[Issue] = []
    for layer in layers:
        stated = layer.values[name].reindex(index).astype(dtype)
        places = layer.cells[name].reindex(index, fill_value="")
        off = differ(name, kept, stated)
        found += [
            issue(
                "source-conflict",
                file=layer.file,
                sheet=layer.sheet,
                cell=cell,
                subject=subject,
                field=fields()[name].label,
                kept=shown(used),
                other=shown(other),
                other_place=layer.file,
            )
            for subject, used, other, cell in zip(
                index[off], kept[off], stated[off], places[off], strict=True
            )
        ]
        new = kept.isna() & stated.notna()
        cells = cells.mask(new, address(layer.file, layer.sheet, "") + places)
        kept = kept.where(~new, stated)
    return kept, cells, found


def _duplicates(stated: Layer, first: pd.DataFrame) -> tuple[pd.DataFrame, list[Issue]]:
    """Mask of the contradictory fields, with the shape of `first`, and an issue for each.

    Subjects whose rows agree in everything get one issue each.
    """
    found: list[Issue] = []
    place = {"file": stated.file, "sheet": stated.sheet}
    repeated = stated.values.index.duplicated(keep=False)
    rows, cells = stated.values.loc[repeated], stated.cells.loc[repeated]
    mask = pd.DataFrame(data=False, index=first.index, columns=first.columns)
    for name in rows.columns:
        off = differ(name, first[name].reindex(rows.index), rows[name]).to_numpy()
        for subject in rows.index[off].unique():
            mask.loc[subject, name] = True
            found.append(
                issue(
                    "duplicate-conflict",
                    **place,
                    cell=_listed(cells.loc[[subject], name]),
                    subject=subject,
                    field=fields()[name].label,
                    values="、".join(
                        sorted({shown(one) for one in rows.loc[[subject], name].dropna()})
                    ),
                )
            )
    agreed = rows.index.unique()
    agreed = agreed[~mask.loc[agreed].any(axis=1)]
    stated_at = [next(filter(None, row), "") for row in cells.to_numpy().tolist()]
    places = pd.Series(stated_at, index=cells.index, dtype="str")
    found += [
        issue("duplicate-row", **place, cell=_listed(places.loc[[subject]]), subject=subject)
        for subject in agreed
    ]
    return mask, found


def _by_content(frame: pd.DataFrame) -> list[int]:
    """Positions of the rows in an order that does not depend on where they stand."""
    plain = frame.reset_index(drop=True)
    return list(plain.sort_values(list(plain.columns)).index if len(plain.columns) else plain.index)


def _listed(cells: pd.Series[Any]) -> str:
    known = {str(one) for one in cells.dropna() if one}
    return "、".join(sorted(known, key=lambda cell: (len(cell), cell)))
