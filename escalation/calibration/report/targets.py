"""What the calibration study must show: each target is a row of data, and the frames decide whether it is met."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from math import inf

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.calibration.methods import FAST, KNOWS_EXACT, KNOWS_PHI, KNOWS_RATES

__all__ = [
    "BASELINES",
    "FAST",
    "KEYS",
    "OURS",
    "STOOD_IN",
    "TARGETS",
    "Target",
    "Where",
    "matching",
    "setting",
    "stand_in",
]

#: Which rows: column to a number, a pattern with ``*``, or several patterns.
Where = Mapping[str, float | str | tuple[str, ...]]

#: Names of the posterior among the methods, that of its small set of models, and of the curves it is compared with.
OURS = ("escalation", "joint")
BASELINES = ("linear", "pchip", "pclm")
#: Flag of rows in which the small set of models stands in for all.
STOOD_IN = "stood_in"
#: Oracles, as patterns of their names.
PHI, RATES = f"{KNOWS_PHI}*", f"{KNOWS_RATES}*"
#: Columns that tell the settings of a frame apart, other than its method.
KEYS: dict[str, tuple[str, ...]] = {
    "sbc": ("quantity",),
    "model_coverage": ("quantity",),
    "alarms": ("world", "phi", "totals", "voice"),
    "power": ("world", "phi", "totals", "voice"),
    "worlds": ("world", "voice"),
    "real_summary": ("which", "voice"),
}


@dataclass(frozen=True)
class Target:
    """One row of the table of targets.

    Parameters
    ----------
    name : str
        What is measured.
    meaning : str
        Why it is asked for, in one sentence.
    frame, column : str
        Where the measurement is.
    error : str
        Column of its Monte-Carlo standard error; empty if there is none.
    where : mapping
        Rows that count.
    low, high : float
        Least and largest value that meets the target. `high` may name a column.
    against : str
        Pattern of another method, whose value in the same setting is subtracted first.
    """

    name: str
    meaning: str
    frame: str
    column: str
    error: str = ""
    where: Where = field(default_factory=dict)
    low: float = -inf
    high: float | str = inf
    against: str = ""

    @property
    def asks(self) -> str:
        """The limits in words.

        Examples
        --------
        >>> Target("", "", "", "", low=0.85, high=0.96).asks, Target("", "", "", "", high=0.05).asks
        ('0.85 to 0.96', 'at most 0.05')
        """
        if isinstance(self.high, str):
            return "at most its standard error"
        if np.isinf(self.low):
            return f"at most {self.high:g}"
        least = f"{self.low:g}".replace("-", "\N{MINUS SIGN}")
        return f"at least {least}" if np.isinf(self.high) else f"{least} to {self.high:g}"

    def rows(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Tell which rows of a frame it is about, shape (n,)."""
        return matching(frame, self.where)


def matching(frame: pd.DataFrame, where: Where) -> NDArray[np.bool_]:
    """Rows whose cells are the numbers, or fit the patterns, that are wanted."""
    found = np.ones(len(frame), dtype=bool)
    for column, wanted in where.items():
        if isinstance(wanted, (int, float)):
            found &= np.isclose(frame[column].to_numpy(dtype=float), wanted)
        else:
            patterns = (wanted,) if isinstance(wanted, str) else wanted
            found &= np.array([any(fnmatchcase(str(cell), p) for p in patterns) for cell in frame[column]], dtype=bool)
    return found


_ALARMS: dict[str, float | str | tuple[str, ...]] = {"totals": 40, "method": OURS}
_ALARM = "P(at least one jump) above 1/2 in series whose rate never changes; 120 days."
_STRONG = "P(at least one jump) above .9 in series whose rate never changes; 120 days."
_ORACLE = "P(at least one jump) above 1/2; the oracle has the same prior, but knows phi and that totals are exact."
_EXACT = "P(at least one jump) above 1/2; the oracle has the same prior, but knows that totals are exact."
_POWER: dict[str, float | str | tuple[str, ...]] = {"voice": "exact", "method": OURS}
_REAL: dict[str, float | str | tuple[str, ...]] = {"which": "all", "method": OURS}

