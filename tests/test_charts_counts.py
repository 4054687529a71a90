"""Observed counts with their rate: what the artists hold, any index, long series, words that keep clear."""

import time
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

import escalation as esc
from escalation.charts import counts_panel, text_boxes_clear
from escalation.charts.countdots import bins
from escalation.charts.seriesaxis import series_places, step_name, unit_of
from escalation.charts.style import BAND
from tests.test_find_changes import COAL

WORDS = {"title": "Incidents", "subtitle": "Incidents per day"}
INDEXES = {
    "days": pd.date_range("2023-10-17", periods=112),
    "days with a zone": pd.date_range("2023-10-17", periods=112, tz="UTC"),
    "hours": pd.date_range("2024-01-01", periods=112, freq="h"),
    "months": pd.period_range("2015-01", periods=112, freq="M"),
    "years as periods": pd.period_range("1851", periods=112, freq="Y"),
    "years as numbers": pd.RangeIndex(1851, 1963),
    "large numbers": pd.RangeIndex(20_230_101, 20_230_213),
    "negative halves": pd.Index(np.arange(112) / 2 - 9.5),
    "date objects": pd.Index(pd.date_range("2023-10-17", periods=112).date),
    "words": pd.Index([f"week {i:03d}" for i in range(112)]),
}


def axes(size=(10, 5)):
    return Figure(size).add_axes((0.1, 0.1, 0.72, 0.55))


def flat(counts, **columns):
    return pd.DataFrame({"median": 2.0} | columns, index=counts.index)


def coal(index=None):
    return pd.Series(COAL, index=INDEXES["years as numbers"] if index is None else index)


def found(index, at, *, barred=True):
    at = np.asarray(at)
    frame = pd.DataFrame({"date": index[at], "rate_before": 3.0, "rate_after": 1.0, "ratio": 1 / 3})
    if barred:
        sides = {"lower": index[np.maximum(at - 3, 0)], "upper": index[np.minimum(at + 4, len(index) - 1)]}
        frame = frame.assign(**sides, probability=np.linspace(0.5, 0.95, at.size))
    return frame


def words(ax):
    return [text.get_text() for text in ax.texts]


def said(ax, part):
    return [text for text in words(ax) if part in text]


def band(ax):
    (only,) = [c for c in ax.collections if tuple(c.get_facecolor()[0]) == to_rgba(BAND)]
    return only.get_paths()[0].vertices


@pytest.mark.parametrize("index", INDEXES.values(), ids=INDEXES)
@pytest.mark.parametrize("find", [lambda y: esc.find_changes(y, models="fast", draws=200), esc.segment], ids=["f", "s"])
def test_every_index_is_drawn_with_clear_words(index, find):
    counts = coal(index).astype(float)
    counts.iloc[[3, 50, 51]] = np.nan
    result = find(counts)
    ax = result.plot()
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), counts.dropna())
    np.testing.assert_array_equal(ax.lines[1].get_xdata(), series_places(index)[0])
    rate = result.daily if find is esc.segment else result.rate["median"]
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), rate)
    assert len(said(ax, "×")) == len(result.summary()) + (find is esc.segment)  # its key explains the sign
    assert said(ax, f"3 {step_name(index)}s not observed")
    assert said(ax, f"Incidents {unit_of(index)}")
    labels = [text.get_text() for text in ax.get_xticklabels()]
    assert sum(map(bool, labels)) >= 3
    assert text_boxes_clear(ax.figure) == []
    plt.close(ax.figure)


def test_coal_years_and_its_two_figures_say_what_they_show():
    changes = esc.find_changes(coal()).plot()
    assert said(changes, "observed count")
    assert said(changes, "90\N{NO-BREAK SPACE}% interval")
    assert not said(changes, "reconstructed")
    assert not said(changes, "not observed")
    assert not said(changes, "a day")
    assert [int(text.get_text()) for text in changes.get_xticklabels()][1:-1] == [1860, 1880, 1900, 1920, 1940, 1960]
    segments = esc.segment(coal())
    ax = segments.plot()
    assert said(ax, segments.sentence())
    assert [float(text[1:]) for text in said(ax, "×") if text[1:].replace(".", "").isdigit()] == pytest.approx(
        segments.summary()["ratio"].tolist(), rel=0.05
    )
    assert not ax.collections  # no band is promised
    for one in (changes, ax):
        plt.close(one.figure)


