"""From Findings to result tables (结果表): field ids as headers, full precision, sorted by id."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pandas as pd

from geodata.issues import in_order
from geodata.rollup import roll_up, with_parents
from reports.labels import column, word
from reports.places import home_names, in_period, lineage, main_occupant, subject_names
from reports.write import layer_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from geodata.issues import Issue
    from geodata.model import Amounts, Dataset
    from indicators.model import Evaluation, Findings, Measured
    from indicators.rules import Kind
    from reports.labels import Column

JUDGED = ("cohort", "score", "coverage", "rank", "grade", "reason")
"""Columns of an evaluation's result that stand in the tables, after the standard's id."""

ISSUE_COLUMNS = (
    "severity",
    "code",
    "title",
    "file",
    "sheet",
    "cell",
    "value",
    "subject",
    "subject_name",
    "message",
    "remedy",
    "owner",
)
"""Columns of the problem list, in order."""

POINT_COLUMNS = (
    "standard",
    "subject_id",
    "name",
    "cohort",
    "indicator",
    "value",
    "benchmark",
    "floor",
    "goal",
    "weight",
    "points",
    "fill",
    "basis",
)
"""Columns of the table of points, in order."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def result_tables(findings: Findings) -> dict[str, bytes]:
    """The tables of `results/<period>/` by file name: csv, the same as parquet, and one gpkg."""
    frames = {
        "parks": park_table(findings),
        "enterprises": enterprise_table(findings),
        "parcels": parcel_table(findings),
        "locations": _in_order(findings.dataset.locations),
        "occupancy": _in_order(in_period(findings.dataset.occupancy, findings.period)),
        "unlinked": _in_order(in_period(findings.dataset.unlinked, findings.period)),
        "points": point_table(findings),
        "ledger": findings.ledger,
        "issues": issue_table(findings.issues, findings.dataset),
    }
    files = {f"{name}.csv": _csv(frame) for name, frame in frames.items()}
    files |= {f"{name}.parquet": _parquet(frame) for name, frame in frames.items()}
    layers = {
        "parks": _layer(findings.dataset.parks, frames["parks"]),
        "parcels": _layer(findings.dataset.parcels, frames["parcels"]),
    }
    files["evaluation.gpkg"] = layer_bytes(layers, date=findings.document_date)
    return files


def problem_table(issues: Iterable[Issue], data: Dataset) -> bytes:
    """The list of data problems for people, as csv with Chinese headers."""
    table = issue_table(issues, data)
    titles = {one.id: one.title for one in issue_columns()}
    told = table.assign(severity=[word("severities", one) for one in table["severity"]])
    return _csv(told.rename(columns=titles), index=False)


def issue_columns() -> list[Column]:
    """Columns of the problem list as people see them."""
    return [column("issue_title" if one == "title" else one, at=one) for one in ISSUE_COLUMNS]


def issue_table(issues: Iterable[Issue], data: Dataset) -> pd.DataFrame:
    """Every doubt in display order, worded by the catalogue, with the name of its subject."""
    named = subject_names(data)
    rows = [
        {
            "severity": one.severity,
            "code": one.code,
            "title": one.kind.title,
            "file": one.file,
            "sheet": one.sheet,
            "cell": one.cell,
            "value": one.value,
            "subject": one.subject,
            "subject_name": named.get(one.subject, ""),
            "message": one.message(),
            "remedy": one.remedy(),
            "owner": one.kind.owner,
        }
        for one in in_order(issues)
    ]
    frame = pd.DataFrame(rows, columns=list(ISSUE_COLUMNS), dtype="str")
    return frame.rename_axis("number").rename(index=lambda number: number + 1)


def park_table(findings: Findings) -> pd.DataFrame:
    """One row per park of every level, index `park_id`.

    Attributes; `parcel_count, parcels_mu, enterprise_count` inside; amounts rolled up from
    enterprises by share of land (field ids, a park with parts is their sum); amounts stated by
    parks (`stated.` and the field id); `value.` and indicator ids; each park standard's result
    (`<standard>.score` and so on); `quadrant.<name>`; `cluster.<method>`.
    """
    data = findings.dataset
    parks = pd.DataFrame(data.parks.drop(columns=data.parks.geometry.name)).sort_index()
    parts = [
        _over(parks, data.park_attributes.get(findings.period)),
        _inside(data, findings.period),
        _rolled_up(findings),
        _amounts(data, "park", findings.period).add_prefix("stated."),
        _values(findings.overview),
        *_judged(findings, "park"),
        findings.quadrants.add_prefix("quadrant."),
        *(one.labels.rename(f"cluster.{name}") for name, one in findings.clusterings.items()),
    ]
    return _beside(parts, parks.index)


def enterprise_table(findings: Findings) -> pd.DataFrame:
    """One row per enterprise known in the period, index `enterprise_id`.

    Attributes; `parks` (names of the parks it stands in, most land first); amounts; `value.`
    and indicator ids; each enterprise standard's result.
    """
    data = findings.dataset
    index = findings.enterprise_overview.values.index
    for one in findings.evaluations.values():
        if one.standard.subject == "enterprise":
            index = index.union(one.result.index)
    index = index.sort_values().rename("enterprise_id")
    parts = [
        _over(data.enterprises, data.attributes.get(findings.period)),
        home_names(findings).rename("parks"),
        _amounts(data, "enterprise", findings.period),
        _values(findings.enterprise_overview),
        *_judged(findings, "enterprise"),
    ]
    return _beside(parts, index)


