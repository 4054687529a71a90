"""The one call: what it does with contradictory, one-sided, repeated, shuffled and bad input."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import escalation as esc
from escalation.charts import text_boxes_clear
from escalation.lattice.prior import Prior
from escalation.reconstruct.provisional import isotonic_l1

SMALL = Prior(centre=(0.3, 1.0, 3.0), hazard=(1 / 60,), phi=(0.0, 1.0), sigma=(0.1,))


def totals(n: int = 8, gap: int = 4, per: int = 5) -> pd.DataFrame:
    dates = pd.date_range("2024-01-04", periods=n, freq=f"{gap}D")
    return pd.DataFrame(
        {"as_of": dates, "count": per * np.arange(1, n + 1), "bound": "exact", "since": pd.Timestamp("2024-01-01")}
    )


def quick(frame: pd.DataFrame, **options):
    return esc.reconstruct(frame, prior=options.pop("prior", SMALL), models="jumps", draws=200, **options)


@pytest.fixture(scope="module")
def base():
    return quick(totals())


def numbers(rec):
    return pd.concat([rec.cumulative, rec.daily, rec.rate], axis=1).to_numpy()


def test_frames_and_draws(base):
    assert list(base.cumulative.columns) == ["mean", "median", "lower", "upper"]
    assert base.cumulative.index[0] == pd.Timestamp("2024-01-01")
    for frame in (base.daily, base.cumulative, base.rate):
        assert frame.index.equals(base.dates)
        assert (frame["lower"] <= frame["median"]).all()
        assert (frame["median"] <= frame["upper"]).all()
    y = base.draw(300)
    assert y.shape == (300, base.dates.size)
    assert (y >= 0).all()
    c = np.cumsum(y, axis=1)
    assert np.abs(c.mean(axis=0) - base.cumulative["mean"]).max() < 0.6
    np.testing.assert_array_equal(y, base.draw(300))
    assert (base.draw(5, rng=1) != base.draw(5, rng=2)).any()
    with pytest.raises(ValueError, match="at least 1"):
        base.draw(0)


def test_exact_totals_hold(base):
    for _, row in totals().iterrows():
        at = base.cumulative.loc[row["as_of"]]
        assert at["lower"] - 1 <= row["count"] <= at["upper"] + 1


def test_two_runs_agree_in_every_digit(base):
    again = quick(totals())
    np.testing.assert_array_equal(numbers(again), numbers(base))
    pd.testing.assert_frame_equal(again.changes.candidates(), base.changes.candidates())


def test_order_and_duplicates_do_not_matter(base):
    shuffled = totals().sample(frac=1, random_state=3)
    np.testing.assert_array_equal(numbers(quick(shuffled)), numbers(base))
    doubled = pd.concat([totals(), totals(), totals().iloc[[2, 5]]], ignore_index=True)
    np.testing.assert_array_equal(numbers(quick(doubled)), numbers(base))


def test_dates_may_be_text_and_bounds_absent():
    frame = totals().assign(as_of=lambda d: d["as_of"].dt.strftime("%Y-%m-%d")).drop(columns="bound")
    frame["since"] = "2024-01-01"
    np.testing.assert_array_equal(numbers(quick(frame)), numbers(quick(totals())))


def test_component_probabilities_sum_to_one_and_name_the_stale_one():
    frame = pd.concat(
        [totals(), pd.DataFrame([{"as_of": pd.Timestamp("2024-01-30"), "count": 12, "bound": "exact"}])],
        ignore_index=True,
    )
    audit = quick(frame).reports
    p = audit[["p_fresh", "p_rounded", "p_stale", "p_wrong"]]
    np.testing.assert_allclose(p.sum(axis=1), 1.0, atol=1e-9)
    last = audit.iloc[-1]
    assert last["p_fresh"] + last["p_rounded"] < 0.01
    assert last["p_stale"] > last["p_wrong"]
    assert (audit["p_fresh"].iloc[:-1] > 0.5).all()


def test_a_wild_number_is_wrong_and_moves_little(base):
    wild = pd.DataFrame([{"as_of": pd.Timestamp("2024-01-18"), "count": 90, "bound": "exact"}])
    rec = quick(pd.concat([totals(), wild], ignore_index=True))
    assert rec.reports["p_wrong"].iloc[-1] > 0.99
    assert np.abs(rec.cumulative[["lower", "upper"]] - base.cumulative[["lower", "upper"]]).max().max() <= 1


@pytest.mark.parametrize("bound", ["exact", "at_least", "more_than"])
@pytest.mark.parametrize("precision", ["day", "approx"])
def test_twenty_later_copies_move_no_bound_by_more_than_one(base, bound, precision):
    days = pd.date_range("2024-01-13", periods=20)
    copies = pd.DataFrame({"as_of": days, "count": 15, "bound": bound, "as_of_precision": precision})
    frame = pd.concat([totals().assign(as_of_precision="day"), copies], ignore_index=True)
    rec = quick(frame)
    move = np.abs(rec.cumulative[["lower", "upper"]] - base.cumulative[["lower", "upper"]])
    assert move.max().max() <= 1


def test_one_sided_totals_leave_the_band_open_above(base):
    rec = quick(totals().assign(bound="more_than"))
    assert (rec.cumulative["upper"] >= base.cumulative["upper"]).all()
    assert rec.cumulative["upper"].iloc[-1] > base.cumulative["upper"].iloc[-1] + 2
    assert rec.cumulative["lower"].iloc[-1] >= 38


def test_conflicts_name_every_pair():
    frame = pd.DataFrame(
        {
            "as_of": ["2024-01-05", "2024-01-08", "2024-01-10"], "count": [10, 7, 9],
            "bound": ["at_least", "exact", "up_to"], "since": "2024-01-01",
        }
    )  # fmt: skip
    found = quick(frame).conflicts
    assert found[["earlier_count", "later_count", "excess"]].to_numpy().tolist() == [[10, 7, 3], [10, 9, 1]]


def test_open_start_takes_the_first_total_as_unknown():
    frame = totals().drop(columns="since")
    rec = quick(frame)
    assert rec.dates[0] == pd.Timestamp("2024-01-05")
    assert rec.cumulative["median"].iloc[-1] == 40
    assert any("unknown" in note for note in rec.notes)


def test_origins_late_near_and_early():
    frame = totals()
    frame["since"] = ["2024-01-01"] * 5 + ["2024-01-03", "2024-01-20", "2023-12-25"]
    audit = quick(frame).reports
    assert audit["used"].tolist() == [True] * 6 + [False, True]
    assert "after the series' origin" in audit["reason"].iloc[6]
    assert "only" in audit["reason"].iloc[7]


def test_shared_early_origin_has_an_offset():
    late = totals(12)
    early = late.iloc[[3, 6, 9, 11]].assign(count=lambda d: d["count"] + 6, since=pd.Timestamp("2023-12-20"))
    rec = quick(pd.concat([late, early], ignore_index=True))
    assert "share an offset" in rec.notes[-1]
    assert "6 (" in rec.notes[-1]
    assert (rec.reports["p_fresh"].iloc[-4:] > 0.5).all()
    assert rec.reports["predicted"].iloc[-1] == 66
    assert rec.cumulative["median"].iloc[-1] == 60


def test_several_series_need_a_choice():
    frame = pd.concat([totals().assign(counter="a"), totals().assign(counter="b")], ignore_index=True)
    with pytest.raises(ValueError, match=r"more than one counter: a, b"):
        quick(frame)
    rec = quick(frame, counter="a")
    assert rec.reports["used"].sum() == 8
    assert rec.reports.loc[~rec.reports["used"], "reason"].unique().tolist() == ["another counter: b"]
    with pytest.raises(ValueError, match="no report has counter 'c'"):
        quick(frame, counter="c")


def test_scopes_can_be_one_series():
    frame = totals().assign(scope=["A+B"] * 5 + ["A+B+C"] * 3)
    with pytest.raises(ValueError, match="more than one scope"):
        quick(frame)
    assert quick(frame, scope=("A+B", "A+B+C")).reports["used"].all()


@pytest.mark.parametrize("method", ["linear", "pchip", "pclm"])
def test_interpolators_answer_the_same_call(method):
    frame = pd.concat([totals(), totals().iloc[[6]].assign(count=20)], ignore_index=True)
    frame.loc[8, "as_of"] = pd.Timestamp("2024-01-29")
    rec = esc.reconstruct(frame, method)
    assert rec.cumulative["lower"].isna().all()
    assert rec.cumulative["mean"].iloc[-1] == pytest.approx(40, rel=0.01)
    assert not rec.reports["used"].iloc[-1]
    assert "below 35" in rec.reports["reason"].iloc[-1]
    for ask in (lambda: rec.changes, lambda: rec.draw(3)):
        with pytest.raises(AttributeError, match='method="joint"'):
            ask()


def test_known_incidents_are_a_share_not_a_floor():
    known = pd.Series([3, 2], index=pd.to_datetime(["2024-01-10", "2024-01-21"]))
    rec = quick(totals(), known=known)
    assert rec.daily.loc["2024-01-10", "lower"] >= 3
    frame = pd.DataFrame({"date": known.index.repeat([3, 2]), "confirmed": True})
    np.testing.assert_array_equal(numbers(quick(totals(), known=frame)), numbers(rec))
    with pytest.raises(ValueError, match="known"):
        quick(totals(), known=[1, 2])


def test_results_draw_themselves(base):
    for ax in (base.plot(), base.changes.plot(), esc.reconstruct(totals(), "linear").plot()):
        assert text_boxes_clear(ax.figure) == []
        plt.close(ax.figure)
    own = Figure((9, 6)).add_axes((0.1, 0.1, 0.7, 0.6))
    assert base.plot(ax=own) is own


def test_isotonic_fit_is_the_best_of_all():
    """The least sum of absolute errors over every non-decreasing fit; a best one uses only values of the data."""
    rng = np.random.default_rng(4)
    for _ in range(30):
        values, weights = rng.integers(0, 6, 6).astype(float), rng.integers(1, 4, 6).astype(float)
        fitted = isotonic_l1(values, weights)
        assert (np.diff(fitted) >= 0).all()
        every = itertools.combinations_with_replacement(np.unique(values), 6)
        best = min(float((weights * np.abs(values - np.array(fit))).sum()) for fit in every)
        assert (weights * np.abs(values - fitted)).sum() == pytest.approx(best)


def test_models_table_sums_to_one(base):
    assert base.models["prior"].sum() == pytest.approx(1.0)
    assert base.models["posterior"].sum() == pytest.approx(1.0)
    assert base.models["node"].sum() == pytest.approx(1.0)


def test_options_are_checked_at_once():
    with pytest.raises(ValueError, match=r"method.*models.*prob.*draws"):
        esc.reconstruct(totals(), "spline", models="all", prob=2.0, draws=0)


def test_text_from_outside_is_escaped():
    rec = quick(totals().assign(counter="<script>alert(1)</script>"))
    assert "<script>" not in rec._repr_html_()
    assert "<script>" not in rec.changes._repr_html_()


def test_a_halt_is_seen_where_exact_totals_keep_being_stated():
    """Two a day for 60 days, then none for 60, an exact total every three days."""
    rng = np.random.default_rng(3)
    total = np.cumsum(np.concatenate([rng.poisson(2.0, 60), np.zeros(60, dtype=int)]))
    day = np.arange(2, 120, 3)
    frame = pd.DataFrame(
        {
            "as_of": pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D"),
            "count": total[day],
            "since": "2024-01-01",
        }
    )
    rec = esc.reconstruct(frame, models="fast", draws=200)
    assert rec.changes.jump > 0.9
    assert abs(rec.cumulative["upper"].iloc[-1] - total[-1]) <= 2
    assert len(rec.changes.summary()) >= 1


def test_a_cluster_of_wrong_reports_first_does_not_decide():
    """States that look dead early on must stay alive: what the true path is shows later."""
    wrong = pd.DataFrame({"day": np.arange(5, 20), "count": np.arange(100, 115)})
    right = pd.DataFrame({"day": 20 + 2 * np.arange(25), "count": 12 + 2 * np.arange(25)})
    frame = pd.concat([wrong, right], ignore_index=True)
    frame["as_of"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["day"], unit="D")
    rec = quick(frame.assign(since="2024-01-01"))
    assert rec.cumulative["median"].iloc[-1] == 60
    assert (rec.reports["p_wrong"].iloc[:15] > 0.9).all()


def test_nothing_is_extrapolated_beyond_the_last_report(base):
    rec = quick(totals(), end="2024-12-31")
    np.testing.assert_array_equal(numbers(rec), numbers(base))
    assert any("No report reaches beyond" in note for note in rec.notes)


def test_a_late_start_keeps_what_had_happened_before():
    rec = quick(totals(12), start="2024-01-21")
    assert rec.dates[0] == pd.Timestamp("2024-01-21")
    assert rec.cumulative["median"].iloc[-1] == 60
    assert abs(rec.cumulative["median"].iloc[3] - 30) <= 1
    assert rec.changes.jump < 0.5
    bare = quick(totals(12).drop(columns="since"), start="2024-01-21")
    assert bare.cumulative["median"].iloc[-1] == 60


def test_ceilings_cover():
    """Totals told as "up to", zero to seven above the truth."""
    rng = np.random.default_rng(8)
    inside = []
    for _ in range(10):
        total = np.cumsum(rng.poisson(1.2, 60))
        day = np.append(np.sort(rng.choice(59, 19, replace=False)), 59)
        frame = pd.DataFrame(
            {
                "as_of": pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D"), "bound": "up_to",
                "count": total[day] + rng.integers(0, 8, 20), "since": "2024-01-01",
            }
        )  # fmt: skip
        band = quick(frame).cumulative
        inside.append(((band["lower"] <= total) & (total <= band["upper"])).mean())
    assert np.mean(inside) >= 0.8


def test_known_is_silent_outside_its_span(base):
    known = pd.Series([1, 1], index=pd.to_datetime(["2024-01-05", "2024-01-09"]))
    rec = quick(totals(), known=known)
    assert abs(rec.cumulative["median"].iloc[-1] - 40) <= 1
    assert abs(rec.changes.jump - base.changes.jump) < 0.15
    empty = quick(totals(), known=known.iloc[:0])
    np.testing.assert_array_equal(numbers(empty), numbers(base))
    assert any("Described incidents: 0 given" in note for note in empty.notes)


def test_an_executor_may_be_gone_when_draws_are_asked_for():
    with ThreadPoolExecutor(2) as pool:
        rec = quick(totals(), executor=pool)
    assert rec.draw(3).shape == (3, rec.dates.size)


def test_rates_beyond_the_grid_are_refused():
    with pytest.raises(ValueError, match="Prior\\(grid="):
        esc.reconstruct(totals(per=450))