def test_a_reconstruction_keeps_its_panel():
    totals = pd.DataFrame({"as_of": pd.date_range("2024-01-01", periods=9, freq="3D"), "count": range(0, 27, 3)})
    result = esc.reconstruct(totals, models="fast", draws=100)
    assert result.changes.counts is None
    ax = result.changes.plot()
    assert said(ax, "reconstructed: median")
    plt.close(ax.figure)


def test_dots_are_counts_over_exposure_and_missing_steps_have_none():
    counts = pd.Series([4.0, np.nan, 6.0, 5.0, 0.0])
    ax = counts_panel(axes(), counts, flat(counts), pd.DataFrame(), exposure=[2, 1, 3, 0, 4], **WORDS)
    assert ax.lines[0].get_xdata().tolist() == [0, 2, 4]
    assert ax.lines[0].get_ydata().tolist() == [2, 2, 0]
    assert said(ax, "observed count per unit of exposure; 2 steps not observed, without dot")


def test_band_and_steps_span_whole_steps():
    counts = pd.Series([1, 2, 3], index=[10, 20, 30])
    ax = counts_panel(axes(), counts, flat(counts, lower=[0.5, 1.0, 1.5], upper=3.0), pd.DataFrame(), prob=0.8, **WORDS)
    assert (band(ax)[:, 0].min(), band(ax)[:, 0].max()) == (5, 35)
    assert set(band(ax)[:, 1]) == {0.5, 1.0, 1.5, 3.0}
    half = ax.lines[2].get_xdata()
    assert (half[0], half[-1]) == (5, 35)
    assert said(ax, "80\N{NO-BREAK SPACE}% interval")


def test_a_change_is_marked_where_its_step_begins():
    counts = pd.Series(2, index=range(100, 200))
    ax = axes()
    ax.set_xlim(100, 200)
    drawn = counts_panel(ax, counts, flat(counts), found(counts.index, [50]), **WORDS)
    points = drawn.bbox.width * 72 / drawn.figure.dpi
    bars = [line.get_xdata() for line in drawn.lines if line.get_linewidth() == 2.4 and line.get_ydata()[0] > 100]
    inside = [x for x in bars if max(x) <= points and min(x) > 0 and x[1] - x[0] > 20]
    assert np.allclose(inside, [[46.5 / 100 * points, 54.5 / 100 * points]])
    hairlines = counts_panel(axes(), counts, flat(counts), found(counts.index, [50], barred=False), **WORDS)
    points = hairlines.bbox.width * 72 / hairlines.figure.dpi
    (stroke,) = [line for line in hairlines.lines if line.get_linewidth() == 0.6 and line.get_ydata()[0] == 0]
    low, high = hairlines.get_xlim()
    assert stroke.get_xdata()[0] == pytest.approx((149.5 - low) / (high - low) * points)


@pytest.mark.parametrize("barred", [True, False])
def test_many_changes_are_all_marked_and_the_weightiest_labelled(barred):
    counts = pd.Series(2, index=range(1000))
    at = np.arange(20, 1000, 20)
    changes = found(counts.index, at, barred=barred).assign(ratio=np.linspace(2, 9, at.size))
    ax = counts_panel(axes(), counts, flat(counts), changes, **WORDS)
    labels = [text for text in said(ax, "×") if "rate after" not in text]
    assert 3 <= len(labels) <= 8
    # The last ones are the most probable, or the largest.
    assert all("P 0.9" in text if barred else float(text[1:]) > 7.5 for text in labels)
    assert said(ax, f"{at.size} changes, labelled are the {len(labels)}")
    width = ax.bbox.width * 72 / ax.figure.dpi
    low, high = ax.get_xlim()
    drawn = [x for line in ax.lines[3:] for x in np.unique(line.get_xdata()) if np.isfinite(x)]
    for place in (at - 0.5 - low) / (high - low) * width:
        assert np.abs(np.subtract(drawn, place)).min() <= 0.5
    assert text_boxes_clear(ax.figure) == []


