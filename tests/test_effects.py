"""Rates around dated events: regression, pooling, exact bound, placebo dates, labels, bad input, figure.

Known answers come from statsmodels called apart, from binomial tables worked out by hand, and from simulated series
whose true ratio is known.
"""

from __future__ import annotations

from datetime import date, datetime

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import binom, binomtest
from statsmodels.imputation.bayes_mi import MI

import escalation as esc
from escalation.changes.effects.associate import Drawn, associate
from escalation.changes.effects.placebo import admissible, non_overlapping, place, rate_ratio
from escalation.changes.effects.pooling import conditional_contrast, pool
from escalation.changes.effects.regression import Span, design, fit_glm, increments, regress
from escalation.charts import style, text_boxes_clear
from escalation.charts.effects import effects_axes, effects_panel
from escalation.reconstruct.effects import effects
from escalation.reconstruct.interventions import read_events

T = 90


def totals(daily) -> np.ndarray:
    """Cumulative counts from the beginning of the first day, last axis days."""
    y = np.atleast_2d(daily)
    return np.concatenate([np.zeros((len(y), 1)), y.cumsum(axis=1)], axis=1)


def observed(y) -> np.ndarray:
    """Counts that are known to the day: every draw is the same."""
    return totals(np.repeat(np.atleast_2d(y), 2, axis=0))


# --- regression -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_regression_is_the_ratio_of_rates_and_statsmodels_agrees(seed):
    rng = np.random.default_rng(seed)
    y = rng.poisson(2.0, T) + (np.arange(T) == 45)
    y[30] += 1
    span = Span(40, 49, 14, "window")
    breaks = increments(span, rng.choice(T, 40, replace=False))
    counts, days = np.diff(totals(y)[0][breaks]), np.diff(breaks)
    estimate, variance, _ = fit_glm(counts, days, design(breaks, span))
    assert np.exp(estimate) == pytest.approx((y[40:50].sum() / 10) / (y[26:40].sum() / 14), rel=1e-9)
    assert np.exp(estimate) == pytest.approx(rate_ratio(totals(y)[0], [40], 10, 14)[0], rel=1e-9)

    covariates = sm.add_constant((breaks[:-1] >= 40).astype(float))
    model = sm.GLM(counts, covariates, family=sm.families.Poisson(), offset=np.log(days))
    lags = int(np.floor(4 * (days.size / 100) ** (2 / 9)))
    hac = model.fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True})
    plain = model.fit()
    scale = max(1.0, (plain.resid_pearson**2).sum() / (days.size - 2))
    assert estimate == pytest.approx(hac.params[1], abs=1e-9)
    assert variance == pytest.approx(max(hac.bse[1] ** 2, scale * plain.bse[1] ** 2), rel=1e-7)


def test_the_hac_variance_is_the_textbook_sum():
    counts, days = np.array([9.0, 0, 8, 1, 9, 2, 0, 6, 0, 5]), np.ones(10)
    X = np.column_stack([np.ones(10), np.arange(10) >= 5])
    mu = np.where(np.arange(10) >= 5, counts[5:].mean(), counts[:5].mean())
    scores, bread = X * (counts - mu)[:, None], np.linalg.inv(X.T @ (mu[:, None] * X))
    lags = 2
    meat = scores.T @ scores
    for lag in range(1, lags + 1):
        cross = scores[lag:].T @ scores[:-lag]
        meat += (1 - lag / (lags + 1)) * (cross + cross.T)
    hac = (bread @ meat @ bread)[1, 1] * 10 / 8
    quasi = ((counts - mu) ** 2 / mu).sum() / 8 * bread[1, 1]
    assert fit_glm(counts, days, X)[1] == pytest.approx(max(hac, quasi), rel=1e-8)


def test_increments_are_cut_at_statements_and_at_the_edges():
    span = Span(20, 26, 14, "window")
    assert increments(span, []).tolist() == [6, 20, 27]
    assert increments(span, [2, 5, 10, 10, 19, 23, 26, 40]).tolist() == [6, 11, 20, 24, 27]


