"""Names of the methods that are compared, and how a study runs each of its series."""

from __future__ import annotations

#: The full average and the small set of models.
OURS, FAST = "escalation", "escalation, fast"
KNOWS_PHI = "oracle: knows phi and that totals are exact"
KNOWS_EXACT = "oracle: knows that totals are exact"
KNOWS_RATES = "oracle: knows both rates"
KNOWS_PAUSE = "oracle: knows the rate and that there may be one pause of ten days"


class Alone:
    """Runs jobs one after the other: a study runs series side by side, each on one core."""

    map = map