@pytest.mark.parametrize("barred", [True, False])
@pytest.mark.parametrize("at", [[0, 1, 2, 3, 4], [55, 56, 57, 58, 59], [0, 30, 59], [29, 30]])
@pytest.mark.parametrize("size", [(10, 5), (5, 4)])
def test_words_of_near_changes_keep_clear(barred, at, size):
    counts = pd.Series(np.arange(60) % 5, index=pd.date_range("2024-01-01", periods=60))
    ax = counts_panel(axes(size), counts, flat(counts), found(counts.index, at, barred=barred), note="Found.", **WORDS)
    assert text_boxes_clear(ax.figure) == []


def test_long_series_are_means_of_many_steps():
    rng = np.random.default_rng(3)
    counts = pd.Series(rng.poisson(2.0, 10_045).astype(float), index=pd.date_range("1990-01-01", periods=10_045))
    counts.iloc[40:75] = np.nan
    ax = counts_panel(axes(), counts, flat(counts), pd.DataFrame(), exposure=np.full(10_045, 2.0), **WORDS)
    y = ax.lines[0].get_ydata()
    assert said(ax, "mean of 20 days; 35 days not observed")
    assert y.size == 501  # 502 bins, of which one has no count
    assert y[0] == pytest.approx(counts.iloc[:20].mean() / 2)
    assert y[2] == pytest.approx(counts.iloc[75:80].mean() / 2)
    assert y[-1] == pytest.approx(counts.iloc[-25:].mean() / 2)
    assert text_boxes_clear(ax.figure) == []


def test_a_thinned_line_keeps_steps_and_the_envelope_of_the_band():
    n = 100_000
    level = np.repeat([1.0, 5.0, 2.0, np.nan], n // 4)
    counts = pd.Series(2, index=range(n))
    spike = np.where(np.arange(n) == 33_333, 9.0, level + 0.5)
    rate = flat(counts, median=level, lower=level - 0.5, upper=spike)
    ax = counts_panel(axes(), counts, rate, pd.DataFrame(), **WORDS)
    x, y = ax.lines[1].get_data()
    assert x.size < 1600
    for quarter, value in enumerate([1.0, 5.0, 2.0, np.nan]):
        inside = (x > quarter * 25_000 + 100) & (x < (quarter + 1) * 25_000 - 100)
        np.testing.assert_allclose(y[inside], value)
    assert np.nanmax(band(ax)[:, 1]) == 9.0  # one day in a step of 67


def test_a_million_days_take_less_than_three_seconds_and_little_room():
    n = 1_000_000
    rng = np.random.default_rng(0)
    rate = np.repeat(rng.uniform(0.5, 3.0, 1000), n // 1000)
    counts = pd.Series(rng.poisson(rate), index=pd.RangeIndex(n))
    changes = found(counts.index, np.arange(1000, n, 1000))
    for index in (counts.index, pd.date_range("1000-01-01", periods=n, unit="s")):
        start, file = time.process_time(), BytesIO()
        frame = pd.DataFrame({"median": rate, "lower": 0.9 * rate, "upper": 1.1 * rate}, index=index)
        marks = changes.assign(**{c: index[changes[c]] for c in ("date", "lower", "upper")})
        ax = counts_panel(axes(), counts.set_axis(index), frame, marks, **WORDS)
        ax.figure.savefig(file, format="svg")
        assert time.process_time() - start < 3.0
        assert file.tell() < 600_000
        assert text_boxes_clear(ax.figure) == []


def test_a_count_far_above_does_not_squash_the_axis_but_is_said():
    counts = pd.Series([2, 1, 3] * 40)
    counts.iloc[17] = 90_000
    ax = counts_panel(axes(), counts, flat(counts), pd.DataFrame(), **WORDS)
    assert ax.get_ylim()[1] < 20
    assert ax.lines[0].get_ydata().size == 119
    assert said(ax, "above the axis: 1, up to 90,000")
    plain = counts_panel(axes(), counts.clip(upper=9), flat(counts), pd.DataFrame(), **WORDS)
    assert plain.get_ylim()[1] > 9
    assert not said(plain, "above")


@pytest.mark.parametrize("counts", [[0] * 60, [3], [0], [10**9, 2 * 10**9] * 9], ids=["zeros", "one", "none", "huge"])
@pytest.mark.parametrize("dated", [True, False])
def test_extremes_are_drawn_with_clear_words(counts, dated):
    index = pd.date_range("2024-01-01", periods=len(counts)) if dated else None
    prior = esc.Prior(grid=(1.0, 1e11, 0.05), centre=(1e8, 1e9, 1e10)) if max(counts) > 1e6 else None
    series = pd.Series(counts, index=index)
    for result in (esc.find_changes(series, prior=prior, draws=100), esc.segment(series)):
        ax = result.plot()
        assert ax.get_ylim()[0] == 0.0
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), counts)
        assert text_boxes_clear(ax.figure) == []
        plt.close(ax.figure)