def test_the_edges_keep_a_term_from_being_on_in_part_of_an_increment():
    """Statements straddle the window: without cuts the rate of 0.2 would be mixed with that of 2."""
    mu = np.where((np.arange(T) >= 40) & (np.arange(T) < 50), 0.4, 2.0)
    y = np.tile((10 * mu).astype(int), (3, 1))
    found = regress(totals(y), np.arange(5, T, 6), Span(40, 49, 14, "window"))
    assert found.contrast.ratio == pytest.approx(0.2, rel=1e-9)
    # Edges on days 25, 39 and 49 (ends); statements on 5, 11, ..., 29, 35, 41, 47.
    drawn = Drawn(y, mu[None].repeat(3, 0), np.arange(5, T, 6), mu)
    assert associate(drawn, Span(40, 49, 14, "window")).unstated == 3
    assert associate(drawn, Span(42, 47, 12, "window")).unstated == 0


def test_a_slope_is_the_change_of_the_trend_per_week():
    day = np.arange(60)
    mu = 400 * np.exp(0.02 * (day - 30) + np.where(day >= 30, -0.05 * (day + 0.5 - 30), 0.0))
    found = regress(observed(np.round(mu)), day, Span(30, 49, 20, "slope"))
    assert found.contrast.ratio == pytest.approx(np.exp(-0.05 * 7), rel=0.01)
    drawn = Drawn(np.round(mu).astype(int)[None].repeat(2, 0), mu[None], day, mu)
    assert associate(drawn, Span(30, 49, 20, "slope")).posterior.ratio == pytest.approx(np.exp(-0.35), rel=1e-6)
    assert np.isfinite(associate(drawn, Span(30, 39, 10, "slope")).placebo.share)


# --- pooling ----------------------------------------------------------------------------------------------------


def test_rubins_rules_by_hand():
    q, u = np.array([0.2, 0.5, 0.1, 0.4]), np.array([0.10, 0.12, 0.08, 0.14])
    found = pool(q, u, complete_df=12)
    within, between = 0.11, ((q - 0.3) ** 2).sum() / 3  # means 0.11 and 0.3
    total = within + 1.25 * between
    share = 1.25 * between / total
    old = 3 / share**2
    seen = 13 / 15 * 12 * (1 - share)
    assert found.estimate == pytest.approx(0.3)
    assert found.error**2 == pytest.approx(total)
    assert found.missing == pytest.approx(share)
    assert found.df == pytest.approx(old * seen / (old + seen))


def test_draws_that_agree_leave_the_complete_data_answer():
    found = pool([0.7] * 50, [0.04] * 50, complete_df=9)
    assert (found.error, found.missing) == (pytest.approx(0.2), pytest.approx(0.0, abs=1e-12))
    assert found.df == pytest.approx(10 / 12 * 9)


def test_the_pooled_error_is_that_of_statsmodels():
    """Statsmodels pools over an imputer; here each imputation is one completed set of counts."""
    rng = np.random.default_rng(4)
    sets = [rng.poisson(np.r_[np.full(12, 3.0), np.full(8, 1.5)]) for _ in range(30)]
    X = np.column_stack([np.ones(20), np.arange(20) >= 12]).astype(float)

    class Completed:
        """Hands out the completed sets in order."""

        def __init__(self):
            self.waiting = iter(sets)
            self.data = np.column_stack([next(self.waiting), X])

        def update(self):
            self.data = np.column_stack([next(self.waiting, sets[-1]), X])

    def arguments(data):
        return (data[:, 0], data[:, 1:])

    mi = MI(
        Completed(), sm.GLM, model_args_fn=arguments, model_kwds_fn=lambda _: {"family": sm.families.Poisson()},
        nrep=29, skip=0, burn=0,
    )  # fmt: skip
    used = []
    mi.xfunc = None
    theirs = mi.fit(results_cb=lambda r: used.append((r.params[1], r.bse[1] ** 2)) or r)
    ours = pool(*np.array(used).T, complete_df=18)
    assert len(used) == 29
    assert ours.estimate == pytest.approx(theirs.params[1])
    assert ours.error == pytest.approx(theirs.bse[1])


