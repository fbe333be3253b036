"""The first sheet (概览): what was evaluated, by which rules, from what, and the proof of sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geodata.issues import SEVERITIES
from reports.assets import words
from reports.labels import column, field_kind, field_label, indicators_of, standing, word
from reports.places import in_period, main_occupant
from reports.sheets import ROW_KIND, Table, sheet

if TYPE_CHECKING:
    from indicators.model import Evaluation, Findings
    from reports.sheets import Sheet


def overview_sheet(findings: Findings, *, public: bool) -> Sheet:
    """What was evaluated, standards and their sources, counts, ledger, problems, deliveries."""
    tables = [_facts(findings), _standards(findings), _ledger(findings)]
    tables += [_clusters(findings)] if findings.clusterings else []
    tables += [] if public else [_severities(findings), _sources(findings)]
    tables.append(_yardsticks(findings))
    return sheet("overview", findings, [one for one in tables if len(one.frame)])


def _facts(findings: Findings) -> Table:
    """What was evaluated and how much of it could be joined."""
    data = findings.dataset
    unit = {"家": "count", "个": "count", "宗": "count", "亩": "mu", "行": "count"}
    here = in_period(data.shares, findings.period)
    firms = here.drop_duplicates("enterprise_id")
    without = len(firms) - here.loc[here["place"].ne("unlinked"), "enterprise_id"].nunique()
    lost = in_period(data.unlinked, findings.period)
    known = findings.dataset.enterprises.index
    told: list[tuple[str, object, str]] = [
        ("title", findings.title, ""),
        ("period", findings.period, ""),
        ("date", findings.document_date, ""),
        ("parks", len(data.parks), "个"),
        ("leaf_parks", int(data.parks["is_leaf"].sum()), "个"),
        ("parcels", len(data.parcels), "宗"),
        ("parcels_mu", float(data.parcels["area_mu"].sort_index().sum()), "亩"),
        ("located_parcels", data.locations["parcel_id"].nunique(), "宗"),
        ("located_mu", float(data.locations["area_mu"].sum()), "亩"),
        ("occupied_parcels", len(main_occupant(findings)), "宗"),
        ("enterprises", len(firms), "家"),
        ("linked_enterprises", len(firms) - without, "家"),
        ("unlinked_enterprises", without, "家"),
        ("unlinked_rows", int((~lost["id"].isin(known)).sum()), "行"),
    ]
    frame = pd.DataFrame(
        [
            {
                "fact": word("facts", name),
                "fact_value": value,
                "fact_unit": kind,
                ROW_KIND: unit.get(kind, "text"),
            }
            for name, value, kind in told
        ]
    )
    return _table("what", "fact fact_value fact_unit", frame)


def _standards(findings: Findings) -> Table:
    """The rules used, where they come from, and how many subjects they judged."""
    rows = [
        {
            "standard_title": one.standard.title.zh,
            "standard": name,
            "standard_subject": word("subjects", one.standard.subject),
            "standard_kind": standing(one.standard),
            **_judged(one),
            "standard_source": one.standard.sources.get("default", ""),
        }
        for name, one in findings.evaluations.items()
    ]
    names = (
        "standard_title standard standard_subject standard_kind"
        " judged ranked graded not_judged standard_source"
    )
    return _table("standards", names, pd.DataFrame(rows, columns=names.split()))


def _judged(evaluation: Evaluation) -> dict[str, int]:
    result = evaluation.result
    return {
        "judged": int(result["score"].notna().sum()),
        "ranked": int(result["rank"].notna().sum()),
        "graded": int(result["grade"].ne("").sum()),
        "not_judged": int(result["score"].isna().sum()),
    }


def _yardsticks(findings: Findings) -> Table:
    """Where single numbers of the standards come from."""
    known = indicators_of(findings)
    rows = [
        {
            "standard_title": one.standard.title.zh,
            "source_item": known[name].label.zh if name in known else name,
            "source_text": text,
        }
        for one in findings.evaluations.values()
        for name, text in one.standard.sources.items()
        if name != "default"
    ]
    names = "standard_title source_item source_text"
    return _table("yardsticks", names, pd.DataFrame(rows, columns=names.split()))


def _ledger(findings: Findings) -> Table:
    """The proof that no amount was lost or counted twice."""
    names = list(findings.ledger["amount"])
    frame = findings.ledger.assign(amount=[field_label(name) for name in names])
    frame[ROW_KIND] = [field_kind(name) for name in names]
    return _table("ledger", "amount total in_parks outside unlinked difference", frame)


def _clusters(findings: Findings) -> Table:
    themes = words()["themes"]
    rows = [
        {"method": themes.get(f"cluster-{name}", {"title": name})["title"], "note": note}
        for name, one in findings.clusterings.items()
        for note in one.notes
    ]
    return _table("clusters", "method note", pd.DataFrame(rows, columns=["method", "note"]))


def _severities(findings: Findings) -> Table:
    rows = [
        {
            "severity": word("severities", name),
            "issue_count": sum(one.severity == name for one in findings.issues),
        }
        for name in SEVERITIES
    ]
    return _table("severities", "severity issue_count", pd.DataFrame(rows))


def _sources(findings: Findings) -> Table:
    names = words()["table_names"]
    frame = findings.dataset.sources
    told = frame.assign(table=[names.get(name, name) for name in frame["table"]])
    return _table("sources", "file sheet table period scope department rows used", told)


def _table(title: str, names: str, frame: pd.DataFrame) -> Table:
    columns = tuple(column(name) for name in names.split())
    return Table(title=word("tables", title), columns=columns, frame=frame)
