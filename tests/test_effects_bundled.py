"""The bundled case: the truce against the two weeks before it, and every other intervention."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import escalation as esc
from escalation.charts import style, text_boxes_clear
from escalation.reconstruct.effects import effects


@pytest.fixture(scope="module")
def case():
    return esc.load_case("iraq-syria-2023")


@pytest.fixture(scope="module")
def found(case):
    return effects(case)


def test_every_intervention_has_a_row_and_the_truce_is_first(case, found):
    table = found.summary()
    assert len(table) == len(case.interventions)
    first = table.iloc[0]
    assert "truce" in first["label"]
    assert (first["term"], first["start"], first["days"]) == ("window", pd.Timestamp("2023-11-24"), 7)
    assert table["start"].iloc[1:].is_monotonic_increasing
    assert sorted(table["start"]) == sorted(case.interventions["date"])


def test_the_rate_fell_in_the_truce_and_the_intervals_overlap(found):
    """A U.S. official gave 73 attacks by 23 November, 52 by 13 November and 46 by the 9th; 74 by 30 November."""
    row = found.summary().iloc[0]
    published = (1 / 7) / ((73 - 46) / 14)
    assert row["glm_ratio_lower"] <= published <= row["glm_ratio_upper"]
    assert row["glm_ratio"] < 0.5
    assert row["naive_ratio"] < 0.5
    assert row["placebo_share"] < 0.1
    assert row["posterior_ratio_lower"] <= row["glm_ratio_upper"]
    assert row["glm_ratio_lower"] <= row["posterior_ratio_upper"]
    assert row["statements"] == 5


def test_the_interval_of_the_truce_does_not_hang_on_the_seed(case):
    """None to three of 200 draws have no attack in the truce; the answer may not depend on which."""
    rec = esc.reconstruct(case)
    truce = case.interventions[case.interventions["kind"] == "truce"]
    rows = pd.concat([effects(rec, truce, placebo=False, rng=seed).summary() for seed in range(6)])
    assert set(rows["separated"] > 0) == {True, False}
    assert rows["glm_ratio_upper"].max() < 1.25 * rows["glm_ratio_upper"].min()
    assert len(set(rows["glm_ratio_upper"] > 1)) == 1
    assert (rows["note"].str.contains("diverges") == (rows["separated"] > 0)).all()


def test_rows_without_numbers_say_why(found):
    table = found.summary()
    empty = table["posterior_ratio"].isna()
    assert table.loc[empty, "start"].tolist() == [pd.Timestamp("2023-10-26")]
    assert table.loc[empty, "note"].str.contains("5 days ahead").all()
    assert (table.loc[~empty, "glm_ratio_lower"] <= table.loc[~empty, "glm_ratio"]).all()
    assert np.isfinite(table.loc[~empty, ["naive_ratio", "placebo_share", "p_lower"]].to_numpy(dtype=float)).all()


def test_the_figure_is_legible(found):
    with style():
        ax = found.plot()
        assert text_boxes_clear(ax.figure) == []
        plt.close(ax.figure)


def _through_the_whole_chain(ratio: float, series: int) -> dict[str, float]:
    """How often 90 % intervals hold the ratio of 14 days to the 14 before; exact totals on 36 of 100 days."""
    rows = []
    for seed in range(series):
        rng = np.random.default_rng([41, seed])
        rate = np.full(100, 1.5)
        rate[50:64] *= ratio
        total = np.cumsum(rng.poisson(rate))
        told = np.sort(rng.choice(np.arange(100), 36, replace=False))
        days = pd.date_range("2024-01-01", periods=100)
        reports = pd.DataFrame({"as_of": days[told], "count": total[told], "since": days[0]})
        rec = esc.reconstruct(reports, models="fast", draws=500, end=days[-1])
        event = pd.DataFrame({"date": [days[50]], "date_end": [days[63]], "label": ["window"]})
        rows.append(effects(rec, event, placebo=False).summary().iloc[0])
    table = pd.DataFrame(rows)
    held = {
        name: ((table[f"{name}_lower"] <= ratio) & (ratio <= table[f"{name}_upper"])).mean()
        for name in ("glm_ratio", "posterior_ratio")
    }
    return held | {"glm_excludes_1": (table["glm_ratio_upper"] < 1.0).mean()}


@pytest.mark.slow
def test_what_the_docstring_says_of_a_short_dip_is_as_measured():
    """Regression held .3 in 97 % of 60 series and excluded 1 in 38 %, the posterior held .3 in 12 %."""
    dip, flat = _through_the_whole_chain(0.3, 60), _through_the_whole_chain(1.0, 30)
    error = 3 * np.sqrt(0.25 / 60)
    assert dip["glm_ratio"] >= 0.9 - 3 * np.sqrt(0.09 / 60)
    assert dip["glm_excludes_1"] == pytest.approx(0.38, abs=error)
    assert dip["posterior_ratio"] == pytest.approx(0.12, abs=error)
    assert min(flat["glm_ratio"], flat["posterior_ratio"]) >= 0.9 - 3 * np.sqrt(0.09 / 30)