@pytest.mark.parametrize(
    "bad", [([1.0], [1.0], 5), ([1.0, 2.0], [1.0, 0.0], 5), ([1.0, np.inf], [1.0, 1.0], 5), ([1.0, 2.0], [1.0, 1.0], 0)]
)
def test_pooling_refuses_what_it_cannot_pool(bad):
    with pytest.raises(ValueError, match=r"needed|positive"):
        pool(*bad)


# --- no event on one side ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "ahead", "days", "before"), [(0, 14, 7, 14), (3, 20, 7, 14), (9, 4, 5, 10), (6, 0, 7, 14)]
)
def test_the_exact_bound_is_that_of_clopper_and_pearson(inside, ahead, days, before):
    found = conditional_contrast([inside] * 3, [ahead] * 3, days, before, 0.9)
    low, high = binomtest(inside, inside + ahead).proportion_ci(0.9, "exact")
    assert found.lower == pytest.approx(low / (1 - low) * before / days)
    assert found.upper == (np.inf if high == 1 else pytest.approx(high / (1 - high) * before / days))


def test_the_exact_bound_averages_tails_over_draws():
    found = conditional_contrast([0, 2, 5], [10, 9, 12], 7, 14, 0.9)
    p = found.upper * 7 / (found.upper * 7 + 14)
    assert np.mean([binom.cdf(n, total, p) for n, total in ((0, 10), (2, 11), (5, 17))]) == pytest.approx(0.05)
    assert found.lower == 0.0  # a third of the draws has no event: no positive bound


def test_separation_is_counted_and_never_fitted():
    y = np.tile(np.where(np.arange(T) % 2, 3, 1), (200, 1))
    y[:20, 40:47] = 0
    found = regress(totals(y), range(T), Span(40, 46, 14, "window"))
    assert (found.separated, found.exact) == (20, False)
    assert 0.0 == found.contrast.lower < found.contrast.ratio < found.contrast.upper < np.inf
    none = np.where((np.arange(T) >= 40) & (np.arange(T) < 47), 0, y)
    found = regress(totals(none), range(T), Span(40, 46, 14, "window"))
    assert (found.separated, found.exact) == (200, True)
    assert found.contrast == conditional_contrast([0], [y[0, 26:40].sum()], 7, 14, 0.9)
    assert np.isnan(found.hac)
    slope = regress(totals(np.where(np.arange(T) < 40, y, 0)), range(T), Span(40, 46, 14, "slope"))
    assert slope.separated == 200
    assert np.isnan(slope.contrast.upper)


def test_too_few_increments_for_a_hac_error_give_the_exact_interval():
    y = np.full(T, 2)
    found = regress(observed(y), [39, 46], Span(40, 46, 14, "window"))
    assert (found.increments, found.separated, found.exact) == (2, 0, True)
    assert found.contrast.lower < 1 < found.contrast.upper


# --- simulations with a known truth -----------------------------------------------------------------------------


def covered(n: int, seed: int, stated=None, phi: float = 0.0, ratio: float = 0.3) -> float:
    rng = np.random.default_rng(seed)
    mu = np.where((np.arange(T) >= 40) & (np.arange(T) < 54), 2.0 * ratio, 2.0)
    hits = 0
    for _ in range(n):
        y = rng.negative_binomial(mu / phi, 1 / (1 + phi)) if phi else rng.poisson(mu)
        days = range(T) if stated is None else rng.choice(T, stated, replace=False)
        found = regress(observed(y), days, Span(40, 53, 14, "step")).contrast
        hits += found.lower <= ratio <= found.upper
    return hits / n


def test_the_interval_covers_the_true_ratio():
    # Three binomial standard errors below 90 %; above it the floor of the variance may lead.
    assert 0.9 - 3 * np.sqrt(0.09 / 200) <= covered(200, 11) <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize("stated", [None, 45, 25])
