"""The table of contents of the program (流程): check, evaluate, report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geodata.errors import InputError
from geodata.issues import Issue, in_order, issue
from indicators.explain import Explanation
from indicators.explain import explain as explain_one
from parkeval import config, decisions, store
from parkeval.assemble import assemble
from parkeval.judge import judge
from parkeval.provenance import digest, manifest
from reports.catalog import reports
from reports.problems import problems
from reports.tables import problem_table, result_tables
from reports.write import write_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from geodata.model import Dataset
    from indicators.model import Findings
    from parkeval.config import Workspace

PROBLEMS = "数据问题清单.csv"

SHOWN = 20
"""Severe problems told at once when an evaluation is refused; `check` lists them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run left behind.

    Attributes:
        findings: everything found.
        written: files written, in order.
    """

    findings: Findings
    written: tuple[Path, ...]


def _silent(_: str) -> None:
    """No progress display."""


def check(directory: Path, *, step: Callable[[str], None] = _silent) -> tuple[Dataset, Path]:
    """Read, conform, locate and link; write the list of problems.

    Returns:
        The facts and the path of the problem list as csv, which is written, and beside it the
        same as a workbook, whatever was found.

    Raises:
        InputError: a source cannot be used at all.
    """
    workspace = config.load(directory)
    dataset = assemble(directory, workspace, decisions.load(directory), step=step)
    listed = _problems(dataset.issues, dataset, workspace, workspace.period)
    return dataset, write_bytes(listed, directory)[0]


def evaluate(
    directory: Path,
    *,
    period: str | None = None,
    standards: Sequence[str] = (),
    step: Callable[[str], None] = _silent,
) -> Outcome:
    """The whole trial run (试算): facts, judgements, results and reports.

    Args:
        directory: the workspace.
        period: 统计期 instead of the workspace's.
        standards: standards instead of the workspace's, in order.
        step: told what begins.

    Raises:
        InputError: the input cannot be used or has severe problems; nothing has been written.
    """
    workspace = config.load(directory)
    chosen = {
        "period": period or workspace.period,
        "standards": tuple(standards) or workspace.standards,
    }
    workspace = workspace.model_copy(update=chosen)
    decided = decisions.load(directory)
    dataset = assemble(directory, workspace, decided, step=step)
    _refuse_severe(dataset)
    findings = judge(dataset, workspace, directory=directory, step=step)
    step("生成报告")
    return Outcome(findings=findings, written=_write(directory, findings, step))


def report(
    directory: Path, *, period: str | None, only: Sequence[str] = (), public: bool = False
) -> tuple[Path, ...]:
    """Render reports again from stored results.

    Without `only` and not in public, the problem list is written again too.

    Raises:
        InputError: no results, or an unknown report.
    """
    workspace = config.load(directory)
    when = period or workspace.period
    findings = store.load(directory / "results" / when / store.TABLES)
    known = reports()
    unknown = [name for name in only if name not in known]
    if unknown:
        raise InputError(
            issue("report-unknown", value=name, present="、".join(known)) for name in unknown
        )
    files = _rendered(findings, only or tuple(known), public=public)
    if not only and not public:
        files |= _problems(findings.issues, findings.dataset, findings, findings.period)
    return tuple(write_bytes(files, directory))


def _write(directory: Path, findings: Findings, step: Callable[[str], None]) -> tuple[Path, ...]:
    """Results and reports in one go: all of them are replaced, or none."""
    base = f"results/{findings.period}"
    outputs = {f"{base}/{name}": content for name, content in result_tables(findings).items()}
    stored = store.dump(findings)
    outputs |= {f"{base}/{store.TABLES}/{name}": content for name, content in stored.items()}
    outputs |= _rendered(findings, tuple(reports()), public=False)
    outputs |= _problems(findings.issues, findings.dataset, findings, findings.period)
    folder = directory / decisions.FOLDER
    decided = {f"{decisions.FOLDER}/{path.name}": digest([path]) for path in folder.glob("*.csv")}
    outputs[f"{base}/manifest.json"] = manifest(findings, outputs, decided)
    step("写出成果")
    return tuple(write_bytes(outputs, directory, stale=f"{base}/{store.TABLES}"))


def _rendered(findings: Findings, names: Sequence[str], *, public: bool) -> dict[str, bytes]:
    known = reports()
    made = [known[name].render(findings, public=public) for name in names]
    return {f"reports/{findings.period}/{one.name}": one.content for one in made}


def _refuse_severe(dataset: Dataset) -> None:
    """Figures that cannot be trusted are not judged."""
    severe = [one for one in dataset.issues if one.severity == "severe"]
    if severe:
        raise InputError([issue("severe-problems", count=len(severe)), *severe[:SHOWN]])


def _problems(
    issues: Iterable[Issue], dataset: Dataset, about: Findings | Workspace, period: str
) -> dict[str, bytes]:
    """The problem list, as csv and as a workbook for the departments, by path."""
    listed = in_order(issues)
    made = problems(
        listed,
        dataset,
        title=about.title,
        document_date=about.document_date,
        is_example=about.is_example,
    )
    folder = f"reports/{period}"
    csv = problem_table(listed, dataset)
    return {f"{folder}/{PROBLEMS}": csv, f"{folder}/{made.name}": made.content}


def explain(
    directory: Path, subject: str, *, period: str | None = None, standard: str | None = None
) -> list[Explanation]:
    """How a subject was judged under each standard that knows it.

    Raises:
        InputError: no results, an unknown standard, or a subject that none of them knows.
    """
    workspace = config.load(directory)
    findings = store.load(directory / "results" / (period or workspace.period) / store.TABLES)
    names = [standard] if standard else list(findings.evaluations)
    if standard is not None and standard not in findings.evaluations:
        near = "；结果中有 " + "、".join(findings.evaluations)
        raise InputError([issue("standard-unknown", value=standard, near=near)])
    told: list[Explanation] = []
    unknown: list[Issue] = []
    for name in names:
        try:
            told.append(explain_one(findings.evaluations[name], subject, dataset=findings.dataset))
        except InputError as error:
            unknown += error.issues
    if not told:
        helpful = [one for one in unknown if dict(one.params).get("near")]
        raise InputError(dict.fromkeys(helpful or unknown))
    return told
