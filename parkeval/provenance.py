"""Where results come from (来源与校验): hashes of inputs, rules and outputs."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from indicators.model import Findings

SCHEMA_VERSION = 1
"""Version of the layout of `results/<period>/`; raised when a reader must change."""


def sha256(content: bytes) -> str:
    """Hex digest of some bytes."""
    return hashlib.sha256(content).hexdigest()


def digest(paths: Iterable[Path]) -> str:
    """One digest for a file and its companions (a shapefile's parts), by name and content."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(path.name.encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def manifest(
    findings: Findings, outputs: Mapping[str, bytes], decisions: Mapping[str, str]
) -> bytes:
    """The record of a run: inputs, decisions, rules and outputs by hash; no clock, no machine.

    Args:
        findings: what was found.
        outputs: files of the run by relative path.
        decisions: hash of each decision file by relative path.
    """
    rules = {
        name: {
            "title": one.standard.title.zh,
            "official": one.standard.official,
            "sources": one.standard.sources,
            "sha256": sha256(one.standard.model_dump_json(by_alias=True).encode()),
        }
        for name, one in findings.evaluations.items()
    }
    record = {
        "schema_version": SCHEMA_VERSION,
        "title": findings.title,
        "is_example": findings.is_example,
        "period": findings.period,
        "document_date": findings.document_date,
        "state": "试算",
        "inputs": findings.dataset.sources.to_dict(orient="records"),
        "decisions": dict(sorted(decisions.items())),
        "standards": rules,
        "outputs": {name: sha256(content) for name, content in sorted(outputs.items())},
    }
    return (json.dumps(record, ensure_ascii=False, indent=2) + "\n").encode()