@pytest.mark.parametrize("phi", [0.0, 1.0])
@pytest.mark.parametrize("ratio", [0.3, 1.0])
def test_the_interval_covers_with_fewer_statements_and_clumped_events(stated, phi, ratio):
    assert 0.9 - 3 * np.sqrt(0.09 / 1000) <= covered(1000, 12, stated, phi, ratio)


def test_placebo_shares_are_uniform_without_any_change():
    rng = np.random.default_rng(8)
    share = []
    for _ in range(400):
        total = totals(rng.poisson(1.5, 120))[0]
        first = int(rng.integers(14, 114))
        share.append(place([total], range(120), Span(first, first + 6, 14, "window")).share)
    for level in (0.1, 0.25, 0.5, 0.75):
        # Four standard errors: shares near each other in time are alike, and ties count as further away.
        assert abs(np.mean(np.array(share) <= level) - level) < 4 * np.sqrt(level * (1 - level) / 400)


# --- placebo dates ----------------------------------------------------------------------------------------------


def test_placebo_windows_by_brute_force():
    rng = np.random.default_rng(2)
    y = rng.poisson(0.6, 60)
    span = Span(30, 34, 7, "window")
    ratios = {}
    for s in range(60):
        days = set(range(s - 7, s + 5))
        if min(days) < 0 or max(days) > 59 or days & set(range(30, 35)):
            continue
        ahead, inside = y[s - 7 : s].mean(), y[s : s + 5].mean()
        if ahead or inside:
            ratios[s] = inside / ahead if ahead else np.inf
    found = place(totals(y), range(60), span)
    kept = ~np.isnan(found.ratios[0])
    assert found.starts[kept].tolist() == list(ratios)
    assert found.ratios[0, kept] == pytest.approx(list(ratios.values()))
    actual = y[30:35].mean() / y[23:30].mean()
    with np.errstate(divide="ignore"):
        further = sum(abs(np.log(r)) >= abs(np.log(actual)) for r in ratios.values())
    assert found.share == (further + 1) / (len(ratios) + 1)


def test_the_share_is_averaged_over_draws():
    y = np.random.default_rng(3).poisson(1.0, (20, 60))
    span = Span(30, 34, 7, "window")
    alone = [place(totals(row), range(60), span).share for row in y]
    assert place(totals(y), range(60), span).share == pytest.approx(np.mean(alone))


def test_smooth_means_do_not_make_a_share_small():
    """Two totals, 80 days apart: where nothing was stated draws differ by chance, their mean not at all."""
    rng = np.random.default_rng(9)
    y = rng.multinomial(120, np.full(80, 1 / 80), 300)
    y[:, 40:54] = rng.multinomial(14, np.full(14, 1 / 14), 300)  # 14 against 21 in expectation
    span = Span(40, 53, 14, "window")
    smooth = place(totals(y.mean(axis=0)), [53, 79], span)
    assert smooth.share == 1 / (smooth.starts.size + 1)  # as small as it can be
    assert place(totals(y), [53, 79], span).share > 0.2


def test_no_placebo_date_leaves_no_share():
    found = place(totals(np.ones(22)), range(22), Span(14, 20, 14, "window"))
    assert found.starts.size == 0
    assert found.quantiles([0.5], by_date=True).size == 0
    assert np.isnan(found.share)
    assert admissible(Span(14, 20, 14, "window"), 22).size == 0


def test_windows_that_do_not_overlap_are_counted_greedily():
    assert non_overlapping(np.arange(14, 100), 21) == 5
    assert non_overlapping(np.array([], dtype=int), 21) == 0


# --- the call ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rec():
    rng = np.random.default_rng(6)
    dates = pd.date_range("2024-01-01", periods=80)
    mu = np.where((np.arange(80) >= 40) & (np.arange(80) < 54), 0.5, 2.5)
    total = rng.poisson(mu).cumsum()
    days = np.r_[np.arange(1, 79, 2), 79]
    frame = pd.DataFrame({"as_of": dates[days], "count": total[days], "since": "2024-01-01"})
    return esc.reconstruct(frame, models="fast", draws=500)


