"""Results on disk (结果存取): `results/<period>/` written whole, and read back for reports."""

from __future__ import annotations

import io
import json
from dataclasses import fields as parts_of
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geodata.errors import InputError
from geodata.issues import Issue, issue
from geodata.model import Amounts, Dataset, Key
from indicators.model import Clustering, Evaluation, Findings, Measured
from indicators.rules import Standard
from parkeval.provenance import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TABLES = "tables"
"""Folder inside a period's results that holds every stage's table as parquet."""

_DATASET_FRAMES = (
    "parks",
    "parcels",
    "enterprises",
    "locations",
    "occupancy",
    "shares",
    "unlinked",
    "sources",
)
_EVALUATION_FRAMES = ("result", "points", "groups", "fills", "benchmarks", "cuts")
_MEASURED_FRAMES = tuple(part.name for part in parts_of(Measured) if part.name != "issues")


def dump(findings: Findings) -> dict[str, bytes]:
    """Everything needed to render reports again, as files by relative path.

    Frames become parquet (layers GeoParquet), the rest one `findings.json`.
    """
    frames: dict[str, pd.DataFrame] = {}
    data = findings.dataset
    frames |= {name: getattr(data, name) for name in _DATASET_FRAMES}
    for period, frame in data.attributes.items():
        frames[f"attributes/{period}"] = frame
    for period, frame in data.park_attributes.items():
        frames[f"park_attributes/{period}"] = frame
    for number, one in enumerate(data.amounts.values()):
        frames[f"amounts/{number}/values"] = one.values
        frames[f"amounts/{number}/cells"] = one.cells
    for name, evaluation in findings.evaluations.items():
        for part in _EVALUATION_FRAMES:
            frames[f"evaluations/{name}/{part}"] = getattr(evaluation, part)
        frames |= _measured(f"evaluations/{name}/measured", evaluation.measured)
    frames |= _measured("overview", findings.overview)
    frames |= _measured("enterprise_overview", findings.enterprise_overview)
    for name, clustering in findings.clusterings.items():
        frames[f"clusterings/{name}/labels"] = clustering.labels.to_frame("group")
        frames[f"clusterings/{name}/centres"] = clustering.centres
    frames |= {
        "judged_parcels": findings.parcels,
        "quadrants": findings.quadrants,
        "ledger": findings.ledger,
    }
    files = {f"{name}.parquet": _parquet(frame) for name, frame in frames.items()}
    files["findings.json"] = _json(findings)
    return files


def load(directory: Path) -> Findings:
    """Read back what `dump` wrote.

    Raises:
        InputError: there are no results, or they come from another version's layout.
    """
    path = directory / "findings.json"
    if not path.is_file():
        place = directory.parent.parent
        raise InputError([issue("results-missing", file=place.name, value=directory.parent.name)])
    told = json.loads(path.read_text(encoding="utf-8"))
    if told["schema_version"] != SCHEMA_VERSION:
        raise InputError([issue("results-version", file=path.name, value=told["schema_version"])])

    def frame(name: str) -> pd.DataFrame:
        return pd.read_parquet(directory / f"{name}.parquet")

    dataset = _dataset(directory, told, frame)
    evaluations = {name: _evaluation(name, one, frame) for name, one in told["evaluations"].items()}
    return Findings(
        title=told["title"],
        is_example=told["is_example"],
        period=told["period"],
        document_date=told["document_date"],
        dataset=dataset,
        evaluations=evaluations,
        overview=_read_measured("overview", frame),
        enterprise_overview=_read_measured("enterprise_overview", frame),
        parcels=frame("judged_parcels"),
        clusterings={
            name: Clustering(
                labels=frame(f"clusterings/{name}/labels")["group"],
                method=one["method"],
                silhouettes={int(k): value for k, value in one["silhouettes"].items()},
                centres=frame(f"clusterings/{name}/centres"),
                notes=tuple(one["notes"]),
            )
            for name, one in told["clusterings"].items()
        },
        quadrants=frame("quadrants"),
        ledger=frame("ledger"),
        issues=_issues(told["issues"]),
    )


def _dataset(
    directory: Path, told: Mapping[str, Any], frame: Callable[[str], pd.DataFrame]
) -> Dataset:
    frames: dict[str, Any] = {
        name: frame(name) for name in _DATASET_FRAMES if name not in ("parks", "parcels")
    }
    layers = {
        name: gpd.read_parquet(directory / f"{name}.parquet") for name in ("parks", "parcels")
    }
    return Dataset(
        **frames,
        **layers,
        attributes={period: frame(f"attributes/{period}") for period in told["attributes"]},
        park_attributes={
            period: frame(f"park_attributes/{period}") for period in told["park_attributes"]
        },
        amounts={
            Key(*key): Amounts(
                values=frame(f"amounts/{number}/values"),
                cells=frame(f"amounts/{number}/cells"),
            )
            for number, key in enumerate(told["amounts"])
        },
        energy_basis=told["energy_basis"],
        issues=_issues(told["dataset_issues"]),
    )


def _evaluation(
    name: str, told: Mapping[str, Any], frame: Callable[[str], pd.DataFrame]
) -> Evaluation:
    frames = {part: frame(f"evaluations/{name}/{part}") for part in _EVALUATION_FRAMES}
    return Evaluation(
        standard=Standard.model_validate(told["standard"]),
        period=told["period"],
        measured=_read_measured(f"evaluations/{name}/measured", frame),
        issues=_issues(told["issues"]),
        **frames,
    )


def _measured(prefix: str, measured: Measured) -> dict[str, pd.DataFrame]:
    return {f"{prefix}/{name}": getattr(measured, name) for name in _MEASURED_FRAMES}


def _read_measured(prefix: str, frame: Callable[[str], pd.DataFrame]) -> Measured:
    parts: dict[str, Any] = {name: frame(f"{prefix}/{name}") for name in _MEASURED_FRAMES}
    return Measured(**parts)


def _parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def _json(findings: Findings) -> bytes:
    data = findings.dataset
    told = {
        "schema_version": SCHEMA_VERSION,
        "title": findings.title,
        "is_example": findings.is_example,
        "period": findings.period,
        "document_date": findings.document_date,
        "attributes": sorted(data.attributes),
        "park_attributes": sorted(data.park_attributes),
        "amounts": [list(key) for key in data.amounts],
        "energy_basis": dict(data.energy_basis),
        "dataset_issues": _told(data.issues),
        "evaluations": {
            name: {
                "period": one.period,
                "standard": one.standard.model_dump(mode="json", by_alias=True, exclude_unset=True),
                "issues": _told(one.issues),
            }
            for name, one in findings.evaluations.items()
        },
        "clusterings": {
            name: {
                "method": one.method,
                "silhouettes": {str(k): value for k, value in one.silhouettes.items()},
                "notes": list(one.notes),
            }
            for name, one in findings.clusterings.items()
        },
        "issues": _told(findings.issues),
    }
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def _told(issues: tuple[Issue, ...]) -> list[dict[str, Any]]:
    names = ("code", "file", "sheet", "cell", "value", "subject")
    return [
        {name: getattr(one, name) for name in names} | {"params": [list(p) for p in one.params]}
        for one in issues
    ]


def _issues(told: list[dict[str, Any]]) -> tuple[Issue, ...]:
    return tuple(
        Issue(**{**one, "params": tuple((name, value) for name, value in one["params"])})
        for one in told
    )
