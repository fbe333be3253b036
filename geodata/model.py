"""The nouns of the facts (事实): raw tables, conformed tables, amounts, the Dataset."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from geodata.issues import Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTable:
    """One sheet or layer as it is: nothing renamed, converted or dropped.

    Attributes:
        file: name of the file as the workspace states it.
        sheet: sheet or layer, empty for a csv.
        rows: cells by row, row 0 is the sheet's row 1; text, numbers, booleans, dates or None.
        percents: (row, column) of number cells shown with a percent format, both from 0.
        geometry: for layers, one geometry per record in the order of `rows[1:]`, with its CRS;
            `rows[0]` then holds the column names.
        notes: what the reader had to find out (an encoding, say).
        merged: merged cells as first row, first column, last row, last column, all from 0; the
            value stands in the first cell, the others are None.
    """

    file: str
    sheet: str
    rows: list[list[object]]
    percents: frozenset[tuple[int, int]] = frozenset()
    geometry: gpd.GeoSeries | None = None
    notes: tuple[Issue, ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformed:
    """A table in canonical columns and units (规整后的表).

    Attributes:
        file: where it came from.
        sheet: where it came from.
        frame: one row per record, columns are field ids, index 0..n-1; numbers in canonical
            units as float64 with NaN for unknown, text and codes as str with NaN, flags as
            `boolean`, dates as datetime64; for layers a GeoDataFrame whose `geometry` is as read
            (its CRS too); moving it to CGCS2000 is the work of `crs`.
        cells: same index and columns (geometry aside): address of each value, such as `C5`.
        issues: doubts found on the way.
    """

    file: str
    sheet: str
    frame: pd.DataFrame
    cells: pd.DataFrame
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A conformed table with what the workspace declares about it (一份报送).

    Attributes:
        id: name of the source in the workspace.
        table: `enterprises`, `parcels`, `parks` or `leases`.
        periods: periods its figures hold for (one for amounts; a land layer may serve several).
        scope: 统计口径 of its amounts and areas.
        department: who delivered it.
        conformed: the table.
        complete: flags for which the table is a complete list: firms not on it are false.
        energy_basis: 等价 or 当量 of its `energy_tce`, empty when it has none.
    """

    id: str
    table: str
    periods: tuple[str, ...]
    scope: str
    department: str
    conformed: Conformed
    complete: tuple[str, ...] = ()
    energy_basis: str = ""


class Key(NamedTuple):
    """What a frame of amounts is about: amounts of different keys are never divided."""

    kind: str
    """`enterprise`, `park` or `parcel`."""
    period: str
    """统计期, such as `2024`."""
    scope: str
    """统计口径, such as 在地 or 核准范围."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """Amounts (数额) of one kind, period and scope.

    Attributes:
        values: index subject id (sorted), columns field ids, float64, NaN is unknown.
        cells: same index and columns: `file!sheet!address` of each value, several joined by
            ` + `, a short Chinese phrase for derived values, empty when unknown.
    """

    values: pd.DataFrame
    cells: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Everything known about one city's parks, parcels and enterprises (数据集).

    All frames are sorted by their index or key columns and never changed.

    Attributes:
        parks: GeoDataFrame (EPSG:4490), index `park_id`; attributes of `fields.csv`, and
            `is_leaf` (no other park names it as parent). Only leaves are located in; a park
            with parts is the sum of its parts.
        parcels: GeoDataFrame (EPSG:4490), index `parcel_id`; attributes, `measured_area_mu`
            (ellipsoidal), `recorded_area_mu`, and `area_mu`, which is one of the two.
        enterprises: index `enterprise_id` (the credit code, or `NAME:` and the folded name);
            attributes that do not change with the period (name, codes, chain, park tag).
        attributes: period → frame indexed by `enterprise_id` with the attributes stated for
            that period (`is_above_scale`, flags); a later statement wins within a period.
        park_attributes: period → frame indexed by `park_id`, attributes stated for that period.
        amounts: frames of amounts by (kind, period, scope).
        locations: columns `parcel_id, park_id, area_mu`: area of the parcel inside the leaf
            park, in the parcel's `area_mu`; sorted by both ids.
        occupancy: columns `period, enterprise_id, parcel_id, role, area_mu, rung, score,
            source`; role `own` or `rent` with positive area, `let` with negative area, so
            that a firm's land is the sum; sorted.
        shares: columns `period, enterprise_id, place, park_id, share`; where a firm's amounts
            belong: place `park` (leaf park), `outside` (its land outside every park) or
            `unlinked` (no land known, share 1); shares of a firm add up to 1.
        unlinked: columns `period, kind, id, name, reason, tag`: enterprises without land and
            source rows that no enterprise could be found for.
        sources: columns `file, sheet, table, period, scope, department, rows, used, sha256`.
        energy_basis: period → 等价 or 当量, as declared with the source.
        issues: every doubt, in display order.
    """

    parks: gpd.GeoDataFrame
    parcels: gpd.GeoDataFrame
    enterprises: pd.DataFrame
    attributes: Mapping[str, pd.DataFrame]
    park_attributes: Mapping[str, pd.DataFrame]
    amounts: Mapping[Key, Amounts]
    locations: pd.DataFrame
    occupancy: pd.DataFrame
    shares: pd.DataFrame
    unlinked: pd.DataFrame
    sources: pd.DataFrame
    energy_basis: Mapping[str, str] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
