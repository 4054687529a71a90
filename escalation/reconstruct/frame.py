"""Check a frame of reports cell by cell and type the columns that matter; all problems are raised at once."""

from __future__ import annotations

import difflib
import warnings

import numpy as np
import pandas as pd

BOUNDS = ("exact", "at_least", "more_than", "about", "up_to")
#: Totals above this are not a job for single counts.
LARGEST = 5_000
#: Columns that are read; a name close to one of them is probably a slip.
KNOWN = (
    "as_of", "as_of_precision", "published", "count", "count_high", "bound", "since", "counter", "unit", "scope",
    "source_id", "derived_from",
)  # fmt: skip
_DATE = "a date such as 2023-11-21"
_WHOLE = "a whole number of at least 0"


class Problems:
    """Everything that is wrong with the cells of a frame, by the frame's own row labels."""

    def __init__(self, labels: pd.Index) -> None:
        self.labels = list(labels)
        self.lines: list[str] = []

    def add(self, where: pd.Series, column: str, values: pd.Series, need: str | pd.Series) -> None:
        """Note every row where `where` holds."""
        for i in np.flatnonzero(where.to_numpy(dtype=bool)):
            value, label = values.iloc[i], self.labels[i]
            value = value.item() if isinstance(value, np.generic) else value
            label = label.item() if isinstance(label, np.generic) else label
            wanted = need if isinstance(need, str) else need.iloc[i]
            self.lines.append(f"row {label!r}, column {column!r}: got {value!r}, need {wanted}")

    def raise_any(self) -> None:
        """Raise one ValueError that lists them all."""
        if self.lines:
            more = f"\n  … and {len(self.lines) - 50} more" if len(self.lines) > 50 else ""
            shown = "\n  ".join(self.lines[:50])
            raise ValueError(f"{len(self.lines)} problem(s) in the reports:\n  {shown}{more}")


def _empty(raw: pd.Series) -> pd.Series:
    return raw.isna() | (raw.astype("object").astype(str).str.strip() == "")


def parse_days(raw: pd.Series) -> pd.Series:
    """Days of a column of dates or ISO texts, NaT where it is neither. A time zone is dropped: the day stays."""
    if isinstance(raw.dtype, pd.PeriodDtype):
        raw = raw.dt.to_timestamp()
    if pd.api.types.is_numeric_dtype(raw):
        return pd.Series(pd.NaT, index=raw.index)
    if isinstance(raw.dtype, pd.DatetimeTZDtype):
        raw = raw.dt.tz_localize(None)
    if not pd.api.types.is_datetime64_any_dtype(raw):
        raw = raw.astype("object").map(lambda v: v.replace(tzinfo=None) if hasattr(v, "tzinfo") else v)
        raw = raw.where(raw.isna(), raw.astype(str).str.replace(r"(?<=\d)\s?(Z|[+-]\d\d:?\d\d)$", "", regex=True))
    return pd.to_datetime(raw, errors="coerce", format="ISO8601").dt.normalize()


def _dates(frame: pd.DataFrame, column: str, required: bool, bad: Problems) -> pd.Series:
    """Parse a column of dates, noting every cell that is not one."""
    raw = frame[column] if column in frame else pd.Series(pd.NaT, index=frame.index)
    parsed = parse_days(raw)
    bad.add(parsed.isna() & (~_empty(raw) | required), column, raw, _DATE)
    return parsed


def _whole(frame: pd.DataFrame, column: str, required: bool, bad: Problems) -> pd.Series:
    """Parse a column of non-negative whole numbers, noting every cell that is not one."""
    raw = frame[column] if column in frame else pd.Series(np.nan, index=frame.index)
    if pd.api.types.is_bool_dtype(raw):
        raw = raw.astype(str)
    value = pd.to_numeric(raw, errors="coerce").astype("float64")
    fine = value.notna() & np.isfinite(value) & (value >= 0) & (value == np.floor(value))
    bad.add(~fine & (~_empty(raw) | required), column, raw, _WHOLE)
    return value.where(fine)


def _words(frame: pd.DataFrame, column: str, default: str) -> pd.Series:
    """Text of a column, with a default where it is empty or absent."""
    if column not in frame:
        return pd.Series(default, index=frame.index, dtype="object")
    raw = frame[column].astype("object")
    return raw.where(~_empty(raw), default).astype(str).str.strip()


