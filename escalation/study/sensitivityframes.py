"""Frames made from the table of a sensitivity analysis: by quantity, and main effects of the grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from escalation.study.alternatives import Specification

__all__ = ["effect_frame", "quantity_frame"]

_COLUMNS = ["topic", "option", "key", "quantity", "without", "with", "difference", "pairs"]


def quantity_frame(table: pd.DataFrame) -> pd.DataFrame:
    """Return the range of each headline quantity; see `Sensitivity.quantities`.

    Parameters
    ----------
    table
        As in `Sensitivity`.
    """
    rows = []
    for key, part in table.groupby("key", sort=False):
        others = part[((part["spec"] != "base") & part["value"].notna()).to_numpy()]
        first = part.iloc[0]
        rows.append({
            "key": key, "quantity": first["quantity"], "base": first["base_value"],
            "lowest": part["value"].min(), "highest": part["value"].max(), "answers": len(others),
            "same": int((~others["moved"].astype(bool)).sum()),
            "conclusion": first["base_conclusion"],
        })  # fmt: skip
    return pd.DataFrame(rows).set_index("key")


def effect_frame(specs: Sequence[Specification], table: pd.DataFrame) -> pd.DataFrame:
    """Return the main effects of the options of the grid; see `Sensitivity.main_effects`.

    Parameters
    ----------
    specs
        Every full set of choices.
    table
        As in `Sensitivity`.
    """
    options = {frozenset(one.options.items()): one.name for one in specs}
    combined = list(dict.fromkeys(item for one in specs if one.block == "grid" for item in one.options.items()))
    cells = [own for own in options if own <= set(combined)]
    value = table.pivot_table(index="spec", columns="key", values="value")
    words = table.drop_duplicates("key").set_index("key")[["quantity", "kind"]]
    rows = []
    for item in combined:
        # Cells that differ in this option alone and both have an answer: what is lacking cannot lean on one side.
        pairs = [(options[own], options[own | {item}]) for own in cells if item not in own and own | {item} in options]
        for key, (quantity, kind) in zip(words.index, words.to_numpy(), strict=True):
            if key in value:
                rows.append((*item, key, quantity, *_contrast(value[key], pairs, kind in ("factor", "ratio"))))
    return pd.DataFrame(rows, columns=_COLUMNS)


def _contrast(value: pd.Series, pairs: list[tuple[str, str]], ratio: bool) -> tuple[float, float, float, int]:
    """Average both sides of the pairs that have an answer, geometrically for ratios, and count these pairs."""
    ends = np.array([[value.get(a, np.nan), value.get(b, np.nan)] for a, b in pairs], dtype=float)
    ends = ends[np.isfinite(ends).all(axis=1)]
    if not len(ends):
        return float("nan"), float("nan"), float("nan"), 0
    if ratio:
        low, high = np.exp(np.log(np.maximum(ends, 1e-12)).mean(axis=0))
        return float(low), float(high), float(high / low), len(ends)
    low, high = ends.mean(axis=0)
    return float(low), float(high), float(high - low), len(ends)