EVENTS = pd.DataFrame(
    {
        "date": ["2024-03-01", "2024-01-05", "2024-02-10", "2024-02-01"],
        "date_end": [None, None, None, "2024-02-23"],
        "actor": ["US", "US", "A & <b>", None],
        "kind": ["airstrike", "airstrike", "drone_strike", "truce"],
        "target": ["two sites, west", None, None, "Gaza"],
        "notes": ["doubtful: one page", None, None, None],
    }
)


@pytest.fixture(scope="module")
def found(rec):
    return effects(rec, EVENTS)


def test_rows_windows_first_then_by_date_and_none_lost(found):
    table = found.summary()
    assert table["label"].tolist() == [
        "Gaza truce", "US airstrike", "A & <b> drone strike", "US airstrike, two sites (doubtful)",
    ]  # fmt: skip
    assert table["term"].tolist() == ["window", "step", "step", "step"]
    assert table["days"].tolist() == [23, 14, 14, 14]
    assert np.isnan(table["glm_ratio"].iloc[1])
    assert "10 days ahead" in table["note"].iloc[1]
    assert "other event" in table["note"].iloc[2]


def test_the_drop_is_found_by_all_answers(rec):
    row = effects(rec, pd.DataFrame({"date": ["2024-02-10"], "label": ["drop"]})).summary().iloc[0]
    assert row["glm_ratio"] == pytest.approx(0.2, abs=0.15)
    assert row["glm_ratio_upper"] < 1
    assert row["posterior_ratio"] < 0.5
    assert row["p_lower"] == pytest.approx(1 - rec.changes.constant, abs=0.05)
    assert row["naive_ratio"] == pytest.approx(0.2, abs=0.15)
    assert row["rate_before_lower"] <= 2.5 <= row["rate_before_upper"]
    assert row["rate_during_upper"] < 2.5
    assert row["placebo_share"] < 0.1


def test_the_posterior_ratio_is_that_of_the_draws(rec, found):
    rates = rec.changes.rates
    by_hand = rates[:, 31:54].mean(axis=1) / rates[:, 17:31].mean(axis=1)
    row = found.summary().iloc[0]
    assert row["posterior_ratio_lower"] == pytest.approx(np.quantile(by_hand, 0.05))
    assert row["p_lower"] == pytest.approx((by_hand.round(9) < 1).mean())


def test_a_constant_rate_is_neither_lower_nor_higher():
    rates = np.tile(np.array([[1.7], [0.3], [2.9]]), (1, 60))
    drawn = Drawn(np.ones((2, 60), dtype=int), rates, np.arange(60), rates[0])
    assert associate(drawn, Span(30, 36, 14, "window")).p_lower == 0.0
    assert associate(drawn, Span(30, 36, 14, "slope")).p_lower == 0.0


def test_terms_choose_the_days(rec):
    for term, days in (("pulse", [23, 1, 1, 1]), ("slope", [10] * 4), ("step", [10] * 4)):
        table = effects(rec, EVENTS, term=term, after=10, before=10, placebo=False).summary()
        assert sorted(table["days"]) == sorted(days)
        assert table["placebo_share"].isna().all()
    slopes = effects(rec, EVENTS, term="slope", placebo=False)
    assert "trend" in slopes.sentences()[2]
    assert any("Trend" in text.get_text() for text in slopes.plot().texts)
    plt.close("all")
    table = effects(rec, EVENTS, term="window").summary()
    assert table["glm_ratio"].notna().sum() == 1
    assert table["note"].str.contains("needs date_end").sum() == 3


def test_placebo_frames(found):
    frame = found.placebo(0)
    assert len(frame) == found.summary()["placebo_n"].iloc[0]
    assert (frame["lower"] <= frame["ratio"]).all()
    assert (frame["ratio"] <= frame["upper"]).all()
    assert not frame.index.isin(pd.date_range("2024-02-01", "2024-02-23")).any()
    with pytest.raises(ValueError, match="no placebo dates"):
        found.placebo(1)
    with pytest.raises(IndexError, match="4 rows"):
        found.placebo(4)