def _check_columns(frame: pd.DataFrame) -> None:
    """Refuse what is not a frame of reports, with a hint where a name is nearly right."""
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(f"reports must be a DataFrame with at least as_of and count, got {type(frame).__name__}")
    missing = [c for c in ("as_of", "count") if c not in frame.columns]
    if missing:
        hints = []
        for name in missing:
            near = difflib.get_close_matches(name, [str(c) for c in frame.columns], 1, 0.5)
            hints.append(f"{name!r}" + (f" (did you mean your column {near[0]!r}?)" if near else ""))
        raise ValueError(f"reports lacks the column(s) {', '.join(hints)}; it has {[str(c) for c in frame.columns]}")
    if frame.empty:
        raise ValueError("reports has no rows: at least one report with as_of and count is needed")
    twice = frame.columns[frame.columns.duplicated()].tolist()
    if twice:
        raise ValueError(f"reports has the column(s) {twice} more than once")
    for name in map(str, frame.columns):
        near = difflib.get_close_matches(name, KNOWN, 1, 0.75)
        if name not in KNOWN and near and near[0] not in frame.columns:
            warnings.warn(f"column {name!r} is not read; did you mean {near[0]!r}?", UserWarning, stacklevel=5)


def _dozens(frame: pd.DataFrame, bound: pd.Series) -> pd.DataFrame:
    """Give "dozens" its range, 24 to 99, where the row has no numbers of its own."""
    said = (bound == "dozens").to_numpy()
    if not said.any():
        return frame
    out = frame.copy()
    bare = said & _empty(frame["count"]).to_numpy()
    for column, value in (("count", 24), ("count_high", 99)):
        raw = frame[column] if column in frame else pd.Series(np.nan, index=frame.index)
        out[column] = raw.astype("object").where(~bare, value)
    return out


def _roots(frame: pd.DataFrame) -> pd.Series:
    """Where each report comes from in the end: the root it copies, else its source."""
    root = pd.Series(None, index=frame.index, dtype="object")
    for column in ("source_id", "derived_from"):
        if column in frame:
            root = frame[column].astype("object").where(~_empty(frame[column]), root)
    return root


def tidy_reports(frame: pd.DataFrame) -> pd.DataFrame:
    """Typed copy of the columns that matter, rows by position; all problems of all rows are raised at once."""
    _check_columns(frame)
    bad = Problems(frame.index)
    raw = frame.reset_index(drop=True)
    bound = _words(raw, "bound", "exact")
    raw = _dozens(raw, bound)
    tidy = pd.DataFrame(index=raw.index)
    tidy["bound"] = bound.where(bound != "dozens", "about")
    bad.add(~tidy["bound"].isin(BOUNDS), "bound", bound, f"one of {', '.join(BOUNDS)}")
    for column in ("as_of", "published", "since"):
        tidy[column] = _dates(raw, column, column == "as_of", bad)
    tidy["count"] = _whole(raw, "count", True, bad)
    tidy["count_high"] = _whole(raw, "count_high", False, bad)
    day = tidy[["as_of", "published"]].apply(lambda c: c.dt.strftime("%Y-%m-%d"))
    bad.add(
        tidy["published"] < tidy["as_of"], "as_of", day["as_of"],
        "a date up to its publication, " + day["published"].astype("object").fillna(""),
    )  # fmt: skip
    bad.add(tidy["since"] > tidy["as_of"], "since", raw.get("since", bound), "a date up to the row's as_of")
    bad.add(tidy["count_high"] < tidy["count"], "count_high", raw.get("count_high", bound), "at least the row's count")
    bad.add(
        tidy[["count", "count_high"]].max(axis=1) > LARGEST, "count", raw["count"],
        f"at most {LARGEST}: divide all totals by 10 or 100",
    )  # fmt: skip
    precision = _words(raw, "as_of_precision", "day")
    bad.add(~precision.isin(["day", "approx"]), "as_of_precision", precision, "day or approx")
    bad.raise_any()
    tidy["approx"] = precision == "approx"
    tidy["root"] = _roots(raw)
    return tidy
