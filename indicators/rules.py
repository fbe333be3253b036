"""The nouns of rule files (规则): indicators, criteria, cohorts, standards, as pydantic values."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

Kind = Literal["enterprise", "park", "parcel"]
Scalar = bool | int | float | str
Periodic = dict[str, float]


def _form(value: object) -> str:
    """Form in which a rule file may write a value: plain, by period, or as a statistic."""
    if isinstance(value, CohortStatistic) or (isinstance(value, dict) and "statistic" in value):
        return "statistic"
    return "by_period" if isinstance(value, dict) else "plain"


class Rule(BaseModel):
    """Base of all rule values: frozen, and unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False
    )


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
        numerator: field ids, added (an id named twice counts twice); empty when the value is
            only ever given ready.
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
    numerator: tuple[str, ...] = ()
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
    missing: Annotated[
        Annotated[Missing, Tag("plain")] | Annotated[dict[str, Missing], Tag("by_period")],
        Discriminator(_form),
    ]
    benchmark: (
        Annotated[
            Annotated[float, Tag("plain")]
            | Annotated[Periodic, Tag("by_period")]
            | Annotated[CohortStatistic, Tag("statistic")],
            Discriminator(_form),
        ]
        | None
    ) = None
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
