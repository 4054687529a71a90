"""Frames made from the table of a sensitivity analysis: by quantity, and main effects of the grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from escalation.study.alternatives import Specification

__all__ = ["effect_frame", "quantity_frame"]

_COLUMNS = ["topic", "option", "key", "quantity", "without", "with", "difference"]


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
            "same": int((others["conclusion"] == others["base_conclusion"]).sum()),
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
    options = {one.name: dict(one.options) for one in specs}
    combined = list(dict.fromkeys(item for one in specs if one.block == "grid" for item in one.options.items()))
    inside = {name for name, own in options.items() if own.items() <= set(combined)}
    held = table[(table["spec"].isin(inside) & table["value"].notna()).to_numpy()]
    logged = held["kind"].isin(["factor", "ratio"]).to_numpy()
    held = held.assign(level=np.where(logged, np.log(np.maximum(held["value"], 1e-12)), held["value"]))
    rows = []
    for topic, option in combined:
        taken = np.array([options[name].get(topic) == option for name in held["spec"]])
        for key, part in held.assign(taken=taken).groupby("key", sort=False):
            means = [part.loc[(part["taken"] == flag).to_numpy(), "level"].mean() for flag in (False, True)]
            ratio = part["kind"].iloc[0] in ("factor", "ratio")
            ends = [float(np.exp(m)) if ratio else float(m) for m in means]
            gap = ends[1] / ends[0] if ratio else ends[1] - ends[0]
            rows.append((topic, option, key, part["quantity"].iloc[0], *ends, gap))
    return pd.DataFrame(rows, columns=_COLUMNS)