def test_sentences_speak_of_association(found):
    said = found.sentences()
    assert len(said) == 6
    assert not any(word in " ".join(said).lower() for word in ("effect of", "reduced by", "caused", "because of"))
    assert "the rate during it was" in said[0]
    assert "the 14 days before" in said[0]
    assert "no estimate" in said[1]
    assert "overlap in 3 of 3 rows" in said[-2]
    assert "not causes" in said[-1]
    assert repr(found).startswith("Effects(4 interventions, 3 with an estimate")
    page = found._repr_html_()
    assert "<b>" not in page
    assert "A &amp; &lt;b&gt;" in page


def test_same_call_same_numbers(rec, found):
    pd.testing.assert_frame_equal(effects(rec, EVENTS).summary(), found.summary())
    other = effects(rec, EVENTS, rng=np.random.default_rng(5)).summary()
    assert other["glm_ratio"].iloc[0] != found.summary()["glm_ratio"].iloc[0]
    assert other["glm_ratio"].iloc[0] == pytest.approx(found.summary()["glm_ratio"].iloc[0], rel=0.1)


def test_no_intervention_is_an_empty_answer(rec):
    none = effects(rec, EVENTS.head(0))
    assert none.summary().empty
    assert none.summary().columns.tolist() == esc_columns()
    with style():
        ax = none.plot()
        assert text_boxes_clear(ax.figure) == []
        plt.close(ax.figure)


def esc_columns() -> list[str]:
    rates = [
        f"{n}{e}"
        for n in ("rate_before", "rate_during", "glm_ratio", "posterior_ratio")
        for e in ("", "_lower", "_upper")
    ]
    return [
        "label", "term", "start", "end", "days", "statements", "increments", "unstated_edges", *rates, "p_lower",
        "separated", "hac_share", "placebo_share", "placebo_n", "placebo_apart", "placebo_lower", "placebo_upper",
        "naive_ratio", "note",
    ]  # fmt: skip


# --- bad input --------------------------------------------------------------------------------------------------


def test_all_problems_at_once(rec):
    with pytest.raises(ValueError, match="term must be") as caught:
        effects(rec, pd.DataFrame({"when": ["2024-02-01"]}), term="ramp", before=-3, after=0.5, draws=199, prob=1)
    for part in (
        "'ramp'",
        "before must",
        "-3",
        "after must",
        "at least 200",
        "199",
        "prob must",
        "column date",
        "when",
    ):
        assert part in str(caught.value)


def test_bad_dates_are_named(rec):
    frame = pd.DataFrame({"date": ["2024-02-01", "soon", None, 7], "date_end": ["2024-01-20", None, "later", None]})
    with pytest.raises(ValueError, match="row 1, column date: 'soon'") as caught:
        effects(rec, frame)
    for part in ("row 2, column date", "row 3, column date", "row 2, column date_end", "2024-01-20 is before date"):
        assert part in str(caught.value)


def test_text_that_is_no_single_day_is_refused_and_dates_are_read():
    cells = ["02/03/2024", "2024", "2024-02", "now", "today", "2024-02-30", "20240203", "", "2024-02-03 13:00", 7, True]
    bad = []
    assert read_events(pd.DataFrame({"date": pd.Series(cells, dtype=object)}), "auto", 14, bad) == []
    assert bad == [
        f"interventions, row {i}, column date: {cell!r} is not a date such as '2023-11-24'"
        for i, cell in enumerate(cells)
    ]
    known = ["2024-02-03", " 2024-02-03 ", date(2024, 2, 3), datetime(2024, 2, 3, 22), np.datetime64("2024-02-03")]
    known += [pd.Timestamp("2024-02-03"), pd.Timestamp("2024-02-03 23:59", tz="Asia/Baghdad")]
    events = read_events(pd.DataFrame({"date": pd.Series(known, dtype=object)}), "auto", 14, bad := [])
    assert bad == []
    assert [event.start for event in events] == [pd.Timestamp("2024-02-03")] * len(known)
    column = pd.DataFrame({"date": pd.date_range("2024-02-03", periods=2), "date_end": [None, pd.NaT]})
    assert [event.start.day for event in read_events(column, "auto", 14, bad)] == [3, 4]
    far = pd.DataFrame({"date": [date(9999, 1, 1), date(1, 1, 1)]})
    assert read_events(far, "auto", 14, bad) == []
    assert len(bad) == 2


