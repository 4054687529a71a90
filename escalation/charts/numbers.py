"""The numbers of a figure as one plain CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

__all__ = ["numbers_csv"]


def numbers_csv(given: Mapping[str, pd.DataFrame] | pd.DataFrame) -> bytes:
    r"""Return the numbers of a figure as CSV, the same bytes for the same numbers.

    Parameters
    ----------
    given : DataFrame or mapping of str to DataFrame
        One frame, or one per panel: a column ``panel`` is then put in front, and a cell that a panel does not
        have is empty. An index with a name, or of dates, becomes a column.

    Returns
    -------
    bytes
        UTF-8, comma, one header line.

    Raises
    ------
    ValueError
        If a frame has a column ``panel`` while the panels are named by the mapping.

    Examples
    --------
    >>> numbers_csv({"rate": pd.DataFrame({"day": pd.to_datetime(["2024-01-02"]), "mean": [1 / 3]})}).decode()
    'panel,day,mean\nrate,2024-01-02,0.333333\n'
    """
    frames = {"": given} if isinstance(given, pd.DataFrame) else dict(given)
    named = not isinstance(given, pd.DataFrame)
    rows: list[dict[str, str]] = []
    header: dict[str, None] = {"panel": None} if named else {}
    for panel, frame in frames.items():
        flat = _flat(frame)
        if named and "panel" in flat.columns:
            raise ValueError(f"numbers[{panel!r}] has a column 'panel', which names the frames: rename it.")
        header |= dict.fromkeys(map(str, flat.columns))
        cells = [[_cell(value) for value in flat[column].astype(object)] for column in flat.columns]
        for values in zip(*cells, strict=True):
            rows.append({"panel": panel} | dict(zip(map(str, flat.columns), values, strict=True)))
    out = io.StringIO()
    writer = csv.DictWriter(out, list(header), restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose index, if it says something, is a column."""
    index = frame.index
    if isinstance(index, pd.DatetimeIndex) and index.name is None:
        return frame.rename_axis(index="date").reset_index()
    return frame.reset_index() if any(name is not None for name in index.names) else frame


def _cell(value: object) -> str:
    """Return one value as text: dates YYYY-MM-DD, floats at six significant digits, sets with ``+``."""
    if isinstance(value, (tuple, list)):
        return "+".join(map(_cell, value))
    if isinstance(value, (set, frozenset)):
        return "+".join(sorted(map(_cell, value)))
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else f"{number:.6g}"
    return str(value)
