"""The nouns of the judgements (评判): Indicator, Standard, Subjects, Evaluation, Findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geodata.issues import Issue
    from geodata.model import Dataset

Kind = Literal["enterprise", "park", "parcel"]
Scalar = bool | int | float | str
Periodic = dict[str, float]


class Rule(BaseModel):
    """Base of all rule values: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Words(Rule):
    """A label in both languages."""

    zh: str
    en: str = ""


class Condition(Rule):
    """One condition on a field of the subject; exactly one test beside `field`.

    A missing value satisfies no test but `is_missing = true`.

    Attributes:
        field: attribute, amount or indicator id, or `grade.<standard>` of an earlier standard.
        equals: written `is`: equal to the value.
        is_not: known and different from the value.
        at_least: known and at least the number.
        below: known and below the number.
        one_of: one of the values.
        starts_with: code or text begins with one of these.
        is_missing: true: unknown; false: known.
        in_park: the text is one of the park's list under this attribute (members only).
    """

    field: str
    equals: Scalar | None = Field(default=None, alias="is")
    is_not: Scalar | None = None
    at_least: float | None = None
    below: float | None = None
    one_of: tuple[Scalar, ...] | None = None
    starts_with: tuple[str, ...] | None = None
    is_missing: bool | None = None
    in_park: str | None = None


class DerivedAmount(Rule):
    """An amount of parks counted or summed from its members (派生数额).

    Attributes:
        id: field id of the result.
        label: name and unit for people.
        unit: unit of measurement.
        members: whose figures are added: `enterprise` (by share of land) or `parcel` (by area
            located in the park).
        of: member amount to add; `count` counts members; for parcels also `area_mu`.
        where: conditions a member must meet, all of them.
    """

    id: str
    label: Words
    unit: str
    members: Literal["enterprise", "parcel"]
    of: str
    where: tuple[Condition, ...] = ()


class Indicator(Rule):
    """What is measured (指标): a ratio of sums, an amount, or the growth of an amount.

    Attributes:
        id: name used in standards and in users' files.
        label: names for people.
        unit: unit of measurement; empty for a pure ratio (a fraction, shown as percent).
        kind: `ratio` = sum of numerator / sum of denominator × factor; `amount` = the
            numerator; `growth` = numerator of this period / of the previous period − 1.
        numerator: field ids, added.
        denominator: field ids, added; a denominator of zero or less gives unknown.
        factor: multiplies a ratio (unit steps such as 亿元 for 万元).
        direction: `up` when more is better.
        subjects: kinds it can be measured for.
        aliases: other headers it stands under in users' tables.
        percent: shown as percent.
        note: what it means, with the caveats a reader should see.
        source: where the definition comes from.
    """

    id: str
    label: Words
    unit: str = ""
    kind: Literal["ratio", "amount", "growth"] = "ratio"
    numerator: tuple[str, ...]
    denominator: tuple[str, ...] = ()
    factor: float = 1.0
    direction: Literal["up", "down"] = "up"
    subjects: tuple[Kind, ...] = ("enterprise", "park")
    aliases: tuple[str, ...] = ()
    percent: bool = False
    note: str = ""
    source: str = ""


class CohortStatistic(Rule):
    """A benchmark taken from the cohort itself.

    Attributes:
        statistic: `total_ratio`: total numerator over total denominator of the cohort.
        period: `previous` or `current`.
        times: multiplies the statistic (淮安: about 2).
    """

    statistic: Literal["total_ratio"]
    period: Literal["previous", "current"] = "previous"
    times: float = 1.0


class Benchmark(Rule):
    """Normalise by ratio to a benchmark: points = weight × min(value / benchmark, cap)."""

    method: Literal["benchmark"]
    cap: float | Literal["none"]
    negative: Literal["as_is", "zero"]


class Goalposts(Rule):
    """Between floor and goal: points = weight × clip((x − floor) / (goal − floor), 0, 1)."""

    method: Literal["goalposts"]


Normaliser = Annotated[Benchmark | Goalposts, Field(discriminator="method")]

Missing = Literal["no_points", "leave_out_weight", "cohort_mean_points"]


class Criterion(Rule):
    """One item of a cohort (评价项): indicator, weight, and how its value becomes points.

    Attributes:
        indicator: id in the catalogue or among the standard's own indicators.
        weight: points for reaching the benchmark or goal.
        missing: rule for unknown values, or a rule by period.
        benchmark: a number, numbers by period, or a statistic of the cohort (method benchmark).
        floor: value that earns nothing (method goalposts).
        goal: value that earns everything (method goalposts).
    """

    indicator: str
    weight: float
    missing: Missing | dict[str, Missing]
    benchmark: float | Periodic | CohortStatistic | None = None
    floor: float | None = None
    goal: float | None = None


