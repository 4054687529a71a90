"""What may be asked of `segment`: each option checked, each problem in one sentence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

FAMILIES = ("poisson", "nb2", "nb1")
CRITERIA = ("bic", "mbic")


def penalty_problems(penalty: Any, family: Any) -> list[str]:
    """Say what is wrong with a penalty.

    Examples
    --------
    >>> penalty_problems((5, 2), "poisson")
    ['penalty: low must not exceed high, got (5, 2)']
    """
    if isinstance(penalty, str):
        if penalty not in CRITERIA:
            return [f"penalty: {', '.join(CRITERIA)}, a number or a pair (low, high) is needed, got {penalty!r}"]
        return ['penalty: "mbic" is not available for family "nb1"'] if (penalty, family) == ("mbic", "nb1") else []
    pair = isinstance(penalty, (tuple, list))
    values = list(penalty) if pair else [penalty]
    if pair and len(values) != 2:
        return [f"penalty: a range is a pair (low, high), got {len(values)} values"]
    bad = [v for v in values if not _is_number(v) or not 0.0 <= v < math.inf]
    if bad:
        return [f"penalty: a finite number of at least 0 is needed, got {v!r}" for v in bad]
    if pair and values[0] > values[1]:
        return [f"penalty: low must not exceed high, got {penalty!r}"]
    return []


def family_problems(family: Any, size: Any, phi: Any, rates: Any) -> list[str]:
    """Say what is wrong with a family and its parameters.

    Examples
    --------
    >>> family_problems("nb2", None, None, None)
    ['size: family "nb2" needs a finite number above 0, got None']
    """
    if not isinstance(family, str) or family not in FAMILIES:
        return [f"family: one of {', '.join(FAMILIES)} is needed, got {family!r}"]
    bad = []
    for name, value, owner in (("size", size, "nb2"), ("phi", phi, "nb1")):
        if family == owner and not (_is_number(value) and 0.0 < value < math.inf):
            bad.append(f'{name}: family "{owner}" needs a finite number above 0, got {value!r}')
        elif family != owner and value is not None:
            bad.append(f'{name}: only for family "{owner}", got {value!r} with "{family}"')
    if rates is not None and family != "nb1":
        bad.append(f'rates: only for family "nb1", not for "{family}"')
    elif rates is not None and not _is_grid(rates):
        bad.append("rates: one or more finite numbers above 0 in increasing order are needed")
    return bad


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def _is_grid(rates: Any) -> bool:
    try:
        grid = np.asarray(rates, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    if grid.ndim != 1 or grid.size == 0 or not np.isfinite(grid).all():
        return False
    return bool((np.diff(grid, prepend=0.0) > 0.0).all())
