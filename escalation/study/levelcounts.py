"""Bounds of the shares of levels without the rest of a pairing: all that changes with a reconstruction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from escalation.reconstruct.pairingresult import Pairing
from escalation.reconstruct.result import Reconstruction
from escalation.records import Case
from escalation.scale.bounds import Bounds, share_bounds
from escalation.scale.coding import code_incidents
from escalation.scale.periods import day_number, make_periods
from escalation.scale.streams import Streams
from escalation.scale.trend import default_unit
from escalation.study.choices import Choices
from escalation.study.scales import scales_of

__all__ = ["Levels", "incidents_under", "levels_under", "paired_levels"]


@dataclass(frozen=True)
class Levels:
    """Bounds of the shares at each level with the words for levels and the days of periods.

    `codes` and `at_least` are those of the scale, `spans` has ``period, first, last``, `bounds` is about `evidence`.
    """

    codes: tuple[str, ...]
    at_least: tuple[str, ...]
    evidence: str
    spans: pd.DataFrame
    bounds: Bounds

    @property
    def whole(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """First and last day."""
        return self.spans["first"].iloc[0], self.spans["last"].iloc[-1]


def incidents_under(case: Case, choices: Choices) -> pd.DataFrame:
    """Return the incidents; where all described ones are asked for, without saying how each is known."""
    if choices.evidence != "described":
        return case.incidents
    return case.incidents.drop(columns=["confirmed", "claimed"], errors="ignore")


def _line(columns: pd.Index, choices: Choices) -> tuple[str, str]:
    """Return the line of evidence that was chosen, and the one that is held against the reconstructed number."""
    lead = "confirmed" if "confirmed" in columns else "described"
    return choices.evidence if choices.evidence in (lead, *columns) else lead, lead


def paired_levels(found: Pairing, choices: Choices) -> Levels:
    """Take the bounds out of a pairing."""
    trend = found.trend
    name = choices.evidence if choices.evidence in trend.lines else trend.lead
    return Levels(trend.scale.codes, trend.scale.at_least, name, trend.periods.frame(), found.bounds[name])


def levels_under(case: Case, choices: Choices, rec: Reconstruction) -> Levels:
    """Bound the shares as `pairing` does, which also asks all that does not change with the reconstruction.

    Parameters
    ----------
    case
        Its incidents.
    choices
        Scale, evidence, periods and the reading of mixed attacks.
    rec
        The number of incidents.

    Raises
    ------
    ValueError
        If a weapon is not on the scale.
    """
    incidents, scale = incidents_under(case, choices), choices.scale or scales_of(case)[0]
    first, last = (day_number(day, "window") for day in (rec.dates[0], rec.dates[-1]))
    coded = code_incidents(incidents, scale, choices.mixed)
    parts = make_periods(choices.periods if choices.periods is not None else default_unit(first, last), first, last)
    evidence, lead = _line(incidents.columns, choices)
    some = coded.where(parts.of(coded.middle) >= 0).known_by(evidence)
    counts = np.zeros((len(parts), len(scale.codes)), dtype=np.int64)
    np.add.at(counts, (parts.of(some.typed.middle), some.typed.rung), 1)
    described = np.bincount(parts.of(some.middle), minlength=len(parts)).astype(np.int64)
    number = None
    if evidence == lead:
        seed = None if choices.seed is None else int(np.random.default_rng(choices.seed).integers(2**62))
        daily = rec.draw(2000, Streams(seed)("number"))
        number = np.add.reduceat(daily, parts.first - parts.first[0], axis=1)
    bounds = share_bounds(
        counts, described, number, levels=scale.codes, periods=parts.labels, prob=choices.prob
    )  # fmt: skip
    return Levels(scale.codes, scale.at_least, evidence, parts.frame(), bounds)
