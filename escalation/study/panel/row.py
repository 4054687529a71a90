"""One row per series: its columns, and its cells as text, which is how they are computed, written and read back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["COLUMNS", "Row", "frame_of", "label", "row_of"]

#: Cells of a series, in the order of `COLUMNS`. Text, so that a row that was read back is the row that was computed.
Row = tuple[str, ...]

_TEXT = ("series", "kind", "first", "last", "verdict", "change_is", "change", "change_lower", "change_upper",
         "input", "error")  # fmt: skip
_WHOLE = ("number", "days", "given", "used", "total", "total_lower", "total_upper", "n_changes")

#: What is known of a series alone; `number` is its place in the data, from 0.
COLUMNS = (
    "number", "series", "kind", "days", "first", "last", "given", "used", "total", "total_lower", "total_upper",
    "mean_rate", "p_constant", "p_drift", "p_jump", "prior_odds", "bayes_factor", "verdict", "n_changes", "change_is",
    "change", "change_lower", "change_upper", "change_probability", "ratio", "ratio_lower", "ratio_upper", "e_value",
    "input", "error",
)  # fmt: skip


def row_of(values: Mapping[str, Any]) -> Row:
    """Write the values of a series as cells; what is not given stays empty.

    Examples
    --------
    >>> row = row_of({"series": "North", "days": 31, "mean_rate": 0.1})
    >>> row[COLUMNS.index("days")], row[COLUMNS.index("mean_rate")], row[COLUMNS.index("error")]
    ('31', '0.1', '')
    """
    return tuple(_cell(name, values.get(name, "")) for name in COLUMNS)


def _cell(name: str, value: Any) -> str:
    """Write one value: floats so that they are read back exactly, NaN as nothing."""
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return ""
    return str(int(value)) if name in _WHOLE else repr(float(value))


def frame_of(rows: Iterable[Row]) -> pd.DataFrame:
    """Read rows into a frame: text, whole numbers (``Int64``) and floats; an empty cell is a missing number.

    Examples
    --------
    >>> frame = frame_of([row_of({"number": 0, "series": "North", "mean_rate": 1 / 3, "error": "no report"})])
    >>> frame.loc[0, "mean_rate"] == 1 / 3, bool(frame["days"].isna()[0]), frame.loc[0, "error"]
    (np.True_, True, 'no report')
    """
    columns = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True)) if (rows := list(rows)) else {}
    frame = pd.DataFrame(index=pd.RangeIndex(len(rows)))
    for name in COLUMNS:
        cells = columns.get(name, ())
        if name in _TEXT:
            frame[name] = pd.Series(list(cells), index=frame.index, dtype="str")
        elif name in _WHOLE:
            frame[name] = pd.array([int(cell) if cell else pd.NA for cell in cells], dtype="Int64")
        else:
            frame[name] = np.array([float(cell) if cell else np.nan for cell in cells], dtype=np.float64)
    return frame


def label(value: Any) -> str:
    """Write the label of a day: dates as 2024-01-31, without a time where there is none.

    Examples
    --------
    >>> label(pd.Timestamp("2024-01-31")), label(np.int64(1892))
    ('2024-01-31', '1892')
    """
    return value.isoformat().removesuffix("T00:00:00") if isinstance(value, pd.Timestamp) else str(value)
