"""Which cohort judges a subject (分组), or the reason why none does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from indicators.conditions import known, mask
from indicators.lacking import lacking
from indicators.vocabulary import labels, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indicators.rules import Cohort, Exemption, Standard


def assign(standard: Standard, facts: pd.DataFrame) -> pd.DataFrame:
    """Put every subject into its cohort.

    Exemptions go first, in declared order; then the first cohort whose conditions hold; a cohort
    that is split takes only subjects whose attribute is known. Nobody disappears.

    Args:
        standard: the rules.
        facts: one row per subject; attributes, amounts and indicator values in columns.

    Returns:
        Index of `facts`; columns `cohort` (with the split's value after a colon, empty when
        none), `declared` (the cohort's id alone) and `reason` (Chinese, empty when judged).
    """
    empty = pd.Series("", index=facts.index, dtype="object")
    found = pd.DataFrame({"cohort": empty, "declared": empty, "reason": empty})
    left = pd.Series(data=True, index=facts.index, dtype=bool)
    for exemption in standard.exemptions:
        here = left & mask(exemption.where, facts)
        found.loc[here, "reason"] = _exempt(exemption, facts[here])
        left &= ~here
    for cohort in standard.cohorts:
        here = left & mask(cohort.where, facts)
        names, reasons = _named(cohort, facts[here])
        found.loc[here, "cohort"] = names
        found.loc[here, "declared"] = cohort.id
        found.loc[here, "reason"] = reasons
        left &= ~here
    found.loc[left, "reason"] = _none(standard.cohorts, facts[left])
    found.loc[found["cohort"].eq(""), "declared"] = ""
    return found.astype("str")


def _exempt(exemption: Exemption, facts: pd.DataFrame) -> pd.Series[str]:
    """The exemption's own reason, then the one its field holds."""
    said = exemption.reason.zh if exemption.reason else ""
    reasons = pd.Series(said, index=facts.index, dtype="object")
    if exemption.reason_field in facts.columns:
        own = facts[exemption.reason_field]
        reasons = own.astype("object").where(known(own), reasons)
    return reasons.mask(reasons.eq(""), say("assign", "exempt"))


def _named(cohort: Cohort, facts: pd.DataFrame) -> tuple[pd.Series[str], pd.Series[str]]:
    names = pd.Series(cohort.id, index=facts.index, dtype="object")
    reasons = pd.Series("", index=facts.index, dtype="object")
    if cohort.split is None:
        return names, reasons
    if cohort.split not in facts.columns:
        values = pd.Series("", index=facts.index, dtype="object")
    else:
        values = facts[cohort.split].astype("object").where(known(facts[cohort.split]), "")
    there = values.ne("")
    reason = say("assign", "split_missing", field=labels([cohort.split]))
    return (names + ":" + values.astype("str")).where(there, ""), reasons.where(there, reason)


def _none(cohorts: Sequence[Cohort], facts: pd.DataFrame) -> pd.Series[str]:
    """No cohort fits; name the fields it hangs on when they are unknown."""
    plain = say("assign", "no_cohort")
    absent = lacking(facts, [one.field for cohort in cohorts for one in cohort.where])
    told = {
        words: say("assign", "no_cohort_field", fields=words) if words else plain
        for words in absent.unique()
    }
    return absent.map(told).astype("object")