def test_a_column_that_is_given_twice_is_named():
    frame = pd.DataFrame([["2024-02-03", "soon", "x", "y"]], columns=["date", "date", "kind", "kind"])
    bad = []
    assert read_events(frame, "auto", 14, bad) == []
    assert bad == [
        "interventions: column date is given 2 times, once is needed",
        "interventions: column kind is given 2 times, once is needed",
    ]


def test_what_has_no_draws_or_no_interventions_says_so(rec):
    line = pd.DataFrame({"as_of": ["2024-01-10", "2024-02-10"], "count": [10, 40], "since": "2024-01-01"})
    with pytest.raises(ValueError, match='method="joint"'):
        effects(esc.reconstruct(line, method="linear"), EVENTS)
    with pytest.raises(ValueError, match="no interventions of its own"):
        effects(rec)
    with pytest.raises(ValueError, match="must be a DataFrame"):
        effects(rec, ["2024-02-01"])
    with pytest.raises(TypeError, match="DataFrame"):
        effects(line, EVENTS)


def test_a_span_beyond_the_series_is_refused():
    drawn = Drawn(np.ones((2, 20), dtype=int), np.ones((2, 20)), np.arange(20), np.ones(20))
    for span in (Span(5, 8, 6, "window"), Span(10, 20, 6, "window"), Span(10, 12, 0, "window")):
        with pytest.raises(ValueError, match="series has days 0 to 19"):
            associate(drawn, span)


def test_times_and_zones_are_read_as_days():
    frame = pd.DataFrame({"date": [pd.Timestamp("2024-02-01 23:30", tz="UTC")], "date_end": ["2024-02-05"]})
    event = read_events(frame, "auto", 14, [])[0]
    assert (event.start, event.end, event.label) == (
        pd.Timestamp("2024-02-01"),
        pd.Timestamp("2024-02-05"),
        "Intervention",
    )


# --- figure -----------------------------------------------------------------------------------------------------


def drawn_table() -> pd.DataFrame:
    row = {
        "start": "2024-02-01",
        "end": "2024-02-07",
        "placebo_lower": 0.4,
        "placebo_upper": 2.1,
        "placebo_share": 0.05,
    }
    rows = [row | {"label": f"US airstrike, a place with a long name of its own, number {i}"} for i in range(3)]
    table = pd.DataFrame(rows)
    for name in ("glm_ratio", "posterior_ratio"):
        table[name], table[f"{name}_lower"], table[f"{name}_upper"] = (
            [0.2, np.nan, 0.0],
            [0.1, np.nan, 0.0],
            [0.6, np.nan, np.inf],
        )
    return table


def test_the_figure_shows_each_interval_at_its_place():
    with style():
        ax = effects_panel(effects_axes(3), drawn_table(), title="Rate", subtitle="ratio")
        whiskers = [
            line.get_xdata() for line in ax.lines if line.get_transform() == ax.transData and len(line.get_xdata()) == 2
        ]
        assert [0.1, 0.6] in [list(np.round(x, 9)) for x in whiskers]
        assert sum(line.get_marker() in ("<", ">") for line in ax.lines) == 4  # 0 and infinity, twice
        assert ax.get_xscale() == "log"
        assert text_boxes_clear(ax.figure) == []
        words = [text.get_text() for text in ax.texts]
        assert "not estimated" in words
        assert any(word.endswith("…") for word in words)
        plt.close(ax.figure)


def test_the_figure_says_what_it_needs():
    with pytest.raises(ValueError, match="posterior_ratio"):
        effects_panel(effects_axes(1), drawn_table().drop(columns="posterior_ratio"), title="", subtitle="")
    plt.close("all")
