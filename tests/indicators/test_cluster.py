from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.cluster import cluster


def _two_heaps(count: int = 10) -> pd.DataFrame:
    """Parks near (0, 0) and near (100, 10) in turn, so that sorting by id does not group them."""
    near = [number % 2 for number in range(count)]
    shift = [number / 100 for number in range(count)]
    return pd.DataFrame(
        {
            "a": [100.0 * one + more for one, more in zip(near, shift, strict=True)],
            "b": [10.0 * one - more for one, more in zip(near, shift, strict=True)],
        },
        index=pd.Index([f"K{number:02d}" for number in range(count)], name="park_id"),
    )


@pytest.mark.parametrize("method", ["ward", "kmeans"])
def test_two_heaps_are_two_groups(method: str) -> None:
    """Two obvious heaps are found; the group with the lowest id is number 1."""
    found = cluster(_two_heaps(), method=method, seed=1)

    assert found.labels.tolist() == [1, 2] * 5
    assert max(found.silhouettes, key=lambda k: found.silhouettes[k]) == 2
    assert found.silhouettes[2] > 0.9
    assert found.centres.index.tolist() == [1, 2]
    assert found.centres.loc[1, "a"] == pytest.approx(0.04)
    assert found.centres.loc[2, "b"] == pytest.approx(10 - 0.05)
    assert not any("对象太少" in note for note in found.notes)


@pytest.mark.parametrize("method", ["ward", "kmeans"])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_changes_no_bit(method: str, seed: int) -> None:
    """Shuffled rows and columns give the same labels, silhouettes and centres, bit for bit."""
    chance = np.random.default_rng(seed)
    values = pd.DataFrame(chance.normal(size=(9, 3)), columns=list("abc"), index=list("ihgfedcba"))
    shuffled = values.iloc[chance.permutation(9)][["c", "a", "b"]]
    one = cluster(values, method=method, seed=7)
    other = cluster(shuffled, method=method, seed=7)

    pd.testing.assert_series_equal(one.labels, other.labels)
    assert one.silhouettes == other.silhouettes
    pd.testing.assert_frame_equal(one.centres, other.centres[list("abc")], check_exact=True)
    assert one.notes == other.notes


def test_one_group_when_nothing_is_better() -> None:
    """Points spread evenly over a wheel fall into no groups, and the note says so."""
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    chance = np.random.default_rng(3).normal(size=(12, 8))
    values = pd.DataFrame(chance).assign(x=np.cos(angles), y=np.sin(angles))
    values.columns = values.columns.astype(str)
    found = cluster(values, method="ward", seed=1)

    assert set(found.labels) == {1}
    assert max(found.silhouettes.values()) < 0.25
    assert any("没有优于一组" in note for note in found.notes)


def test_incomplete_parks_are_group_0() -> None:
    """A park with an unknown value is kept, outside of every group, and named."""
    values = _two_heaps()
    values.loc["K03", "b"] = np.nan
    found = cluster(values, method="ward", seed=1)

    assert found.labels["K03"] == 0
    assert found.labels.drop("K03").gt(0).all()
    assert any("K03" in note for note in found.notes)
    assert 0 not in found.centres.index


def test_few_parks_are_warned_about() -> None:
    """Under eight complete parks the result comes with a plain warning."""
    found = cluster(_two_heaps(7), method="kmeans", seed=1)

    assert found.labels.tolist() == [1, 2, 1, 2, 1, 2, 1]
    assert any(note.startswith("对象太少") for note in found.notes)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_are_one_group(count: int) -> None:
    """Under four complete parks nothing is grouped."""
    found = cluster(_two_heaps(10).iloc[:count], method="ward", seed=1)

    assert found.labels.tolist() == [1] * count
    assert found.silhouettes == {}
    assert any("不作聚类" in note for note in found.notes)


@pytest.mark.parametrize("method", ["ward", "kmeans"])
def test_constant_columns_are_left_out(method: str) -> None:
    """A column that does not vary is named and changes nothing."""
    plain = cluster(_two_heaps(), method=method, seed=1)
    found = cluster(_two_heaps().assign(same=5.0), method=method, seed=1)

    assert found.labels.tolist() == plain.labels.tolist()
    assert any("same" in note for note in found.notes)


@pytest.mark.parametrize("method", ["ward", "kmeans"])
def test_all_equal_is_one_group(method: str) -> None:
    """Parks that are all alike are one group, not an error."""
    alike = pd.DataFrame({"a": [1.0] * 9}, index=list("abcdefghi"))

    assert set(cluster(alike, method=method, seed=1).labels) == {1}


@pytest.mark.parametrize("method", ["ward", "kmeans"])
def test_repeated_points(method: str) -> None:
    """Two distinct points, each four times, are two groups without a warning from below."""
    twice = pd.DataFrame({"a": [0.0, 9.0] * 4}, index=list("abcdefgh"))

    assert cluster(twice, method=method, seed=1).labels.tolist() == [1, 2] * 4


def test_unknown_method() -> None:
    """A method that is not in the vocabulary is a programmer's error."""
    with pytest.raises(KeyError):
        cluster(_two_heaps(), method="guess", seed=1)
