"""The nouns of the judgements (评判): Subjects, Measured, Evaluation, Findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geodata.issues import Issue
    from geodata.model import Dataset
    from indicators.rules import Kind, Standard


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """What a park is made of, for sums over enterprises that are known on both sides.

    Attributes:
        shares: columns `enterprise_id, park_id, share` of one period, every level of park
            (a park with parts holds the sum of its parts' shares).
        amounts: enterprise amounts of the same period, index `enterprise_id`; derived
            member amounts (filtered by conditions) are columns here, NaN where unknown.
            A park's part of a figure is share × amount. Counts and sums over parcels are
            whole figures of the park and never stand here.
        by_park: columns `enterprise_id, park_id, field, value`: derived member amounts whose
            conditions look at the park (主导产业), so that one enterprise may have different
            amounts in different parks; `value` is the enterprise's whole amount as that park
            counts it (0 where the condition fails, NaN unknown); the park's part is
            share × value. One row for every pair in `shares` and every such field.
        stated: index `park_id`, columns field ids, true where the park's amount is not made
            of its members (its own table or its parts' tables state it): for such a figure
            the sum over members must not be used.
    """

    shares: pd.DataFrame
    amounts: pd.DataFrame
    by_park: pd.DataFrame = field(default_factory=pd.DataFrame)
    stated: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """All subjects of one kind at one period, as a standard sees them (评价对象).

    Attributes:
        kind: enterprise, park or parcel.
        period: 统计期.
        scope: index subject id → 口径 of its amounts (all columns of one row share it).
        attributes: index subject id; text, flags, dates, and `grade.<standard>` columns.
        amounts: same index; field ids, float64, NaN unknown.
        ready: same index; indicator ids given as ready values; they win over measuring.
        members: for parks: the enterprises behind the amounts.
        other_scopes: same index; field id → scope under which the figure exists though not in
            this row's scope, for the refusal's message; may be empty.
        energy_basis: 等价, 当量 or None when not declared.
    """

    kind: Kind
    period: str
    scope: pd.Series[str]
    attributes: pd.DataFrame
    amounts: pd.DataFrame
    ready: pd.DataFrame
    members: Members | None = None
    other_scopes: pd.DataFrame = field(default_factory=pd.DataFrame)
    energy_basis: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Indicator values with what they were made of; index subject id, columns indicator ids.

    Attributes:
        values: numerator / denominator × factor, or the ready value; NaN unknown.
        numerators: sums divided, NaN for ready values.
        denominators: sums divided by, NaN for ready values.
        notes: why a value is unknown or how it came about, Chinese, empty when plain.
        coverage: for parks, share of the members' land whose figures entered; else NaN.
        issues: doubts found on the way: refused scopes, parks known in part.
    """

    values: pd.DataFrame
    numerators: pd.DataFrame
    denominators: pd.DataFrame
    notes: pd.DataFrame
    coverage: pd.DataFrame
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One standard applied to one period, with every stage's table (评价结果).

    Attributes:
        standard: the rules used.
        period: 统计期.
        result: index subject id (sorted), columns `name, cohort, score, coverage, rank, grade,
            reason`; unknown score, coverage and rank are NaN, text is never NaN but empty.
            `coverage` = known weight / total weight. `rank` is 1 for the best within the
            cohort, ties share the better rank. `reason` says why there is no cohort, score,
            rank or grade.
        measured: values and parts of every indicator the standard names.
        points: index subject id, columns indicator ids of the standard, in declared order.
        groups: same index, columns group ids: share of the group's known weight that was earned
            (0 to 1 under goalposts), NaN when nothing in the group is known.
        fills: same shape as points: which missing-value rule gave the points (`no_points`,
            `leave_out_weight`, `cohort_mean_points`), empty where the value is known.
        benchmarks: columns `cohort, indicator, weight, benchmark, floor, goal, basis`, one row
            per criterion in use; `basis` says in Chinese where the number comes from.
        cuts: columns `cohort, grade, count, lowest_score`.
        issues: doubts that arose in judging.
    """

    standard: Standard
    period: str
    result: pd.DataFrame
    measured: Measured
    points: pd.DataFrame
    groups: pd.DataFrame
    fills: pd.DataFrame
    benchmarks: pd.DataFrame
    cuts: pd.DataFrame
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clustering:
    """Groups of similar parks (聚类).

    Attributes:
        labels: index park id → group number from 1 (groups sorted by their lowest id); all 1
            when nothing is better than one group; parks with unknown values have group 0.
        method: `ward` or `kmeans`.
        silhouettes: k → mean silhouette of the candidates tried.
        centres: index group number, columns indicator ids: mean value of the members.
        notes: plain Chinese sentences: warnings and what was found.
    """

    labels: pd.Series[int]
    method: str
    silhouettes: Mapping[int, float]
    centres: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that one run found (一次评价的全部结果): what reports tell.

    Attributes:
        title: name of the workspace for headings.
        is_example: invented data, to be labelled 虚构示例 wherever it is shown.
        period: 统计期 evaluated.
        document_date: date printed in documents, from the workspace.
        dataset: the facts.
        evaluations: in the order run, by standard id.
        overview: parks × the catalogue's indicators of this period (every level of park).
        enterprise_overview: enterprises × the catalogue's indicators of this period.
        parcels: index `parcel_id`: `tax_per_mu`, `suspected_idle`, `suspected_low`
            (booleans), `suspicion` (Chinese reasons, empty), `enterprise_ids`.
        clusterings: by method.
        quadrants: index park id: `land`, `energy` (Chinese quadrant names or empty).
        ledger: columns `amount, total, in_parks, outside, unlinked, difference`: the proof that
            nothing was lost, one row per summed enterprise amount.
        issues: the dataset's and the evaluations' doubts together, in display order.
    """

    title: str
    is_example: bool
    period: str
    document_date: str
    dataset: Dataset
    evaluations: Mapping[str, Evaluation]
    overview: Measured
    enterprise_overview: Measured
    parcels: pd.DataFrame
    clusterings: Mapping[str, Clustering]
    quadrants: pd.DataFrame
    ledger: pd.DataFrame
    issues: tuple[Issue, ...]
