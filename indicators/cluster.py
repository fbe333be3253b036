"""Groups of similar parks (聚类): Ward and k-means, the number of groups by silhouette."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from threadpoolctl import threadpool_limits

from geodata.issues import issue
from indicators.model import Clustering
from indicators.shipped import phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Points = npt.NDArray[np.float64]
    Labels = npt.NDArray[np.int64]

LEAST_SILHOUETTE = 0.25
"""Mean silhouette below which one group is as good; ours (Kaufman and Rousseeuw call less than
0.25 no substantial structure)."""

MOST_GROUPS = 6
"""Largest number of groups tried; ours."""

FEW = 8
"""Complete parks below which the result is called weak; ours."""

LEAST = 4
"""Complete parks below which nothing is grouped; ours."""

STARTS = 20
"""Starts of k-means."""


def cluster(values: pd.DataFrame, *, method: str, seed: int) -> Clustering:
    """Group subjects by their standardised values, or say that one group is as good.

    Rows with an unknown value are left out (group 0). Columns become z-scores; columns that do
    not vary are left out with a note. The number of groups from 2 to `MOST_GROUPS` with the
    largest mean silhouette wins, unless that is below `LEAST_SILHOUETTE`. The order of rows and
    columns changes no bit of the result.

    Args:
        values: index subject id, columns indicator ids.
        method: `ward` or `kmeans`.
        seed: of k-means; Ward has no chance in it.

    Returns:
        Labels for every row that came in, sorted by id.

    Raises:
        KeyError: the method is neither of the two.
    """
    split = _METHODS[method]
    ordered = values.sort_index().astype(float)
    complete = ordered.dropna()
    varying = [name for name in sorted(complete.columns) if len(complete[name].unique()) > 1]
    notes = [*_notes_on_rows(ordered, complete), *_notes_on_columns(complete, varying)]
    found, silhouettes = np.ones(len(complete), dtype=np.int64), dict[int, float]()
    if len(complete) >= LEAST and varying:
        points = _standardised(complete[varying])
        with threadpool_limits(limits=1):
            candidates = _candidates(points, split, seed)
            silhouettes = {k: _silhouette(points, one) for k, one in candidates.items()}
        best = max(silhouettes, key=lambda k: (round(silhouettes[k], 12), -k), default=0)
        if best and silhouettes[best] >= LEAST_SILHOUETTE:
            found = candidates[best]
            notes.append(phrase("cluster", "found", k=best, silhouette=_plain(silhouettes[best])))
        else:
            tried = _plain(silhouettes[best]) if best else "—"
            notes.append(phrase("cluster", "one_group", silhouette=tried, least=LEAST_SILHOUETTE))
    labels = _renumbered(pd.Series(found, index=complete.index, dtype="int64"))
    return Clustering(
        labels=labels.reindex(ordered.index, fill_value=0).rename("cluster"),
        method=method,
        silhouettes=silhouettes,
        centres=complete.groupby(labels).mean().rename_axis("cluster"),
        notes=tuple(notes),
    )


def _notes_on_rows(ordered: pd.DataFrame, complete: pd.DataFrame) -> list[str]:
    notes = []
    left_out = [str(name) for name in ordered.index.difference(complete.index)]
    if left_out:
        notes.append(phrase("cluster", "incomplete", subjects="、".join(left_out)))
    if len(complete) < FEW:
        few = issue(
            "too-few-subjects", what=phrase("cluster", "what"), count=len(complete), least=FEW
        )
        notes.append(f"{few.kind.title}：{few.message()}。{few.remedy()}")
    if len(complete) < LEAST:
        notes.append(phrase("cluster", "too_few", count=len(complete), least=LEAST))
    return notes


def _notes_on_columns(complete: pd.DataFrame, varying: list[str]) -> list[str]:
    constant = [str(name) for name in complete.columns if name not in varying]
    if complete.empty or not constant:
        return []
    return [phrase("cluster", "constant", columns="、".join(constant))]


def _standardised(values: pd.DataFrame) -> Points:
    points = values.to_numpy(dtype=float)
    scored: Points = (points - points.mean(axis=0)) / points.std(axis=0)
    return scored


def _candidates(
    points: Points, split: Callable[[Points, int, int], Labels], seed: int
) -> dict[int, Labels]:
    """Labels by number of groups, where the points can be split into so many."""
    most = min(MOST_GROUPS, len(points) - 1, len(np.unique(points, axis=0)))
    tried = {k: split(points, k, seed) for k in range(2, most + 1)}
    return {k: one for k, one in tried.items() if len(np.unique(one)) == k}


def _ward(points: Points, k: int, seed: int) -> Labels:
    del seed
    return np.asarray(fcluster(linkage(points, method="ward"), k, criterion="maxclust"), np.int64)


def _kmeans(points: Points, k: int, seed: int) -> Labels:
    model = KMeans(n_clusters=k, n_init=STARTS, random_state=seed)
    return np.asarray(model.fit_predict(points), dtype=np.int64)


def _silhouette(points: Points, labels: Labels) -> float:
    return float(silhouette_score(points, labels))


def _renumbered(labels: pd.Series[int]) -> pd.Series[int]:
    """Groups numbered from 1 by their lowest id (rows are sorted by id)."""
    number = {old: new for new, old in enumerate(labels.drop_duplicates(), start=1)}
    return labels.map(number).astype("int64")


def _plain(number: float) -> str:
    return f"{number:.3f}"


_METHODS: dict[str, Callable[[Points, int, int], Labels]] = {"ward": _ward, "kmeans": _kmeans}
