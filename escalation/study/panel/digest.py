"""A short digest of the input of one series: the same for the same numbers, whatever they were read from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["digest_counts", "digest_reports", "digest_text"]

#: Hexadecimal digits kept: among a million series two agree by chance with probability 3e-8.
DIGITS = 16
#: Stands for a missing cell, which is not an empty text: the one is a day that was not observed, the other an error.
MISSING = "\x1a"


def digest_text(text: str) -> str:
    """Digest a text.

    Examples
    --------
    >>> digest_text("nothing to read")
    '956700c3e603dcd9'
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def digest_counts(counts: pd.Series[Any]) -> str:
    """Digest daily counts: labels and values in order, NaN as NaN.

    Parameters
    ----------
    counts
        Shape (T,).

    Examples
    --------
    >>> days = pd.date_range("2024-01-01", periods=3)
    >>> a, b = pd.Series([1, 2, 0], index=days), pd.Series([1.0, 2.0, 0.0], index=days.astype("datetime64[s]"))
    >>> digest_counts(a) == digest_counts(b), digest_counts(a) == digest_counts(a + 1)
    (True, False)
    """
    seen = hashlib.sha256(b"counts\n")
    index = counts.index
    if isinstance(index, pd.DatetimeIndex):
        # Microseconds in any version of pandas, whatever unit the index is kept in.
        seen.update(f"dates {index.tz}\n".encode() + index.tz_localize(None).to_numpy("datetime64[us]").tobytes())
    elif isinstance(index, pd.RangeIndex):
        seen.update(f"range {index.start} {index.step} {len(index)}\n".encode())
    else:
        seen.update("\n".join(map(_cell, index)).encode("utf-8", "surrogatepass"))
    if isinstance(counts.dtype, np.dtype) and counts.dtype.kind in "iuf":
        seen.update(b"\nnumbers\n" + counts.to_numpy(dtype=np.float64).tobytes())
    else:
        seen.update(("\ncells\n" + "\n".join(map(_cell, counts.astype(object)))).encode("utf-8", "surrogatepass"))
    return seen.hexdigest()[:DIGITS]


def digest_reports(reports: pd.DataFrame, options: Mapping[str, Any]) -> str:
    """Digest reports, column by column and row by row in order, and the choices they are read with.

    Parameters
    ----------
    reports
        The columns that are read.
    options
        Arguments of `reconstruct`.

    Examples
    --------
    >>> as_text = pd.DataFrame({"as_of": ["2024-01-01"], "count": ["3"]})
    >>> as_dates = pd.DataFrame({"as_of": pd.to_datetime(["2024-01-01"]), "count": [3.0]})
    >>> digest_reports(as_text, {}) == digest_reports(as_dates, {})
    True
    """
    parts = ["reports"]
    for name in sorted(map(str, reports.columns)):
        parts += [f"\x1d{name}", *map(_cell, reports[name].astype(object))]
    parts += [f"\x1d{name}={_option(value)}" for name, value in sorted(options.items())]
    return digest_text("\x1e".join(parts))


def _option(value: Any) -> str:
    """Write a choice as text."""
    return "\x1f".join(map(_cell, value)) if isinstance(value, (tuple, list)) else _cell(value)


def _cell(value: Any) -> str:
    """Write a cell as text: a sign of its own if missing, whole numbers and days as commonly written."""
    if type(value) is str:
        return value
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return MISSING
    if isinstance(value, (float, np.floating)):
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    if isinstance(value, pd.Timestamp):
        return value.isoformat().removesuffix("T00:00:00")
    return str(value)