def parcel_table(findings: Findings) -> pd.DataFrame:
    """One row per parcel, index `parcel_id`: attributes, screening, holders' grade, parks."""
    data = findings.dataset
    plain = pd.DataFrame(data.parcels.drop(columns=data.parcels.geometry.name)).sort_index()
    inside = data.locations.sort_values(["parcel_id", "area_mu"], ascending=[True, False])
    parks = inside.groupby("parcel_id", sort=True)["park_id"].agg(word("marks", "several").join)
    main = main_occupant(findings).rename("main_enterprise_id")
    grades = [
        main.map(one.result["grade"]).rename(f"{name}.grade")
        for name, one in findings.evaluations.items()
        if one.standard.subject == "enterprise"
    ]
    screened = findings.parcels.drop(columns=plain.columns, errors="ignore")
    return _beside([plain, parks.rename("park_ids"), main, screened, *grades], plain.index)


def point_table(findings: Findings) -> pd.DataFrame:
    """One row per standard, subject and criterion: value, yardstick, weight, points, fill."""
    parts = [_points(name, one) for name, one in findings.evaluations.items()]
    if not parts:
        return pd.DataFrame(columns=list(POINT_COLUMNS))
    return pd.concat(parts, ignore_index=True)


def _rolled_up(findings: Findings) -> pd.DataFrame:
    """Enterprise amounts summed up to parks by share of land, every level."""
    data = findings.dataset
    shares = in_period(data.shares, findings.period)
    values = _amounts(data, "enterprise", findings.period)
    return with_parents(roll_up(values, shares), data.parks)


def _inside(data: Dataset, period: str) -> pd.DataFrame:
    """What stands in each park: parcels, their area inside, and enterprises with land there."""
    above = lineage(data.parks).rename(columns={"part_id": "leaf"})
    located = data.locations.sort_values(["park_id", "parcel_id"])
    land = located.rename(columns={"park_id": "leaf"}).merge(above, on="leaf").groupby("park_id")
    here = in_period(data.shares, period)
    firms = here[here["place"] == "park"].rename(columns={"park_id": "leaf"})
    counts: dict[str, pd.Series[Any]] = {
        "parcel_count": land["parcel_id"].nunique(),
        "parcels_mu": land["area_mu"].sum(),
        "enterprise_count": firms.merge(above, on="leaf")
        .groupby("park_id")["enterprise_id"]
        .nunique(),
    }
    return pd.DataFrame(
        {name: one.reindex(data.parks.index, fill_value=0) for name, one in counts.items()}
    )


def _amounts(data: Dataset, kind: Kind, period: str) -> pd.DataFrame:
    """Amounts of a kind and period; a field known in several scopes bears them in its name."""
    frames: dict[str, Amounts] = {
        key.scope: one
        for key, one in sorted(data.amounts.items())
        if key.kind == kind and key.period == period
    }
    fields = [name for one in frames.values() for name in one.values.columns]
    parts = [
        one.values.rename(
            columns={name: f"{name}.{scope}" for name in fields if _twice(name, fields)}
        )
        for scope, one in frames.items()
    ]
    if not parts:
        return pd.DataFrame()
    return pd.concat(parts, axis=1).sort_index()


def _twice(name: str, names: list[str]) -> bool:
    return names.count(name) > 1


def _values(measured: Measured) -> pd.DataFrame:
    return measured.values.add_prefix("value.")


def _judged(findings: Findings, kind: Kind) -> list[pd.DataFrame]:
    return [
        one.result[list(JUDGED)].add_prefix(f"{name}.")
        for name, one in findings.evaluations.items()
        if one.standard.subject == kind
    ]


def _over(frame: pd.DataFrame, newer: pd.DataFrame | None) -> pd.DataFrame:
    """Attributes with those stated for the period put over them where these are known."""
    if newer is None:
        return frame
    shared = [name for name in newer.columns if name in frame.columns]
    done = frame.copy()
    for name in shared:
        done[name] = newer[name].reindex(done.index).combine_first(done[name])
    return done.join(newer.drop(columns=shared))


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(list(frame.columns), ignore_index=True)


def _beside(parts: Iterable[Any], index: pd.Index[str]) -> pd.DataFrame:
    """Frames and series side by side on one index; what is missing stays unknown."""
    together: pd.DataFrame = pd.concat([one.reindex(index) for one in parts], axis=1)
    return together.rename_axis(str(index.name))


def _points(name: str, evaluation: Evaluation) -> pd.DataFrame:
    result = evaluation.result
    long = [
        pd.DataFrame(
            {
                "standard": name,
                "subject_id": result.index,
                "name": result["name"].array,
                "cohort": result["cohort"].array,
                "indicator": indicator,
                "value": evaluation.measured.values[indicator].reindex(result.index).array,
                "points": evaluation.points[indicator].reindex(result.index).array,
                "fill": evaluation.fills[indicator].reindex(result.index).array,
            }
        )
        for indicator in evaluation.points.columns
    ]
    rows = pd.concat(long).merge(
        evaluation.benchmarks.reset_index(names="order"), on=["cohort", "indicator"]
    )
    rows = rows.sort_values(["subject_id", "order"], ignore_index=True)
    return rows[list(POINT_COLUMNS)]


def _csv(frame: pd.DataFrame, *, index: bool | None = None) -> bytes:
    """Csv that Excel opens as Chinese and in which no text is a formula."""
    texts = frame.select_dtypes(include=["object", "str"])
    shown = frame.assign(**{str(name): texts[name].map(_harmless) for name in texts})
    named = frame.index.name is not None if index is None else index
    return shown.to_csv(index=named, lineterminator="\r\n").encode("utf-8-sig")


def _harmless(value: object) -> object:
    """Text that a spreadsheet would calculate, with an apostrophe before it; numbers stay."""
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def _layer(shapes: gpd.GeoDataFrame, table: pd.DataFrame) -> gpd.GeoDataFrame:
    """A layer with the table's columns and the shapes' geometry."""
    return shapes[[shapes.geometry.name]].sort_index().join(table).reset_index()
