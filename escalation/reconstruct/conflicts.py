"""Which reports cannot both be read literally: an exact feasibility check before any model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from escalation.reconstruct.grouping import Statement

COLUMNS = (
    *(f"{side}_{what}" for side in ("earlier", "later") for what in ("as_of", "count", "count_high", "bound")),
    "excess",
)


def literal_range(statement: Statement) -> tuple[float, float]:
    """Lowest and highest true count that *every* literal reading of the statement's bounds leaves open."""
    low, high = 0.0, np.inf
    n, top = statement.count, statement.count_high
    for bound in statement.bounds:
        if top is not None:
            low, high = max(low, n), min(high, top)
        elif bound == "exact":
            low, high = max(low, n), min(high, n)
        elif bound == "at_least":
            low = max(low, n)
        elif bound == "more_than":
            # Beside an exact reading of the same number "more than" is drift of wording, not news.
            low = max(low, n if "exact" in statement.bounds else n + 1)
        elif bound == "up_to":
            high = min(high, n)
    return low, high


def find_conflicts(statements: Sequence[Statement], dates: pd.DatetimeIndex) -> pd.DataFrame:
    """Name every pair of statements of which the earlier already exceeds what the later allows.

    Statements with an origin of their own are left out: their offset is not known.

    Returns
    -------
    DataFrame
        One row per pair; `excess` is by how many incidents the earlier lower bound lies above the later upper bound.
    """
    own = [s for s in statements if s.origin == 0]
    day = np.array([s.day for s in own])
    ranges = np.array([literal_range(s) for s in own]).reshape(-1, 2)
    excess = ranges[:, 0][:, None] - ranges[:, 1][None, :]
    pairs = np.argwhere((day[:, None] <= day[None, :]) & (excess > 0))
    before = dates[0] - pd.Timedelta(days=1)
    rows = [
        (
            before + pd.Timedelta(days=own[i].day), own[i].count, own[i].count_high, "/".join(own[i].bounds),
            before + pd.Timedelta(days=own[j].day), own[j].count, own[j].count_high, "/".join(own[j].bounds),
            int(excess[i, j]),
        )
        for i, j in pairs
    ]  # fmt: skip
    high = {"earlier_count_high": "Int64", "later_count_high": "Int64"}
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(high)
