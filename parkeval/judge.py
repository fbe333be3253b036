"""From the Dataset to Findings (评判): every standard of the workspace in declared order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geodata.errors import InputError
from geodata.issues import in_order, issue
from geodata.model import Key
from geodata.periods import before
from geodata.rollup import ledger
from indicators.catalog import catalog, find_standard
from indicators.cluster import cluster
from indicators.evaluate import evaluate
from indicators.gather import gather
from indicators.measure import measure
from indicators.model import Clustering, Evaluation, Findings, Measured
from indicators.quadrants import quadrants
from indicators.screen import doubts, screen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from geodata.model import Dataset
    from indicators.model import Subjects
    from indicators.rules import DerivedAmount, Standard
    from parkeval.config import Workspace

SEED = 20240101
"""Seed of everything drawn at random, so that two runs agree."""


def judge(
    dataset: Dataset,
    workspace: Workspace,
    *,
    directory: Path,
    step: Callable[[str], None] = lambda _: None,
) -> Findings:
    """Apply the workspace's standards to its facts.

    Args:
        dataset: the facts.
        workspace: what is judged, when, and by which standards.
        directory: folder against which standards given as files are found.
        step: told what begins, for a progress display.

    Raises:
        InputError: an unknown or incomplete standard, a period without data, a benchmark that
            cannot be had.
    """
    standards = [find_standard(_named(directory, name)) for name in workspace.standards]
    _check_order(standards)
    period, scope = workspace.period, workspace.options
    scopes = {"enterprise": scope.enterprise_scope, "park": scope.park_scope}
    present = sorted({key.period for key in dataset.amounts})
    if period not in present:
        raise InputError(
            [issue("period-missing", value=period, present="、".join(present) or "无")]
        )
    last = before(period, present)
    grades: dict[str, pd.Series[str]] = {}
    evaluations: dict[str, Evaluation] = {}

    gathered: dict[tuple[str, str, int], Subjects | None] = {}

    def subjects(kind: str, when: str, own: Sequence[DerivedAmount] = ()) -> Subjects | None:
        """Gather once for each kind, period and set of grades, unless a standard adds its own."""
        key = kind, when, len(grades)
        if own or key not in gathered:
            found = gather(dataset, kind, when, scope=scopes, grades=grades, amounts=own)
            if own:
                return found
            gathered[key] = found
        return gathered[key]

    for standard in standards:
        step(f"评价 {standard.title.zh}")
        now = subjects(standard.subject, period, standard.amounts)
        earlier = subjects(standard.subject, last, standard.amounts) if last else None
        if now is None:
            raise InputError([issue("period-missing", value=period, present="、".join(present))])
        evaluations[standard.id] = evaluate(standard, now, earlier)
        if standard.subject == "enterprise":
            grades[standard.id] = evaluations[standard.id].result["grade"]
    step("指标总览、聚类与疑似闲置低效筛查")
    firms = _overview(subjects, "enterprise", period, last)
    parks = _overview(subjects, "park", period, last)
    amounts = _stated(dataset, Key("enterprise", period, scope.enterprise_scope))
    judged = dataset.parks.index[dataset.parks["parent_id"].isna()]
    return Findings(
        title=workspace.title,
        is_example=workspace.is_example,
        period=period,
        document_date=workspace.document_date,
        dataset=dataset,
        evaluations=evaluations,
        overview=parks,
        enterprise_overview=firms,
        parcels=screen(dataset, amounts, period),
        clusterings=_clusterings(parks.values.loc[judged], workspace),
        quadrants=_quadrants(evaluations, dataset.parks.index),
        ledger=ledger(amounts, dataset.shares[dataset.shares["period"] == period]),
        issues=in_order(
            [
                *dataset.issues,
                *doubts(period),
                *(doubt for one in evaluations.values() for doubt in one.issues),
            ]
        ),
    )


def _stated(dataset: Dataset, key: Key) -> pd.DataFrame:
    """Stated amounts of a key; no column where nothing was stated in that scope."""
    if key in dataset.amounts:
        return dataset.amounts[key].values
    return pd.DataFrame(index=dataset.enterprises.index)


def _named(directory: Path, name: str) -> str:
    """A standard's id, or the path of a file that stands in the workspace."""
    return str(directory / name) if name.endswith(".toml") else name


def _check_order(standards: list[Standard]) -> None:
    """A standard may use another's grades only when that one runs before it."""
    done: set[str] = set()
    for standard in standards:
        missing = [name for name in standard.needs if name not in done]
        if missing:
            cause = f"“{standard.id}”要用到 {'、'.join(missing)} 的结果，后者须排在它前面"
            raise InputError([issue("workspace-invalid", where="standards", cause=cause)])
        done.add(standard.id)


def _overview(
    subjects: Callable[[str, str], Subjects | None], kind: str, period: str, last: str | None
) -> Measured:
    """Every indicator of the catalogue that this kind of subject can have."""
    now = subjects(kind, period)
    if now is None:
        raise InputError([issue("period-missing", value=period, present=last or "无")])
    earlier = subjects(kind, last) if last else None
    wanted = [one for one in catalog().indicators.values() if kind in one.subjects]
    return measure(wanted, now, earlier)


def _clusterings(values: pd.DataFrame, workspace: Workspace) -> Mapping[str, Clustering]:
    columns = [name for name in workspace.options.cluster_by if name in values]
    return {
        method: cluster(values[columns], method=method, seed=SEED) for method in ("ward", "kmeans")
    }


def _quadrants(evaluations: Mapping[str, Evaluation], parks: pd.Index[str]) -> pd.DataFrame:
    """One column per standard that sets efficiency against need."""
    drawn = {
        name.removesuffix("_priority"): quadrants(one).reindex(parks, fill_value="")
        for name, one in evaluations.items()
        if one.standard.quadrants is not None
    }
    return pd.DataFrame(drawn, index=parks)
