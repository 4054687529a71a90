"""Whether the study meets its targets: every target in every setting that was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from escalation.calibration.report.targets import STOOD_IN, TARGETS, Target, matching, setting, stand_in

__all__ = ["bounds", "by_target", "judged"]

Floats = NDArray[np.float64]
SLACK = 1e-9  # rounding of differences


def bounds(name: str, frame: pd.DataFrame, column: str) -> tuple[Floats, Floats]:
    """Least and largest value of a column that meet the targets about it, one each per row; infinite where none is.

    Targets against another method set no limit of their own and are left out.

    Examples
    --------
    >>> low, high = bounds("worlds", pd.DataFrame({"world": ["step"]}), "rate")
    >>> low.item(), high.item()
    (0.85, 0.96)
    """
    low, high = np.full(len(frame), -inf), np.full(len(frame), inf)
    for target in TARGETS:
        if (target.frame, target.column) == (name, column) and not target.against:
            at = target.rows(frame)
            low[at] = np.maximum(low[at], target.low)
            high[at] = np.minimum(high[at], _high(target, frame)[at])
    return low, high


def _high(target: Target, frame: pd.DataFrame) -> Floats:
    """Largest value that meets a target, for each row."""
    if isinstance(target.high, str):
        return frame[target.high].to_numpy(dtype=float)
    return np.full(len(frame), target.high)


def judged(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Judge every target in every setting that was measured.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        The frames of the study by name; one that is not there leaves its targets unmeasured.

    Returns
    -------
    DataFrame
        `target`, `setting`, `value`, `se` (Monte-Carlo standard error, NaN where there is none), `low`, `high`
        (infinite where there is no limit), `met` (missing where nothing was measured), `within_error` (missed by less
        than two standard errors). The error of a difference of two methods takes them as independent; on the same
        series they are not, and it is rather too large.

    Examples
    --------
    >>> worlds = pd.DataFrame({"world": ["step"], "voice": "exact", "rate": 0.84, "rate_se": 0.01,
    ...                        "total": 0.93, "total_se": 0.01})
    >>> judged({"worlds": worlds}).dropna(subset="met")[["target", "met", "within_error"]].values.tolist()
    [['Coverage in other worlds: rate', False, True], ['Coverage in other worlds: total', True, False]]
    """
    rows = [row for target in TARGETS for row in _judge(target, frames.get(target.frame))]
    columns = ["target", "setting", "value", "se", "low", "high", "met", "within_error"]
    return pd.DataFrame(rows, columns=columns).astype({"met": "boolean", "within_error": "boolean"})


def _judge(target: Target, frame: pd.DataFrame | None) -> Iterator[tuple[object, ...]]:
    """Judge one target: a row per setting, or one row without a verdict."""
    high = np.nan if isinstance(target.high, str) else target.high
    rows = (
        []
        if frame is None or not len(frame)
        else list(_measured(target, _with_ratio_error(stand_in(target.frame, frame))))
    )
    yield from rows or [(target.name, "not measured", np.nan, np.nan, target.low, high, pd.NA, pd.NA)]


def _measured(target: Target, frame: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """Judge the rows of a frame that a target is about and that have a value."""
    frame = _with_ratio_error(frame)
    value, se = _values(target, frame)
    highest, records = _high(target, frame), frame.to_dict("records")
    for i in np.flatnonzero(target.rows(frame) & np.isfinite(value)):
        off = max(target.low - value[i], value[i] - highest[i], 0.0)
        met = bool(off <= SLACK)
        where = setting(target.frame, records[i]) + (", fast models" if records[i].get(STOOD_IN, False) else "")
        yield target.name, where, value[i], se[i], target.low, highest[i], met, bool(not met and off < 2 * se[i])


def _with_ratio_error(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the error of a ratio of mean scores if it is lacking: that of the paired difference, over the other mean."""
    if "paired_se" not in frame or "ratio_se" in frame:
        return frame
    return frame.assign(ratio_se=frame["paired_se"] / (frame["crps_rate"] - frame["paired_difference"]))


def _errors(frame: pd.DataFrame, column: str) -> Floats:
    """Return standard errors; for a share of none or all of n 1 / (n + 1), where Wilson's 68 % interval ends."""
    se = frame[column].to_numpy(dtype=float)
    for n in (frame[name].to_numpy(dtype=float) for name in ("series", "replicates") if name in frame):
        se = np.where(se == 0.0, 1.0 / (n + 1.0), se)
    return se


def _values(target: Target, frame: pd.DataFrame) -> tuple[Floats, Floats]:
    """Values and their errors for each row, less those of the method that the target is against."""
    value = frame[target.column].to_numpy(dtype=float)
    se = _errors(frame, target.error) if target.error else np.full(len(frame), np.nan)
    if not target.against:
        return value, se
    keys = [setting(target.frame, row) for row in frame.to_dict("records")]
    fits = matching(frame, {"method": target.against}) & np.isfinite(value)
    # Of several methods that fit the pattern the best comes last, and stays.
    others = sorted(np.flatnonzero(fits).tolist(), key=lambda i: value[i], reverse=bool(np.isinf(target.low)))
    best = {keys[i]: i for i in others}
    at = [best.get(key, -1) for key in keys]
    minus, error = np.append(value, np.nan)[at], np.append(se, np.nan)[at]
    return value - minus, np.hypot(se, error)


def by_target(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Sum up the verdicts of `judged`: one row per target, with the setting that is worst.

    Returns
    -------
    DataFrame
        `target`, `settings` (how many were measured), `missed`, `within_error` (how many of those by less than two
        standard errors), and of the setting with the least margin `setting`, `value`, `se`, `low`, `high`.

    Examples
    --------
    >>> worlds = pd.DataFrame({"world": ["step", "pause"], "voice": "exact", "rate": [0.9, 0.8], "rate_se": 0.01,
    ...                        "total": 0.93, "total_se": 0.01})
    >>> summed = by_target(judged({"worlds": worlds})).set_index("target")
    >>> print(*summed.loc["Coverage in other worlds: rate", ["settings", "missed", "within_error", "setting"]])
    2 1 0 pause, exact
    """
    frame = verdicts.assign(margin=np.fmin(verdicts["value"] - verdicts["low"], verdicts["high"] - verdicts["value"]))
    rows = []
    for target, part in frame.groupby("target", sort=False):
        known = part["met"].notna()
        worst = part.iloc[int(np.argmin(part["margin"].fillna(inf)))]
        rows.append(
            {
                "target": target, "settings": int(known.sum()), "missed": int((~part["met"][known].astype(bool)).sum()),
                "within_error": int(part["within_error"][known].sum()),
                **{name: worst[name] for name in ("setting", "value", "se", "low", "high")},
            }
        )  # fmt: skip
    return pd.DataFrame(rows)