class Group(Rule):
    """A goal level (目标层) that bundles criteria; its weight is the sum of theirs."""

    id: str
    label: Words
    weight: float | None = None
    criteria: tuple[Criterion, ...]


class GradeCut(Rule):
    """One grade (档次): all from the better grade's cut down to this share of the ranking."""

    id: str
    label: Words | None = None
    top: float


class RankShare(Rule):
    """Grades by share of the ranking.

    The k-th cut falls after round(top_k × n) subjects; a subject that ties with the last one
    above a cut shares the better grade when `ties` says so.
    """

    by: Literal["rank_share"]
    rounding: Literal["half_up", "up", "down"]
    ties: Literal["better_grade", "worse_grade"]
    grades: tuple[GradeCut, ...]


class Ungraded(Rule):
    """No grades, with the reason every reader is shown."""

    by: Literal["none"]
    reason: Words


Grading = Annotated[RankShare | Ungraded, Field(discriminator="by")]


class Cohort(Rule):
    """Subjects judged against each other (评价分组).

    Attributes:
        id: name; with `split` the value is appended after a colon.
        label: name for people.
        where: all conditions must hold.
        split: attribute whose values make separate cohorts (level, industry group).
        normalise: how values become points.
        groups: criteria tree; a flat list of criteria is one group without label.
        total_weight: what weights must add up to.
        min_coverage: no score below this share of known weight.
        min_ranked: no ranks in cohorts of fewer scored subjects.
        grading: grades, or the reason why there are none.
    """

    id: str
    label: Words
    where: tuple[Condition, ...] = ()
    split: str | None = None
    normalise: Normaliser
    groups: tuple[Group, ...] = Field(alias="group")
    total_weight: float = 100.0
    min_coverage: float = 0.0
    min_ranked: int = 1
    grading: Grading

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """All criteria in declared order."""
        return tuple(one for group in self.groups for one in group.criteria)


class Exemption(Rule):
    """Subjects that stay in the table unjudged, with a reason (不参评)."""

    where: tuple[Condition, ...]
    reason: Words | None = None
    reason_field: str | None = None


class Veto(Rule):
    """One-vote veto (一票否决): the score stays, the rank goes, with the reason."""

    where: tuple[Condition, ...]
    reason: Words


class Quadrants(Rule):
    """Two groups set against each other on the map (效益 × 需求 四象限).

    Attributes:
        efficiency: group id of the first axis.
        need: group id of the second axis.
        at: share of a group's known weight from which it counts as high.
        names: labels by `high_high`, `high_low`, `low_high`, `low_low` (efficiency, then need).
    """

    efficiency: str
    need: str
    at: float
    names: dict[Literal["high_high", "high_low", "low_high", "low_low"], Words]


class Standard(Rule):
    """One published or own scheme (评价标准), complete, from one TOML file."""

    id: str
    title: Words
    subject: Kind
    subject_column: str | None = None
    official: bool
    note: Words | None = None
    sources: dict[str, str]
    energy_basis: Literal["等价", "当量"] | None = None
    needs: tuple[str, ...] = ()
    quadrants: Quadrants | None = None
    indicators: tuple[Indicator, ...] = Field(default=(), alias="indicator")
    amounts: tuple[DerivedAmount, ...] = Field(default=(), alias="amount")
    exemptions: tuple[Exemption, ...] = Field(default=(), alias="exempt")
    vetoes: tuple[Veto, ...] = Field(default=(), alias="veto")
    cohorts: tuple[Cohort, ...] = Field(alias="cohort", min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """What a park is made of, for sums over enterprises that are known on both sides.

    Attributes:
        shares: columns `enterprise_id, park_id, share` of one period, every level of park
            (a park with parts holds the sum of its parts' shares).
        amounts: enterprise amounts of the same period, index `enterprise_id`; derived
            member amounts (filtered by conditions) are columns here, NaN where unknown.
    """

    shares: pd.DataFrame
    amounts: pd.DataFrame


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
    """

    values: pd.DataFrame
    numerators: pd.DataFrame
    denominators: pd.DataFrame
    notes: pd.DataFrame
    coverage: pd.DataFrame


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
