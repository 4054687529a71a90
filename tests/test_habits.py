"""Habits of a stream of reports: weights by hand, what clean and careless streams are taken for, copies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

import escalation as esc
from escalation.calibration.voices import EXACT, NOISY, START, Voice, report_days
from escalation.calibration.worlds import constant
from escalation.reconstruct.evidence import Spoken, components
from escalation.reconstruct.joint import hear
from escalation.reconstruct.reading import HABITS, WEIGHTS, Habit, Reading
from escalation.reconstruct.statements import read_series


class Alone:
    map = map


@cache
def simulated(seed: int, voice: Voice = EXACT) -> pd.DataFrame:
    """Tell 1.2 incidents a day for 120 days in 40 totals."""
    rng = np.random.default_rng((77, seed))
    truth, day = constant(1.2)(120, rng), report_days(120, 40, rng)
    return voice.tell(truth.total, day, rng)


def fitted(frame: pd.DataFrame, **options):
    return esc.reconstruct(frame, models="fast", draws=1, **options)


def posterior(rec) -> dict[str, float]:
    return dict(zip(rec.habits["habit"], rec.habits["posterior"], strict=True))


@pytest.mark.parametrize("slips", [1.0, 0.1, 0.01])
def test_weights_sum_to_one_and_slips_are_scaled(slips):
    table = Reading()
    under = table.under(Habit("some", 1.0, slips))
    assert under.habits == ()
    assert under.ahead == pytest.approx(0.05 * slips)
    assert under.repeat_alone == pytest.approx(slips)
    for bound, (fresh, rounded, stale, wrong) in WEIGHTS.items():
        now = under.weights[bound]
        assert sum(now) == pytest.approx(1.0, abs=1e-9)
        assert now[2:] == pytest.approx((stale * slips, wrong * slips))
        if bound == "exact":  # a rounded number called exact is a slip
            assert now[1] == pytest.approx(rounded * slips)
        else:
            assert now[0] / now[1] == pytest.approx(fresh / rounded)
    kept = {"habits", "weights", "ahead", "repeat_alone"}
    assert all(getattr(under, name) == getattr(table, name) for name in vars(table).keys() - kept)


def test_weights_by_hand():
    under = Reading().under(Habit("careful", 1.0, 0.1))
    assert under.weights["exact"] == pytest.approx((0.972, 0.005, 0.015, 0.008))
    # .47 and .25 of .72 share what .020 stale and .008 wrong leave.
    assert under.weights["at_least"] == pytest.approx((0.972 * 47 / 72, 0.972 * 25 / 72, 0.020, 0.008))
    assert under.weights["up_to"] == pytest.approx((0.987 * 52 / 87, 0.987 * 35 / 87, 0.005, 0.008))


def test_a_habit_without_fewer_slips_is_the_table():
    assert Reading().under(Habit("loose", 1.0, 1.0)) == Reading(habits=())


def test_a_lone_repeat_is_news_to_a_strict_stream_and_one_of_a_row_is_not():
    """The share of a copy is .5 and then scaled by .01; with another repeat the day before, half of .5 is news."""
    table = Reading()
    strict = table.under(Habit("strict", 1.0, 0.01))
    base = Spoken(60, None, ("exact",), False, 1, False, 0, False, 1.4, (0.0, 0.7, 1.4))
    new = components(base, 200, strict).sum(axis=0)
    alone = components(replace(base, repeat=True), 200, strict).sum(axis=0)
    np.testing.assert_allclose(alone, 0.995 * new + 0.005 / 2, atol=1e-12)
    in_a_row = components(replace(base, repeat=True, recent=1), 200, strict).sum(axis=0)
    np.testing.assert_allclose(in_a_row, 0.25 * new + 0.75 / 2, atol=1e-12)


def test_bad_habits_are_named_at_once():
    with pytest.raises(ValueError, match=r"weights of habits must sum to 1, got \[0.5, 0.2\].*'b' needs .* slips"):
        Reading(habits=(Habit("a", 0.5, 1.0), Habit("b", 0.2, 2.0)))
    with pytest.raises(ValueError, match=r"'none'.*slips in \(0, 1\]"):
        Reading(habits=(Habit("none", 1.0, 0.0),))
    with pytest.raises(ValueError, match="'gone' needs a weight above 0"):
        Reading(habits=(Habit("all", 1.0, 1.0), Habit("gone", 0.0, 1.0)))
    with pytest.raises(ValueError, match=r"repeat_alone must be in \[0, 1\], got 1.5"):
        Reading(repeat_alone=1.5)


def test_no_habits_are_the_table_as_it_is():
    series = read_series(simulated(0), counter=None, unit=None, scope=None, start=None, end=None)
    (heard,) = hear(series, Reading(habits=()), 300)
    assert heard.reading == Reading(habits=())
    for said, part in zip(heard.said, heard.parts, strict=True):
        np.testing.assert_array_equal(part, components(said, 300, Reading()))
    plain = fitted(simulated(0), reading=Reading(habits=()))
    same = fitted(simulated(0), reading=Reading(habits=(Habit("one", 1.0, 1.0),)))
    pd.testing.assert_frame_equal(plain.cumulative, same.cumulative)
    assert plain.habits["posterior"].tolist() == pytest.approx([1.0])


@pytest.mark.parametrize("seed", range(3))
def test_a_clean_stream_is_not_taken_for_a_loose_one(seed):
    """Over 16 seeds the loose habit kept less than .00001 in 15 and .065 in one."""
    rec = fitted(simulated(seed))
    found = posterior(rec)
    assert found["careful"] + found["strict"] > 0.95
    assert rec.habits["posterior"].sum() == pytest.approx(1.0)
    assert rec.habits["prior"].tolist() == [habit.weight for habit in HABITS]


@pytest.mark.parametrize("seed", range(3))
def test_a_careless_stream_is_taken_for_a_loose_one(seed):
    """10 % of the totals wrong, 20 % stale; over 16 seeds the loose habit had .79, .94 and 14 times 1.00."""
    assert NOISY.wrong == 0.1
    assert NOISY.stale == 0.2
    rec = fitted(simulated(seed, NOISY))
    assert posterior(rec)["loose"] > 0.9
    assert rec.habits["posterior"].sum() == pytest.approx(1.0)


def test_the_habit_decides_how_far_a_total_is_trusted():
    """Bands of a clean stream are narrower than under the table as it is."""
    width = [np.ptp(fitted(simulated(1), **o).cumulative[["lower", "upper"]].to_numpy(), axis=1).mean()
             for o in ({}, {"reading": Reading(habits=())})]  # fmt: skip
    assert width[0] < width[1]


@pytest.mark.parametrize("seed", range(6))
def test_twenty_later_copies_in_a_clean_stream_move_no_bound_by_more_than_two(seed):
    """One exact total, stated again on each of the next twenty days; over 16 seeds bounds moved by 0 to 2."""
    frame = simulated(seed)
    first = frame.iloc[12 + seed]
    days = first["as_of"] + pd.to_timedelta(np.arange(1, 21), unit="D")
    copies = pd.DataFrame({"as_of": days, "count": first["count"], "bound": "exact", "since": START})
    assert days[-1] <= frame["as_of"].iloc[-1]
    before, after = fitted(frame), fitted(pd.concat([frame, copies], ignore_index=True))
    move = np.abs(after.cumulative[["lower", "upper"]] - before.cumulative[["lower", "upper"]])
    assert move.max().max() <= 2


def test_the_executor_does_not_matter():
    frame = simulated(2)
    alone = fitted(frame, executor=Alone)
    with ThreadPoolExecutor(2) as pool:
        threads = fitted(frame, executor=pool)
    pd.testing.assert_frame_equal(alone.cumulative, threads.cumulative, check_exact=True)
    pd.testing.assert_frame_equal(alone.rate, threads.rate, check_exact=True)
    pd.testing.assert_frame_equal(alone.habits, threads.habits, check_exact=True)
    pd.testing.assert_frame_equal(alone.models, threads.models, check_exact=True)
