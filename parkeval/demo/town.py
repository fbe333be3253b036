"""Everything there is to tell of the invented city, before anybody writes it down (全城)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from parkeval.demo.figures import figures
from parkeval.demo.firms import firms
from parkeval.demo.land import parcels
from parkeval.demo.tenure import allot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from parkeval.demo.places import Place
    from parkeval.demo.tenure import Tenure


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """The whole city.

    Attributes:
        parcels: as `land.parcels`.
        tenure: who holds and rents them.
        firms: as `firms.firms`.
        figures: period → as `figures.figures`.
    """

    parcels: pd.DataFrame
    tenure: Tenure
    firms: pd.DataFrame
    figures: Mapping[str, pd.DataFrame]


def town(places: Sequence[Place]) -> Town:
    """Make up land, people and figures, in this order."""
    land = parcels(places)
    tenure = allot(land)
    people = firms(land, tenure)
    return Town(parcels=land, tenure=tenure, firms=people, figures=figures(people, land, tenure))
