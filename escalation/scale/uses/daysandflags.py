"""Columns of possible days and of flags, read as arrays, or everything that is wrong with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["checked_days", "checked_flags"]


def checked_days(first: ArrayLike, last: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return first and last possible days as integers, or say everything that is wrong with them.

    Parameters
    ----------
    first, last : array_like of int, shape (n,)
        Days counted from any origin.

    Returns
    -------
    tuple of ndarray of int, shape (n,) each

    Raises
    ------
    ValueError
        If they are not one-dimensional, differ in length, are not whole numbers, or a range ends before it starts.

    Examples
    --------
    >>> checked_days([3, 5], [3, 4])
    Traceback (most recent call last):
    ...
    ValueError: last is before first in 1 row, the first at row 1: 5 to 4; swap them.
    """
    columns = {"first": np.asarray(first), "last": np.asarray(last)}
    wrong = [problem for name, days in columns.items() if (problem := _not_days(name, days))]
    if not wrong and columns["first"].size != columns["last"].size:
        wrong.append(
            f"first has {columns['first'].size} rows and last has {columns['last'].size}: give one per incident."
        )
    if wrong:
        raise ValueError(" ".join(wrong))
    begin, end = (days.astype(np.int64) for days in columns.values())
    back = np.flatnonzero(end < begin)
    if back.size:
        rows = f"{back.size} {'row' if back.size == 1 else 'rows'}, the first at row {back[0]}"
        raise ValueError(f"last is before first in {rows}: {begin[back[0]]} to {end[back[0]]}; swap them.")
    return begin, end


def _not_days(name: str, days: NDArray[Any]) -> str:
    """Say what keeps an array from being days, if anything does."""
    if days.ndim != 1:
        return f"{name} has {days.ndim} dimensions: give one day per incident."
    whole = days.size == 0 or days.dtype.kind in "iu"
    if not whole and days.dtype.kind == "f":
        whole = bool(np.isfinite(days).all() and (days == np.round(days)).all())
    return (
        "" if whole else f"{name} must be whole numbers of days without gaps; given: {days.dtype} {days[:3].tolist()}."
    )


def checked_flags(n: int, **flags: ArrayLike) -> tuple[NDArray[np.bool_], ...]:
    """Return flags as booleans, or say everything that is wrong with them.

    Parameters
    ----------
    n : int
        The length that each must have.
    **flags : array_like of bool, shape (n,)
        By name.

    Returns
    -------
    tuple of ndarray of bool, shape (n,) each

    Raises
    ------
    ValueError
        If one has another shape, or a value that is neither true nor false (0 and 1 are read as false and true).

    Examples
    --------
    >>> checked_flags(2, hit=[1, 0])
    (array([ True, False]),)
    """
    arrays = {name: np.asarray(given) for name, given in flags.items()}
    wrong = [
        f"{name} has shape {given.shape}; ({n},) is needed, one per incident."
        for name, given in arrays.items()
        if given.shape != (n,)
    ]
    wrong += [
        f"{name} must be true or false in every row; given: {given.dtype} {given.ravel()[:3].tolist()}."
        for name, given in arrays.items()
        if given.size and not _two_valued(given)
    ]
    if wrong:
        raise ValueError(" ".join(wrong))
    return tuple(given.astype(np.bool_) for given in arrays.values())


def _two_valued(given: NDArray[Any]) -> bool:
    """Say whether every value is true or false."""
    if given.dtype.kind == "O":
        return all(isinstance(value, bool | np.bool_) for value in given.ravel())
    return given.dtype.kind == "b" or (given.dtype.kind in "iuf" and bool(np.isin(given, (0, 1)).all()))