def test_the_end_of_a_narrow_band_is_said_with_enough_digits():
    counts = pd.Series([1, 1])
    ax = counts_panel(axes(), counts, flat(counts, median=1.041, lower=1.038, upper=1.044), pd.DataFrame(), **WORDS)
    assert said(ax, "1.041")
    assert said(ax, "1.038–1.044")


def test_own_axes_and_own_limits_are_kept():
    result = esc.find_changes(coal(), draws=200)
    ax = axes()
    ax.set_xlim(1880, 1900)
    assert result.plot(ax) is ax
    assert ax.get_xlim() == (1880, 1900)
    assert ax.lines[0].get_xdata().tolist() == list(range(1880, 1901))
    assert len([text for text in said(ax, "P ") if "→" in text]) == 1  # that of 1947 lies outside
    assert text_boxes_clear(ax.figure) == []


def test_bins_cover_all_steps_and_differ_by_half_at_most():
    for n in range(1, 60):
        for each in range(1, 12):
            sizes = np.diff([*bins(n, each), n])
            assert sizes.sum() == n
            assert (sizes[:-1] == each).all()
            assert n < each or each / 2 <= sizes[-1] < 1.5 * each


@pytest.mark.parametrize(
    ("index", "name"),
    [
        (pd.date_range("2024-01-01", periods=3), "day"),
        (pd.date_range("2024-01-01", periods=3, freq="W"), "week"),
        (pd.date_range("2024-01-01", periods=1), "day"),
        (pd.period_range("2024-01", periods=1, freq="M"), "month"),
        (pd.period_range("2024", periods=4, freq="Q"), "quarter"),
        (pd.date_range("2024-01-01", periods=4, freq="YS"), "year"),
        (pd.date_range("2024-01-01", periods=4, freq="h"), "hour"),
        (pd.date_range("2024-01-01", periods=4, freq="3D"), "step"),
        (pd.RangeIndex(4), "step"),
    ],
)
def test_the_step_of_dates_is_named(index, name):
    assert step_name(index) == name


COUNTS = pd.Series([1, 2, 3])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"counts": [1, 2]}, "a Series of at least one count .* got list and DataFrame"),
        ({"counts": COUNTS[:0]}, "at least one count"),
        ({"counts": pd.Series([1.0, -1.0, np.inf]), "exposure": [1]}, r"counts: negative or infinite.*exposure: shape"),
        ({"counts": COUNTS.set_axis([0, 2, 1])}, "must increase.*rate: its index"),
        ({"exposure": [1, -1, 1]}, "exposure: negative"),
        ({"rate": pd.DataFrame({"mean": [1, 2, 3]})}, "needs the column median; given: mean"),
        ({"changes": found(COUNTS.index, [1]).drop(columns="ratio")}, "changes: needs the columns ratio"),
        ({"changes": found(COUNTS.index, [1]).assign(date=7)}, "date must be labels of the series; 1 are not: 7"),
    ],
)
def test_what_cannot_be_drawn_is_named(given, message):
    parts = {"counts": COUNTS, "rate": flat(COUNTS), "changes": pd.DataFrame(), "exposure": None} | given
    with pytest.raises(ValueError, match=message):
        counts_panel(axes(), **parts, **WORDS)
