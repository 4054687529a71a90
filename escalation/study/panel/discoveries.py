"""False discovery control across many series, from evidence alone: the e-BH procedure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["e_bh"]

Floats = NDArray[np.float64]


def e_bh(e: ArrayLike, fdr: float = 0.1) -> tuple[NDArray[np.bool_], Floats]:
    """Choose discoveries among n e-values so that on average at most a share `fdr` of them is false.

    An e-value is a non-negative statistic whose expectation is at most 1 where nothing is to be discovered, such as
    a Bayes factor against the null. The k series with the largest e-values are discoveries, k the largest number with
    ``e_(k) >= n / (k * fdr)``. The guarantee holds however the series depend on each other.

    Parameters
    ----------
    e
        E-values, shape (n,); infinity is allowed, NaN is a series without an answer, which is not counted in n.
    fdr
        False discovery rate to keep, between 0 and 1.

    Returns
    -------
    discovery : ndarray of bool, shape (n,)
        Whether the series is a discovery at `fdr`.
    q : ndarray of float, shape (n,)
        The smallest false discovery rate at which the series would be a discovery; 1 where it is one at none, NaN
        without an answer.

    Raises
    ------
    ValueError
        If an e-value is negative, they are not a list of numbers, or `fdr` is out of range; all problems at once.

    References
    ----------
    Wang R., Ramdas A. (2022). False discovery rate control with e-values. *JRSS B* 84, 822-852.

    Examples
    --------
    >>> discovery, q = e_bh([50.0, 30.0, 0.2, float("nan"), 1.5], fdr=0.1)
    >>> discovery.tolist(), q.round(3).tolist()
    ([True, True, False, False, False], [0.067, 0.067, 1.0, nan, 0.889])
    """
    values = _checked(e, fdr)
    q = np.full(values.size, np.nan)
    known = np.flatnonzero(~np.isnan(values))
    # Equal e-values share the q of the last of them, so that their order does not matter.
    order = known[np.argsort(-values[known], kind="stable")]
    with np.errstate(divide="ignore", over="ignore"):
        alone = order.size / (np.arange(1, order.size + 1) * values[order])
    q[order] = np.minimum(np.minimum.accumulate(alone[::-1])[::-1], 1.0)
    return q <= fdr, q


def _checked(e: Any, fdr: Any) -> Floats:
    """Return the e-values as floats, or say all that is wrong."""
    bad = []
    if isinstance(fdr, bool) or not isinstance(fdr, (int, float, np.number)) or not 0.0 < fdr < 1.0:
        bad.append(f"fdr must be a number between 0 and 1, got {fdr!r}")
    try:
        values = np.asarray(e, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError("; ".join(["e must be a list of numbers, NaN where there is no answer", *bad])) from None
    if values.ndim != 1:
        bad.append(f"e must have one dimension, got shape {values.shape}")
    if (values < 0).any():
        at = int(np.flatnonzero(values.ravel() < 0)[0])
        bad.append(f"e-values must be 0 or more, {int((values < 0).sum())} are negative (number {at} first)")
    if bad:
        raise ValueError("; ".join(bad))
    return values
