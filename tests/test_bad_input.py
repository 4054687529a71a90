"""Inputs that a user may well bring: each works or gets one clear error, and no row changes another's fate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import escalation as esc
from tests.test_reconstruct import quick, totals


def frame(**changes):
    out = totals().astype({"count": "object"})
    for (row, column), value in changes.pop("cells", {}).items():
        if column not in out:
            out[column] = None
        out[column] = out[column].astype("object")
        out.loc[row, column] = value
    return out


FAILS = {
    "empty": (lambda: totals().iloc[:0], "no rows"),
    "no columns": (lambda: pd.DataFrame(), "lacks the column"),
    "not a frame": (lambda: [1, 2, 3], "must be a DataFrame"),
    "wrong column": (lambda: totals().rename(columns={"as_of": "as-of"}), r"did you mean your column 'as-of'"),
    "single row, no origin": (lambda: totals().iloc[:1].drop(columns="since"), "reports of at least two dates"),
    "non-integer": (lambda: frame(cells={(2, "count"): 15.5}), r"row 2, column 'count': got 15.5, need a whole number"),
    "negative": (lambda: frame(cells={(2, "count"): -15}), r"row 2, column 'count': got -15"),
    "NaN count": (lambda: frame(cells={(2, "count"): np.nan}), r"row 2, column 'count': got nan"),
    "infinite": (lambda: frame(cells={(2, "count"): np.inf}), r"row 2, column 'count': got inf"),
    "text count": (lambda: frame(cells={(2, "count"): "many"}), r"got 'many'"),
    "boolean count": (lambda: totals().assign(count=True), r"got 'True'"),
    "huge": (lambda: frame(cells={(2, "count"): 10**9}), r"at most 5000"),
    "bad date": (lambda: frame(cells={(3, "as_of"): "soon"}), r"row 3, column 'as_of': got 'soon', need a date"),
    "missing date": (lambda: frame(cells={(3, "as_of"): None}), r"row 3, column 'as_of'"),
    "numeric date": (lambda: totals().assign(as_of=range(8)), r"column 'as_of': got 0, need a date"),
    "future-dated": (lambda: frame(cells={(3, "published"): "2024-01-02"}), "a date up to its publication"),
    "far future": (lambda: frame(cells={(3, "as_of"): "2203-01-01"}), "longer than 3700 days"),
    "bad bound": (lambda: frame(cells={(1, "bound"): "roughly"}), r"one of exact, at_least"),
    "upside-down range": (lambda: frame(cells={(1, "count_high"): 3}), r"at least the row's count"),
    "bad precision": (lambda: frame(cells={(1, "as_of_precision"): "week"}), "day or approx"),
    "month first": (lambda: totals().assign(as_of="01/09/2024"), "need a date such as"),
    "since after as_of": (lambda: frame(cells={(1, "since"): "2024-03-01"}), "up to the row's as_of"),
    "duplicate column": (lambda: pd.concat([totals(), totals()[["count"]]], axis=1), "more than once"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILS)
def test_fails_with_one_clear_error(name):
    make, message = FAILS[name]
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        quick(make())
    assert "\nTraceback" not in str(caught.value)


WORKS = {
    "contradictory": lambda: pd.concat([totals(), totals().assign(count=lambda d: d["count"] + 3)], ignore_index=True),
    "one-sided below": lambda: totals().assign(bound="at_least"),
    "one-sided above": lambda: totals().assign(bound="up_to"),
    "single row with an origin": lambda: totals().iloc[[3]],
    "unsorted": lambda: totals().iloc[::-1],
    "duplicated": lambda: pd.concat([totals()] * 3),
    "decreasing": lambda: totals().assign(count=lambda d: d["count"].to_numpy()[::-1]),
    "all zero": lambda: totals().assign(count=0),
    "one day": lambda: totals().iloc[[0, 0]].assign(since="2024-01-04"),
    "dozens": lambda: frame(cells={(4, "bound"): "dozens", (4, "count"): None}),
    "range": lambda: frame(cells={(4, "count_high"): 60}),
    "integers as text": lambda: totals().assign(count=lambda d: d["count"].astype(str)),
    "extra columns": lambda: totals().assign(statement="mine", p_fresh="x", used="y", weird=object()),
    "named index": lambda: totals().set_index(pd.Index(list("abcdefgh"), name="id")),
    "multi-index": lambda: totals().set_index(pd.MultiIndex.from_product([["a", "b"], range(4)])),
    "boolean index": lambda: totals().iloc[:2].set_index(pd.Index([True, False])),
    "categories with gaps": lambda: totals().assign(bound=pd.Categorical(["exact", None] * 4)),
    "integer counter": lambda: totals().assign(counter=1),
    "periods": lambda: totals().assign(as_of=lambda d: d["as_of"].dt.to_period("D")),
    "time zones": lambda: totals().assign(as_of=lambda d: d["as_of"].dt.tz_localize("UTC")),
}


@pytest.mark.parametrize("name", WORKS)
def test_works(name):
    given = WORKS[name]()
    rec = quick(given)
    assert len(rec.reports) == len(given)
    assert rec.reports.index.equals(given.index)
    used = rec.reports["used"]
    assert ((rec.reports["reason"] != "") | used).all()
    p = rec.reports.loc[used, ["p_fresh", "p_rounded", "p_stale", "p_wrong"]].astype(float)
    np.testing.assert_allclose(p.sum(axis=1), 1.0, atol=1e-9)
    assert np.isfinite(rec.rate.to_numpy()).all()


def test_all_problems_are_reported_at_once():
    bad = frame(cells={(0, "count"): -1, (2, "as_of"): "x", (5, "bound"): "z", (6, "count"): 1.5})
    with pytest.raises(ValueError, match="4 problem") as caught:
        quick(bad)
    for row in ("row 0", "row 2", "row 5", "row 6"):
        assert row in str(caught.value)


def test_rows_that_cannot_be_used_change_nothing_else():
    clean = quick(totals())
    outside = pd.DataFrame(
        {"as_of": pd.to_datetime(["2023-06-01", "2024-03-01"]), "count": [4, 99], "bound": "exact", "since": pd.NaT}
    )
    rec = quick(pd.concat([totals(), outside], ignore_index=True), end="2024-02-01")
    assert rec.reports["used"].tolist() == [True] * 8 + [False] * 2
    pd.testing.assert_frame_equal(rec.cumulative, clean.cumulative)
    columns = ["p_fresh", "p_rounded", "p_stale", "p_wrong"]
    pd.testing.assert_frame_equal(rec.reports[columns].iloc[:8], clean.reports[columns])


def test_a_midnight_of_another_zone_keeps_its_day():
    moved = totals().assign(as_of=lambda d: d["as_of"].dt.tz_localize("Asia/Baghdad"))
    texts = totals().assign(as_of=lambda d: d["as_of"].dt.strftime("%Y-%m-%dT22:00:00-05:00"))
    for given in (moved, texts):
        assert quick(given).dates[-1] == pd.Timestamp("2024-02-01")


def test_a_slip_in_an_optional_column_is_told():
    with pytest.warns(UserWarning, match="'boud' is not read; did you mean 'bound'"):
        quick(totals().rename(columns={"bound": "boud"}))


def test_ten_thousand_rows():
    rng = np.random.default_rng(1)
    truth = np.cumsum(rng.poisson(2.0, 100))
    day = rng.integers(0, 100, 10_000)
    rows = pd.DataFrame(
        {
            "as_of": pd.Timestamp("2024-01-01") + pd.to_timedelta(day, unit="D"),
            "count": np.maximum(truth[day] - rng.integers(0, 3, 10_000), 0),
            "bound": rng.choice(["exact", "at_least"], 10_000), "since": pd.Timestamp("2024-01-01"),
        }
    )  # fmt: skip
    rec = quick(rows)
    assert len(rec.reports) == 10_000
    assert rec.reports["used"].all()
    error = np.abs(rec.cumulative["median"].to_numpy() - truth[: rec.dates.size])
    assert error.max() <= 6


def test_messages_never_show_a_path_of_this_machine():
    with pytest.raises(ValueError, match="no rows") as caught:
        esc.reconstruct(totals().iloc[:0])
    assert "site-packages" not in str(caught.value)