#: All targets, in the order of the report.
TARGETS = (
    Target("Ranks of the truth uniform (SBC): chi-square p", "Posteriors of data drawn from the prior are right.",
           "sbc", "chi_square_p", low=0.01),
    Target("Coverage under the model: rate", "90 % intervals, data drawn from the prior.",
           "model_coverage", "value", "se", {"quantity": "rate"}, 0.88, 0.92),
    Target("Coverage under the model: counts, randomised PIT", "90 % intervals made exact by randomisation.",
           "model_coverage", "value", "se", {"quantity": "*randomised*"}, 0.88, 0.92),
    Target("Coverage under the model: counts, plain", "Intervals of counts hold at least what they say.",
           "model_coverage", "value", "se", {"quantity": "*(plain)*"}, 0.88),
    Target("Coverage in other worlds: rate", "90 % intervals, data the prior does not contain.",
           "worlds", "rate", "rate_se", {}, 0.85, 0.96),
    Target("Coverage in other worlds: total", "90 % intervals on days without a report.",
           "worlds", "total", "total_se", {}, 0.85),
    Target("False alarms, exact totals: any", _ALARM,
           "alarms", "any_change", "any_change_se", _ALARMS | {"phi": 0, "voice": "exact"}, high=0.05),
    Target("False alarms, exact totals: strong", _STRONG,
           "alarms", "strong", "strong_se", _ALARMS | {"phi": 0, "voice": "exact"}, high=0.01),
    Target("False alarms, variance twice the mean: any", _ALARM,
           "alarms", "any_change", "any_change_se", _ALARMS | {"phi": 1, "voice": "exact"}, high=0.10),
    Target("False alarms, variance twice the mean: strong", _STRONG,
           "alarms", "strong", "strong_se", _ALARMS | {"phi": 1, "voice": "exact"}, high=0.02),
    Target("False alarms, 30 % of totals floored: any", _ALARM,
           "alarms", "any_change", "any_change_se", _ALARMS | {"phi": 0, "voice": "floored"}, high=0.06),
    Target("Power, 1 to 2 a day, 40 totals", "P(constant) below 1/2 when the rate doubles halfway.",
           "power", "changed", "changed_se", _POWER | {"world": "1 to 2*", "totals": 40}, 0.95),
    Target("Power, 1 to 2 a day, 12 totals", "P(constant) below 1/2 when the rate doubles halfway.",
           "power", "changed", "changed_se", _POWER | {"world": "1 to 2*", "totals": 12}, 0.90),
    Target("Power, 1 to 2 a day: jump, minus oracle", _ORACLE,
           "power", "jump", "jump_se", _POWER | {"world": "1 to 2*"}, -0.05, against=PHI),
    Target("Power, 1 to 3 a day", "P(constant) below 1/2 when the rate triples; 1.00 when rounded to two digits.",
           "power", "changed", "changed_se", _POWER | {"world": "1 to 3*"}, 0.995),
    Target("Location error in days, minus oracle", "Median where a change is found; the oracle knows both rates.",
           "power", "error_days", "", _POWER | {"world": "1 to *"}, high=1.0, against=RATES),
    Target("Coverage of the 90 % location interval", "Intervals that hold the true day, where a change is found.",
           "power", "covered", "covered_se", {"world": "1 to *", "method": OURS}, 0.86, 0.95),
    Target("Power, pause: jump, minus oracle", _EXACT,
           "power", "jump", "jump_se", _POWER | {"world": "*pause*"}, -0.05, against=KNOWS_EXACT),
    Target("Real series, exact: CRPS minus best baseline", "No worse than the best curve by more than one paired SE.",
           "real_summary", "paired_difference", "paired_se", _REAL | {"voice": "exact"}, high="paired_se"),
    Target("Real series, rounded: CRPS over best baseline", "20 % better than the best curve.",
           "real_summary", "ratio_to_best_baseline", "ratio_se", _REAL | {"voice": "rounded"}, high=0.80),
    Target("Real series, lagged: CRPS over best baseline", "10 % better than the best curve.",
           "real_summary", "ratio_to_best_baseline", "ratio_se", _REAL | {"voice": "lagged"}, high=0.90),
    Target("Real series: coverage of the total", "90 % intervals on steps without a report; rounded and lagged totals.",
           "real_summary", "cover_total", "cover_total_se", _REAL | {"voice": ("rounded", "lagged")}, 0.85, 0.95),
)  # fmt: skip


def setting(frame: str, row: Mapping[Hashable, object]) -> str:
    """Name the setting of a row in words.

    Examples
    --------
    >>> setting("alarms", {"world": "constant, 1.2 a day", "phi": 1.0, "totals": 40, "voice": "exact"})
    'constant, 1.2 a day, phi 1, 40 totals, exact'
    """
    said = {"phi": "phi {:g}", "totals": "{:g} totals"}
    return ", ".join(said.get(key, "{}").format(row[key]) for key in KEYS[frame] if key in row)


def stand_in(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Let the small set of models stand in for the full one in settings in which only the small one was run.

    Returns
    -------
    DataFrame
        The same rows; those that stand in have the name of the full method, and the flag `STOOD_IN`.

    Examples
    --------
    >>> worlds = ["a", "a", "b"]
    >>> power = pd.DataFrame({"world": worlds, "method": ["escalation", "escalation, fast", "escalation, fast"]})
    >>> stand_in("power", power)["method"].tolist()
    ['escalation', 'escalation, fast', 'escalation']
    """
    if "method" not in frame or not (frame["method"] == FAST).any():
        return frame
    keys = [setting(name, row) for row in frame.to_dict("records")]
    full = {key for key, method in zip(keys, frame["method"], strict=True) if method in OURS}
    flag = [method == FAST and key not in full for key, method in zip(keys, frame["method"], strict=True)]
    return frame.assign(**{STOOD_IN: flag}, method=frame["method"].mask(np.array(flag), OURS[0]))
