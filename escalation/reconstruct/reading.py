"""The table of readings: with what weights and scales a reported number came about, one way or another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

COMPONENTS = ("fresh", "rounded", "stale", "wrong")

#: Weights of fresh, rounded, stale, wrong by bound.
WEIGHTS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "exact": (0.72, 0.05, 0.15, 0.08),
        "at_least": (0.47, 0.25, 0.20, 0.08),
        "more_than": (0.32, 0.40, 0.20, 0.08),
        "about": (0.42, 0.35, 0.15, 0.08),
        "up_to": (0.52, 0.35, 0.05, 0.08),
    }
)


@dataclass(frozen=True)
class Habit:
    """One way in which a stream of reports may be kept.

    Parameters
    ----------
    name
        Short name.
    weight
        Prior weight of the habit.
    slips
        Factor on the weights of what goes wrong: stale and wrong numbers, rounded ones called exact, numbers ahead of
        the truth, and copies, but for those that come one after the other (see `repeat_alone`).
    """

    name: str
    weight: float
    slips: float


#: The reports tell which habit is theirs. Lags are common to all: by how much a stream lags, its totals hardly tell.
HABITS = (Habit("loose", 0.4, 1.0), Habit("careful", 0.3, 0.1), Habit("strict", 0.3, 0.01))


@dataclass(frozen=True)
class Reading:
    """How reported numbers are read: every weight and scale of the likelihood of a report.

    The weights are those of a stream of reports in which slips are frequent. How careful a stream is, the reports tell
    themselves: the posterior is averaged over `habits`.

    Parameters
    ----------
    weights
        Per bound, the prior weights of fresh, rounded, stale and wrong; each sums to one.
    grains
        Roundings that occur and their weights.
    lag_day, lag_approx
        Lags of a fresh total in days and their weights, for dates known to the day and for approximate dates.
    ahead, ahead_decay
        Mass of a fresh number above the true count (revised down later), and its geometric decay per count.
    ceiling, ceiling_days
        Mass of an "up to" number above the true count, and its slack in days' worth of incidents.
    stale_days, wrong_days
        Median age of a stale number, and scale of a wrong one, in days' worth of incidents.
    repeat, repeat_hedged, repeat_superseded
        Probability that a number already stated for an earlier date is merely copied; the second value is for
        approximate dates and hedged bounds, the third where a larger total was already stated.
    copy_days, least_news
        Each further repeat within so many days halves the probability of news, but a firm exact total that nothing has
        superseded keeps at least the second value.
    repeat_alone
        Factor on the first two for a repeat with no other within the `copy_days` before.
    copied_from
        A copy takes one of about this many numbers in circulation.
    most_roots
        Number of independent origins beyond which a wrong number becomes no less likely.
    habits
        Ways in which the whole stream may be kept, averaged over; none takes the weights as they are.

    Raises
    ------
    ValueError
        If weights do not sum to one or a scale is out of range; all problems are listed.

    Examples
    --------
    >>> Reading().weights["more_than"]
    (0.32, 0.4, 0.2, 0.08)
    """

    weights: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: WEIGHTS)
    grains: tuple[tuple[int, float], ...] = ((5, 0.3), (10, 0.4), (50, 0.15), (100, 0.15))
    lag_day: tuple[tuple[float, float], ...] = ((0.0, 0.6), (0.5, 0.25), (1.0, 0.15))
    lag_approx: tuple[tuple[float, float], ...] = ((0.0, 0.4), (1.0, 0.3), (2.0, 0.2), (3.0, 0.1))
    ahead: float = 0.05
    ahead_decay: float = 0.5
    ceiling: float = 0.8
    ceiling_days: float = 3.0
    stale_days: float = 10.0
    wrong_days: float = 30.0
    repeat: float = 0.5
    repeat_hedged: float = 0.7
    repeat_superseded: float = 0.95
    copy_days: float = 2.0
    least_news: float = 0.15
    repeat_alone: float = 1.0
    copied_from: float = 2.0
    most_roots: int = 5
    habits: tuple[Habit, ...] = HABITS

    def __post_init__(self) -> None:
        bad = []
        for bound, w in self.weights.items():
            if len(w) != 4 or min(w) < 0 or abs(sum(w) - 1) > 1e-9:
                bad.append(f"weights[{bound!r}] must be four non-negative numbers that sum to 1, got {w!r}")
            elif not 0 < w[3] < 1:
                bad.append(f"weights[{bound!r}]: the last weight (wrong) must lie between 0 and 1, or one report rules")
        if any(grain < 1 or grain != int(grain) for grain, _ in self.grains):
            bad.append(f"grains must be whole numbers of at least 1, got {self.grains!r}")
        missing = set(WEIGHTS) - set(self.weights)
        if missing:
            bad.append(f"weights lacks the bounds {sorted(missing)}")
        for name in ("grains", "lag_day", "lag_approx"):
            pairs = getattr(self, name)
            if abs(sum(w for _, w in pairs) - 1) > 1e-9 or min(min(pair) for pair in pairs) < 0:
                bad.append(f"{name} needs values of at least 0 with weights that sum to 1, got {pairs!r}")
        for name in ("ahead", "ahead_decay", "ceiling", "repeat", "repeat_hedged", "repeat_superseded", "least_news"):
            if not 0 <= getattr(self, name) < 1:
                bad.append(f"{name} must be in [0, 1), got {getattr(self, name)!r}")
        if not 0 <= self.repeat_alone <= 1:
            bad.append(f"repeat_alone must be in [0, 1], got {self.repeat_alone!r}")
        for name in ("ceiling_days", "stale_days", "copy_days", "wrong_days", "copied_from", "most_roots"):
            if not getattr(self, name) > 0:
                bad.append(f"{name} must be above 0, got {getattr(self, name)!r}")
        if self.habits and abs(sum(habit.weight for habit in self.habits) - 1) > 1e-9:
            bad.append(f"the weights of habits must sum to 1, got {[habit.weight for habit in self.habits]}")
        for habit in self.habits:
            if not (habit.weight > 0 and 0 < habit.slips <= 1):
                bad.append(f"habit {habit.name!r} needs a weight above 0 and slips in (0, 1], got {habit!r}")
        if bad:
            raise ValueError("Reading: " + "; ".join(bad))

    def __getstate__(self) -> dict[str, Any]:
        # A read-only mapping cannot be sent to another process; the dict behind it can.
        return {**self.__dict__, "weights": dict(self.weights)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, weights=MappingProxyType(state["weights"]))

    def under(self, habit: Habit) -> Reading:
        """Weights and scales of a stream with one habit.

        Examples
        --------
        >>> Reading().under(Habit("careful", 1.0, 0.1)).weights["more_than"]
        (0.432, 0.54, 0.02, 0.008)
        """
        slips = habit.slips
        return replace(
            self,
            weights=MappingProxyType({bound: _scaled(bound, w, slips) for bound, w in self.weights.items()}),
            ahead=self.ahead * slips, repeat_alone=self.repeat_alone * slips, habits=(),
        )  # fmt: skip


def _scaled(bound: str, weights: tuple[float, ...], slips: float) -> tuple[float, ...]:
    """Scale down what goes wrong; the other components take the rest, in proportion."""
    fresh, rounded, stale, wrong = weights
    stale, wrong = stale * slips, wrong * slips
    rest = 1.0 - stale - wrong
    rounded = rounded * slips if bound == "exact" else rest * rounded / (fresh + rounded)
    return tuple(round(w, 12) for w in (rest - rounded, rounded, stale, wrong))
