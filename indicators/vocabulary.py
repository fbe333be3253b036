"""What can be measured (指标目录) and the method's phrases, from the TOML files beside."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from geodata.fields import fields
from indicators.rules import DerivedAmount, Indicator
from indicators.shipped import shipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """What can be measured without a standard's own definitions.

    Attributes:
        indicators: indicator by id, in the order of the file.
        amounts: derived amount of parks by id.
    """

    indicators: Mapping[str, Indicator]
    amounts: Mapping[str, DerivedAmount]


@cache
def catalog() -> Catalog:
    """The catalogue of indicators and derived amounts that parkeval ships."""
    content = shipped("indicators")
    indicators = [Indicator.model_validate(entry) for entry in content["indicator"]]
    amounts = [DerivedAmount.model_validate(entry) for entry in content["amount"]]
    return Catalog(
        indicators=MappingProxyType({one.id: one for one in indicators}),
        amounts=MappingProxyType({one.id: one for one in amounts}),
    )


def label(name: str) -> str:
    """Chinese label of a field, derived amount or indicator; the id itself when unknown.

    >>> label("tax_per_mu"), label("land_area_mu"), label("something")
    ('亩均税收', '用地面积', 'something')
    """
    known = catalog()
    if name in fields():
        return fields()[name].zh
    named = known.amounts.get(name) or known.indicators.get(name)
    return named.label.zh if named else name


def labels(names: Iterable[str]) -> str:
    """Labels of several names joined for a sentence, each once."""
    return say("measure", "and").join(dict.fromkeys(label(name) for name in names))


def say(section: str, name: str, /, **values: object) -> str:
    """One phrase of `judging.toml` with its `{names}` filled in.

    >>> say("measure", "zero")
    '分母为零'
    """
    text: str = shipped("judging")[section][name]
    return text.format_map(values)
