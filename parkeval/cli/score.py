"""`parkeval score`: the judgement alone (评分), on any table."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parkeval.cli import screen
from parkeval.cli.options import AS_JSON, Command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indicators.model import Evaluation
    from parkeval.scoring import ScoreTable

_PATH = click.Path(path_type=Path)


@click.command(
    cls=Command,
    help="只用评价标准，给任意一张表 TABLE（csv、xlsx、xls、parquet）评分，写成 csv。\n\n"
    "表中须有 subject_id 列（或标准指定的对象列）；period、scope 列可有可无；其余列名用项目名、"
    "指标名或其中文名。评价期以前的行作为上期数据。",
)
@click.argument("table", metavar="TABLE", type=_PATH)
@click.option("--standard", required=True, metavar="ID|FILE", help="标准的编号，或标准文件（TOML）")
@click.option("--period", required=True, metavar="P", help="评价哪一期，如 2024")
@click.option(
    "-o", "--output", required=True, metavar="OUT.csv", type=_PATH, help="写出的 csv 文件"
)
@click.option("--sheet", metavar="S", help="工作簿中的工作表，不写则用第一张")
@AS_JSON
def score(**given: Any) -> None:
    """Judge a table by a standard and write one row per subject, in the table's order."""
    from indicators.catalog import find_standard
    from indicators.evaluate import evaluate
    from parkeval.scoring import read_scores, scores_table
    from reports.write import write_bytes

    table, output = given["table"], given["output"]
    if output.resolve() == table.resolve():
        raise click.UsageError("OUT.csv 不能与输入文件相同。")
    if output.suffix.lower() != ".csv":
        raise click.UsageError("OUT.csv 的扩展名应为 .csv。")
    with screen.progress() as step:
        step("读取标准和表")
        standard = find_standard(given["standard"])
        read = read_scores(table, standard, period=given["period"], sheet=given["sheet"])
        step("评分")
        evaluation = evaluate(standard, read.now, read.before)
    scores = scores_table(evaluation, list(read.now.amounts.index))
    text = scores.to_csv(index=False, lineterminator="\n")
    write_bytes({output.name: text.encode("utf-8-sig")}, output.parent)
    summary = _summary(evaluation, read) | {"file": str(output)}
    if given["as_json"]:
        screen.as_json(summary)
    else:
        screen.lines(_lines(summary, evaluation, read))


def _summary(evaluation: Evaluation, read: ScoreTable) -> dict[str, Any]:
    """What was read, judged and left over, for people and programs."""
    result, standard = evaluation.result, evaluation.standard
    scored = result["score"].notna()
    return {
        "standard": standard.id,
        "title": standard.title.zh,
        "official": standard.official,
        "note": standard.note.zh if standard.note else "",
        "period": evaluation.period,
        "history": read.before.period if read.before else None,
        "subjects": len(result),
        "scored": int(scored.sum()),
        "ranked": int(result["rank"].notna().sum()),
        "partly_known": int((scored & result["coverage"].lt(1)).sum()),
        "without_score": dict(Counter(result.loc[~scored, "reason"])),
        "grades": {
            cohort: dict(sorted(Counter(part["grade"]).items()))
            for cohort, part in result[result["grade"] != ""].groupby("cohort")
        },
        "ignored_columns": list(read.ignored),
        "problems": screen.told((*read.issues, *evaluation.issues)),
    }


def _lines(summary: dict[str, Any], evaluation: Evaluation, read: ScoreTable) -> Iterator[str]:
    yield from screen.doubts((*read.issues, *evaluation.issues))
    if summary["ignored_columns"]:
        yield f"未使用的列  {'、'.join(summary['ignored_columns'])}"
    history = f"，上期 {summary['history']}" if summary["history"] else "，没有上期数据"
    yield f"标准  {summary['title']}（{summary['standard']}）"
    if summary["note"]:
        yield f"说明  {summary['note']}"
    yield f"读取  {summary['period']} 期 {summary['subjects']} 个对象{history}"
    left = summary["subjects"] - summary["scored"]
    yield (
        f"评分  {summary['scored']} 个（其中 {summary['partly_known']} 个有缺项），"
        f"排名 {summary['ranked']} 个；未评分 {left} 个"
    )
    for reason, count in sorted(summary["without_score"].items()):
        yield f"  未评分 {count} 个：{reason}"
    for cohort, counts in summary["grades"].items():
        yield f"分档  {cohort}：" + "，".join(f"{name} {count}" for name, count in counts.items())
    yield from _ungraded(evaluation)
    yield f"写入  {summary['file']}"


def _ungraded(evaluation: Evaluation) -> Iterator[str]:
    """Why a whole cohort has no grades, once for each reason."""
    reasons = {
        one.grading.reason.zh for one in evaluation.standard.cohorts if one.grading.by == "none"
    }
    for reason in sorted(reasons):
        yield f"分档  {reason}"
