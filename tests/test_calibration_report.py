"""The report of the calibration study: verdicts against hand counts, figures against their frames, the same bytes."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.text import Text

from escalation.calibration.report.alarmsfigure import draw_alarms
from escalation.calibration.report.coveragefigure import draw_coverage
from escalation.calibration.report.dots import Dots, find_room, in_lanes
from escalation.calibration.report.figures import FIGURES, draw_figures
from escalation.calibration.report.page import MISS
from escalation.calibration.report.rankfigure import draw_ranks
from escalation.calibration.report.readme import readme
from escalation.calibration.report.realfigure import draw_real, relative_error
from escalation.calibration.report.targets import TARGETS, Target
from escalation.calibration.report.verdict import bounds, by_target, judged
from escalation.calibration.report.write import COLUMNS, Settings, write_report
from escalation.calibration.scores import Share
from escalation.charts import text_boxes_clear

MODEL, RATES = "oracle: knows phi and that totals are exact", "oracle: knows both rates"
EXACT = "oracle: knows that totals are exact"
NAN = float("nan")
WRITE = """
import sys
sys.path.insert(0, sys.argv[1])
from test_calibration_report import made_up
from escalation.calibration.report import Settings, write_report
write_report(made_up(), sys.argv[2], Settings(seed=7, full=False))
"""


def table(columns, rows):
    return pd.DataFrame(rows, columns=columns.split())


def share_se(share, n):
    return float(np.sqrt(share * (1 - share) / n))


def made_up(replicates=400):
    """Frames like those of the study, in which every target is met."""
    rng = np.random.default_rng(3)
    quantities = ["rate", "total", "number of changes", "first change"]
    ranks = [
        pd.DataFrame({"replicate": np.arange(replicates), "quantity": q, "rank": rng.permutation(replicates) % 100})
        for q in quantities
    ]
    sbc = [(q, replicates, 0.4, 0.3, True) for q in quantities]
    coverage = [("rate", 0.9, 0.897, 0.006, 400), ("daily count (randomised PIT)", 0.9, 0.902, 0.003, 400),
                ("daily count (plain)", 0.9, 0.961, 0.003, 400), ("total (plain)", 0.9, 0.913, 0.004, 400)]  # fmt: skip
    worlds = [(world, voice, 300, rate, 0.01, rate + 0.03, 0.01) for voice in ("exact", "rounded", "noisy")
              for world, rate in (("step", 0.90), ("pause", 0.87), ("self-exciting", 0.86))]  # fmt: skip
    alarms = [
        ("constant, 1.2 a day", phi, 40, voice, method, 1000, any_, share_se(any_, 1000), strong, strong / 8, 1.3)
        for phi, voice, shares in ((0.0, "exact", (0.03, 0.04, 0.52, 1.0)), (1.0, "exact", (0.06, 0.66, 0.80, 1.0)),
                                   (0.0, "floored", (0.035, 0.54, 0.7, 1.0)))
        for method, any_ in zip(("escalation", "poisson", "pelt-rbf", "pelt-l2"), shares, strict=True)
        for strong in [0.006 if method == "escalation" else NAN]
    ]  # fmt: skip
    power = []
    for world, totals, changed, jump, oracle, days, best in (
        ("1 to 2 a day halfway", 40, 0.965, 0.93, 0.965, 4.0, 3.5),
        ("1 to 2 a day halfway", 12, 0.91, 0.89, 0.92, 6.0, 5.5),
        ("1 to 3 a day halfway", 40, 1.0, 0.995, 1.0, 1.5, 1.0),
        ("ten-day pause at 1.5 a day", 40, 0.52, 0.52, 0.55, NAN, NAN),
    ):  # fmt: skip
        covered = 0.91 if days == days else NAN
        power += [
            (world, totals, "exact", "escalation", 400, changed, share_se(changed, 400), jump, share_se(jump, 400),
             days, covered, 0.01),
            (world, totals, "exact", MODEL, 400, NAN, NAN, oracle, share_se(oracle, 400), NAN, NAN, NAN),
            (world, totals, "exact", EXACT, 400, NAN, NAN, oracle, share_se(oracle, 400), NAN, NAN, NAN),
            (world, totals, "exact", RATES, 400, NAN, NAN, NAN, NAN, best, covered, 0.01),
        ]  # fmt: skip
    real = [
        (series, voice, reports, method, 2, size * scale * (8 / reports) ** 0.3, 0.9, 0.03, cover)
        for series, size in (("coal", 0.4), ("bird strikes", 0.5), ("riots", 0.9))
        for voice, ours in (("exact", 1.0), ("rounded", 0.7), ("lagged", 0.85)) for reports in (8, 16, 32)
        for method, scale, cover in (("joint", ours, 0.91), ("linear", 1.0, 0.6), ("pchip", 1.1, 0.55),
                                     ("pclm", 1.2, 0.58))
    ]  # fmt: skip
    summary = [
        (which, voice, method, n, 0.5 * ratio, 0.02, ratio, 0.5 * ratio - 0.5, 0.01, 0.9, cover, 0.01)
        for which, n in (("all", 3), ("within prior", 2))
        for voice, ours in (("exact", 1.01), ("rounded", 0.7), ("lagged", 0.85))
        for method, ratio, cover in (("joint", ours, 0.91), ("linear", 1.0, 0.6))
    ]  # fmt: skip
    rows = {"sbc": sbc, "model_coverage": coverage, "worlds": worlds, "alarms": alarms, "power": power, "real": real,
            "real_summary": summary}  # fmt: skip
    return {"sbc_ranks": pd.concat(ranks).assign(of=99)} | {name: table(COLUMNS[name], r) for name, r in rows.items()}


def edited(name, where, **cells):
    """The made-up frames with some cells of some rows changed."""
    frames = made_up()
    frame = frames[name]
    at = np.logical_and.reduce([frame[column] == value for column, value in where.items()])
    assert at.any()
    for column, value in cells.items():
        frame.loc[at, column] = value
    return frames


OURS = {"method": "escalation", "totals": 40, "voice": "exact"}
REAL = {"which": "all", "method": "joint"}
#: One change of the made-up frames for each target, which misses it, and nothing else.
MISSES = {
    "Ranks of the truth uniform (SBC): chi-square p": ("sbc", {"quantity": "total"}, {"chi_square_p": 0.009}),
    "Coverage under the model: rate": ("model_coverage", {"quantity": "rate"}, {"value": 0.921}),
    "Coverage under the model: counts, randomised PIT":
        ("model_coverage", {"quantity": "daily count (randomised PIT)"}, {"value": 0.879}),
    "Coverage under the model: counts, plain": ("model_coverage", {"quantity": "total (plain)"}, {"value": 0.879}),
    "Coverage in other worlds: rate": ("worlds", {"world": "step", "voice": "noisy"}, {"rate": 0.961}),
    "Coverage in other worlds: total": ("worlds", {"world": "pause", "voice": "exact"}, {"total": 0.849}),
    "False alarms, exact totals: any": ("alarms", OURS | {"phi": 0.0}, {"any_change": 0.051}),
    "False alarms, exact totals: strong": ("alarms", OURS | {"phi": 0.0}, {"strong": 0.011}),
    "False alarms, variance twice the mean: any": ("alarms", OURS | {"phi": 1.0}, {"any_change": 0.101}),
    "False alarms, variance twice the mean: strong": ("alarms", OURS | {"phi": 1.0}, {"strong": 0.021}),
    "False alarms, 30 % of totals floored: any": ("alarms", OURS | {"voice": "floored"}, {"any_change": 0.061}),
    "Power, 1 to 2 a day, 40 totals": ("power", OURS | {"world": "1 to 2 a day halfway"}, {"changed": 0.949}),
    "Power, 1 to 2 a day, 12 totals": ("power", OURS | {"totals": 12}, {"changed": 0.899}),
    "Power, 1 to 2 a day: jump, minus oracle": ("power", OURS | {"totals": 12}, {"jump": 0.869}),
    "Power, 1 to 3 a day": ("power", OURS | {"world": "1 to 3 a day halfway"}, {"changed": 0.99}),
    "Location error in days, minus oracle":
        ("power", {"world": "1 to 3 a day halfway", "method": RATES}, {"error_days": 0.4}),
    "Coverage of the 90 % location interval": ("power", OURS | {"totals": 12}, {"covered": 0.951}),
    "Power, pause: jump, minus oracle":
        ("power", {"world": "ten-day pause at 1.5 a day", "method": EXACT}, {"jump": 0.571}),
    "Real series, exact: CRPS minus best baseline":
        ("real_summary", REAL | {"voice": "exact"}, {"paired_difference": 0.0101}),
    "Real series, rounded: CRPS over best baseline":
        ("real_summary", REAL | {"voice": "rounded"}, {"ratio_to_best_baseline": 0.81}),
    "Real series, lagged: CRPS over best baseline":
        ("real_summary", REAL | {"voice": "lagged"}, {"ratio_to_best_baseline": 0.91}),
    "Real series: coverage of the total": ("real_summary", REAL | {"voice": "lagged"}, {"cover_total": 0.951}),
}  # fmt: skip


def test_every_target_is_met_by_frames_made_for_it():
    summed = by_target(judged(made_up()))
    assert summed["target"].tolist() == [target.name for target in TARGETS]
    assert (summed["missed"] == 0).all()
    assert (summed["settings"] > 0).all()
    assert summed.set_index("target")["settings"]["Coverage in other worlds: rate"] == 9


def test_there_is_a_miss_to_test_for_every_target():
    assert list(MISSES) == [target.name for target in TARGETS]


@pytest.mark.parametrize("name", MISSES)
def test_one_number_beyond_its_limit_misses_its_target_and_no_other(name):
    frame, where, cells = MISSES[name]
    verdicts = judged(edited(frame, where, **cells))
    missed = verdicts[verdicts["met"].eq(False)]
    assert missed["target"].tolist() == [name]


def test_a_number_at_its_limit_meets_it():
    frames = edited("worlds", {"world": "step"}, rate=0.85)
    frames["power"].loc[frames["power"]["method"] == "escalation", "jump"] = [0.915, 0.87, 0.95, 0.50]
    assert (by_target(judged(frames))["missed"] == 0).all()


@pytest.mark.parametrize(("value", "within"), [(0.831, True), (0.829, False), (0.979, True), (0.981, False)])
def test_a_miss_is_within_monte_carlo_error_below_two_standard_errors(value, within):
    verdicts = judged(edited("worlds", {"world": "step", "voice": "exact"}, rate=value))
    row = verdicts[(verdicts["setting"] == "step, exact") & (verdicts["target"] == "Coverage in other worlds: rate")]
    assert row["met"].tolist() == [False]
    assert row["within_error"].tolist() == [within]


def test_a_share_of_all_or_none_has_the_error_of_wilsons_interval():
    verdicts = judged(edited("power", {"world": "1 to 3 a day halfway"}, covered=1.0, covered_se=0.0))
    row = verdicts[(verdicts["target"] == "Coverage of the 90 % location interval") & (verdicts["value"] == 1.0)]
    assert row["se"].tolist() == pytest.approx([1.0 - Share(400, 400).interval(0.6826894921)[0]])
    assert row["within_error"].tolist() == [False]
    few = edited("alarms", {"method": "escalation", "phi": 1.0}, any_change=0.0, any_change_se=0.0, series=9)
    row = judged(few).set_index("target").loc["False alarms, variance twice the mean: any"]
    assert row["se"] == pytest.approx(0.1)


def test_a_difference_is_from_the_best_oracle_of_the_same_setting():
    frames = made_up()
    other = frames["power"][frames["power"]["method"] == MODEL].assign(
        method=f"{MODEL}, more", jump=[0.99, NAN, 0.2, 0.3]
    )
    frames["power"] = pd.concat([frames["power"], other], ignore_index=True)
    verdicts = judged(frames).set_index(["target", "setting"])
    row = verdicts.loc["Power, 1 to 2 a day: jump, minus oracle"]
    assert row["value"].tolist() == pytest.approx([0.93 - 0.99, 0.89 - 0.92])
    se = np.hypot(share_se(0.93, 400), share_se(0.965, 400)), np.hypot(share_se(0.89, 400), share_se(0.92, 400))
    assert row["se"].tolist() == pytest.approx(list(se))


def test_the_small_set_of_models_stands_in_only_where_the_full_one_was_not_run():
    frames = made_up()
    fast = frames["alarms"][frames["alarms"]["method"] == "escalation"].assign(
        method="escalation, fast", any_change=0.9
    )
    frames["alarms"] = pd.concat([frames["alarms"], fast], ignore_index=True)
    assert by_target(judged(frames))["missed"].sum() == 0
    full = frames["alarms"]["method"] == "escalation"
    frames["alarms"] = frames["alarms"][~(full & (frames["alarms"]["phi"] == 1.0))]
    verdicts = judged(frames)
    missed = verdicts[verdicts["met"].eq(False)]
    assert missed["setting"].tolist() == ["constant, 1.2 a day, phi 1, 40 totals, exact, fast models"]
    one = draw_alarms(frames["alarms"], frames["power"], source="Made up")
    assert [x for x, _ in markers(panels(one.fig)[0], MISS)] == [0.9]


def test_the_small_set_of_models_is_compared_with_the_same_oracles():
    frames = made_up()
    expected = judged(frames)
    frames["power"]["method"] = frames["power"]["method"].replace("escalation", "escalation, fast")
    found = judged(frames)
    power = found["target"].str.startswith(("Power", "Location", "Coverage of the 90 % location"))
    assert found["setting"][power].str.endswith(", fast models").all()
    assert found["value"].tolist() == expected["value"].tolist()
    page = readme(frames, found, {}, Settings(seed=1, full=False))
    rows = rows_of(page, ("power", "escalation, fast", "escalation, fast, jump", f"{MODEL}, jump", f"{EXACT}, jump"))
    assert rows[0][1:] == ["0.965", "0.930", "0.965", "0.965"]


def test_what_was_not_measured_is_neither_met_nor_missed():
    frames = made_up()
    del frames["worlds"]
    frames["real_summary"] = frames["real_summary"][:0]
    frames["power"].loc[frames["power"]["totals"] == 12, "changed"] = NAN
    summed = by_target(judged(frames)).set_index("target")
    bare = summed.index[summed["settings"] == 0]
    assert set(bare) == {t.name for t in TARGETS if t.frame in ("worlds", "real_summary")} | {
        "Power, 1 to 2 a day, 12 totals"
    }
    assert summed["missed"].sum() == 0


def test_limits_come_from_the_targets():
    frame = made_up()["alarms"]
    low, high = bounds("alarms", frame, "any_change")
    ours = frame["method"] == "escalation"
    assert np.isinf(low).all()
    assert high[ours].tolist() == [0.05, 0.10, 0.06]
    assert np.isinf(high[~ours]).all()


def test_a_target_says_what_it_asks_for():
    assert Target("", "", "", "", low=-0.05).asks == "at least \N{MINUS SIGN}0.05"
    assert Target("", "", "", "", high="paired_se").asks == "at most its standard error"


# Figures


@pytest.fixture(scope="module")
def drawings():
    return draw_figures(made_up(), source="Made up")


def extreme():
    """Long names, six quantities, misses on both sides, methods nobody has heard of, everything equal."""
    frames = made_up()
    extra = ["share of days with a rate above its mean", "first change"]
    parts = [frames["sbc_ranks"].assign(quantity=frames["sbc_ranks"]["quantity"] + f" {k}") for k in extra]
    frames["sbc_ranks"] = pd.concat([frames["sbc_ranks"], *parts])
    frames["sbc_ranks"].loc[frames["sbc_ranks"]["quantity"] == "total", "rank"] = 0
    frames["sbc"].loc[1, ["chi_square_p", "inside_band"]] = [1e-300, False]
    frames["worlds"]["world"] = [f"{w} {'with a name that is longer than its row ' * (i % 3)}" for i, w in
                                 enumerate(frames["worlds"]["world"])]  # fmt: skip
    frames["worlds"]["rate"] = [0.02, 0.99, 1.0, 0.5, 0.84, 0.86, 0.97, 0.3, 0.9]
    frames["worlds"].loc[4, "rate_se"] = NAN
    frames["alarms"]["any_change"] = 1.0
    frames["alarms"]["strong"] = 0.2
    frames["alarms"]["method"] = frames["alarms"]["method"].replace(
        "poisson", "a routine with quite a long name indeed"
    )
    frames["power"]["jump"] = 0.5
    routine = frames["power"][frames["power"]["method"] == "escalation"].assign(method="poisson", jump=NAN)
    frames["power"] = pd.concat([frames["power"], routine])
    frames["power"].loc[frames["power"]["world"].str.startswith("1 to 2"), "world"] = (
        "from one to two a day, halfway " * 4
    )
    frames["real"].loc[frames["real"]["series"] == "coal", "crps_rate"] *= np.linspace(0.1, 9.0, 36)
    frames["real"].loc[3, "cover_total"] = NAN
    return frames


@pytest.mark.parametrize("make", [made_up, extreme])
def test_no_word_overlaps_another_or_leaves_its_figure(make):
    found = draw_figures(make(), source="Made up")
    assert list(found) == list(FIGURES)
    assert {name: text_boxes_clear(one.fig) for name, one in found.items()} == {name: [] for name in FIGURES}


def test_figures_without_their_frames_are_left_out():
    frames = made_up()
    del frames["power"]
    frames["real"] = frames["real"][:0]
    assert list(draw_figures(frames, source="Made up")) == ["sbc", "coverage"]


def test_ranks_are_counted_as_by_hand():
    rng = np.random.default_rng(1)
    rank, of = rng.integers(0, 41, 300), 40
    ranks = pd.DataFrame({"replicate": range(300), "quantity": "rate", "rank": rank, "of": of})
    numbers = draw_ranks(ranks, made_up()["sbc"], source="Made up").numbers
    for row in numbers["distribution"].itertuples():
        share = np.mean([(r + 1) / 41 <= row.at + 1e-12 for r in rank]) if row.at > 0 else 0.0
        assert row.off == pytest.approx(share - row.at)
    assert len(numbers["histogram"]) == 20
    for row in numbers["histogram"].itertuples():
        inside = [row.left - 1e-9 <= r / 41 < row.right - 1e-9 for r in range(41)]
        found = sum(inside[r] for r in rank)
        assert row.ratio == pytest.approx(found / (300 * sum(inside) / 41))
    assert numbers["histogram"]["right"].iloc[-1] == pytest.approx(1.0)


def outside(rows, name):
    return int(((rows[name] < rows["lower"] - 1e-9) | (rows[name] > rows["upper"] + 1e-9)).sum())


def test_ranks_in_a_heap_leave_both_bands_and_even_ranks_do_not():
    even = np.arange(400) % 100
    heap = np.where(even < 50, even // 2, 99 - (99 - even) // 2)
    for rank, leaves in ((even, False), (heap, True)):
        frame = pd.DataFrame({"replicate": range(400), "quantity": "rate", "rank": rank, "of": 99})
        one = draw_ranks(frame, made_up()["sbc"], source="Made up")
        assert (outside(one.numbers["distribution"], "off") > 0) == leaves
        assert (outside(one.numbers["histogram"], "ratio") > 0) == leaves
        marks = [
            line for ax in panels(one.fig) for line in ax.lines if line.get_color() == MISS and len(line.get_xdata())
        ]
        assert bool(marks) == leaves


def test_the_band_of_all_points_is_wider_than_that_of_one():
    """At the middle the pointwise 99 % half-width of a share of 400 is 2.576 * sqrt(.25 / 400) = .064."""
    rows = draw_ranks(made_up()["sbc_ranks"], made_up()["sbc"], source="Made up").numbers["distribution"]
    middle = rows.iloc[(rows["at"] - 0.5).abs().argsort()[:1]]
    assert 0.07 < float(middle["upper"].iloc[0]) < 0.1


@pytest.mark.parametrize(("rank", "of"), [(100, 99), (-1, 99), (3, 0)])
def test_an_impossible_rank_is_an_error(rank, of):
    frame = pd.DataFrame({"replicate": [0, 1], "quantity": "rate", "rank": [rank, 0], "of": of})
    with pytest.raises(ValueError, match=r"'rate' run from -?\d+ to \d+"):
        draw_ranks(frame, made_up()["sbc"], source="Made up")


def panels(fig):
    """The axes of a figure but the first, which holds its words and the key."""
    return fig.axes[1:]


def markers(ax, colour=None):
    """Places of all markers of an axes."""
    lines = [line for line in ax.lines if line.get_marker() not in ("", "None") and line.get_linestyle() == "None"]
    lines = [line for line in lines if colour is None or line.get_color() == colour]
    return sorted((round(float(x), 6), round(float(y), 6)) for line in lines for x, y in line.get_xydata())


def test_coverage_draws_every_world_and_marks_those_that_miss():
    frames = edited("worlds", {"world": "self-exciting", "voice": "noisy"}, rate=0.813)
    one = draw_coverage(frames["worlds"].sample(frac=1.0, random_state=2), source="Made up")
    drawn = [ax for ax in panels(one.fig) if markers(ax)]
    assert [sorted(x for x, _ in markers(ax)) for ax in drawn] == [
        sorted(frames["worlds"][name].round(6)) for name in ("rate", "total")
    ]
    assert [x for x, _ in markers(drawn[0], MISS)] == [0.813]
    assert not markers(drawn[1], MISS)
    assert "0.813" in [text.get_text() for text in drawn[0].texts]
    assert "self-exciting told noisy, 0.813" in one.alt
    # Rows of one voice stand together, also when the frame mixes them.
    assert one.numbers["coverage"].groupby("voice")["voice"].size().tolist() == [3, 3, 3]
    assert (one.numbers["coverage"]["voice"] != one.numbers["coverage"]["voice"].shift()).sum() == 3


def test_alarms_draw_every_method_and_its_limits():
    frames = made_up()
    one = draw_alarms(frames["alarms"], frames["power"], source="Made up")
    left, right = [ax for ax in panels(one.fig) if markers(ax)]
    assert sorted(x for x, _ in markers(left)) == sorted(frames["alarms"]["any_change"].round(6))
    power = frames["power"]
    ours = power["method"] == "escalation"
    oracle = power["method"].isin([MODEL, EXACT])
    shown = [*power["changed"][ours], *power["jump"][ours], *power["jump"][oracle]]
    assert sorted(x for x, _ in markers(right)) == sorted(np.round(shown, 6))
    ticks = [segment for part in left.collections if isinstance(part, LineCollection) for segment in part.get_segments()
             if segment[0][0] == segment[1][0] and np.isclose(segment[0][0], [0.05, 0.06, 0.10]).any()]  # fmt: skip
    assert sorted(round(segment[0][0], 6) for segment in ticks) == [0.05, 0.06, 0.1]
    words = " ".join(text.get_text() for text in one.fig.findobj(Text))
    assert all(name in words for name in ("PELT, squared error", "Poisson cost", MODEL))
    assert words.count("0.006") == 3


def test_what_is_beyond_its_limit_has_another_colour():
    frames = edited("alarms", {"method": "escalation", "phi": 1.0}, any_change=0.2)
    left = panels(draw_alarms(frames["alarms"], frames["power"], source="Made up").fig)[0]
    assert [x for x, _ in markers(left, MISS)] == [0.2]


def test_names_on_the_rows_touch_no_marker():
    frames = made_up()
    fig = draw_alarms(frames["alarms"], frames["power"], source="Made up").fig
    fig.draw_without_rendering()
    named = 0
    for ax in panels(fig):
        spots = [ax.transData.transform(spot) for spot in markers(ax)]
        for text in ax.texts if spots else []:
            box = text.get_window_extent()
            named += 1
            assert not any(box.x0 - 2 < x < box.x1 + 2 and box.y0 < y < box.y1 for x, y in spots), text.get_text()
    assert named >= 4


def test_markers_that_would_touch_are_in_lanes():
    kinds = [Dots(str(k), np.array([0.5, 0.1 + 0.4 * k]), np.zeros(2), "o", "k", "k") for k in range(3)]
    dots, row = in_lanes(kinds, 200.0, (0.0, 1.0))
    assert len({one.lower[0] for one in dots}) == 3
    assert [one.lower[1] for one in dots] == [0.0, 0.0, 0.0]
    assert sum(one.lower[0] for one in dots) == 0.0
    assert row > 2 * max(one.lower[0] for one in dots)


def test_a_name_goes_where_there_is_room_for_it():
    """A second marker right of the first leaves only the left side of the second row."""
    one = Dots("a routine", np.array([0.05, 0.9]), np.zeros(2), "o", "k", "k")
    two = Dots(
        "a name that fits nowhere at all, however one turns it", np.array([0.15, 0.95]), np.zeros(2), "o", "k", "k"
    )
    names, rest = find_room([one, two], [np.array([0.3, NAN])], 200.0, (0.0, 1.0))
    assert [(name.row, name.words) for name in names] == [(1, "a routine")]
    assert names[0].left < 0.9 * 200.0 - 5.0
    assert rest == [two]


def test_relative_error_is_from_the_curve_that_is_best_on_average():
    """pchip is best on average for 8 reports (mean 2.5 against 3), linear for 16; no curve is best of all."""
    rows = [("a", 8, "joint", 1.0), ("a", 8, "linear", 1.0), ("a", 8, "pchip", 4.0), ("b", 8, "joint", 2.0),
            ("b", 8, "linear", 5.0), ("b", 8, "pchip", 1.0), ("a", 16, "joint", 3.0), ("a", 16, "linear", 2.0),
            ("a", 16, "pchip", 8.0), ("b", 16, "joint", 3.0), ("b", 16, "linear", 4.0),
            ("b", 16, "pchip", 1.0)]  # fmt: skip
    found = relative_error(table("series reports method crps_rate", rows).assign(voice="exact"))
    by = found.set_index(["series", "reports", "method"])
    assert set(found["best"][found["reports"] == 8]) == {"pchip"}
    assert set(found["best"][found["reports"] == 16]) == {"linear"}
    assert by["ratio"]["a", 8, "joint"] == 0.25
    assert by["ratio"]["b", 16, "joint"] == 0.75
    assert by["mean_ratio"]["a", 8, "joint"] == pytest.approx(1.5 / 2.5)
    assert by["mean_ratio"]["b", 16, "pchip"] == pytest.approx(4.5 / 3.0)
    assert len(found) == len(rows)


def test_real_draws_every_series_faint_and_every_mean_bold():
    frames = made_up()
    one = draw_real(frames["real"], frames["real_summary"], source="Made up")
    drawn = [ax for ax in panels(one.fig) if markers(ax)]
    assert len(drawn) == 6
    for ax in drawn:
        sizes = [line.get_markersize() for line in ax.lines for _ in line.get_xdata() if line.get_linestyle() == "None"]
        assert sum(size < 4 for size in sizes) == 3 * 3 * 4
        assert sum(size > 4 for size in sizes) == 3 * 4
    means = one.numbers["means"].set_index(["voice", "reports", "method"])
    assert means["mean_ratio"]["rounded", 16, "joint"] == pytest.approx(0.7)
    assert means["cover_total"]["exact", 8, "pclm"] == pytest.approx(0.58)


def test_what_is_beyond_the_axis_is_counted():
    frames = made_up()
    frames["real"].loc[frames["real"]["method"] == "joint", "crps_rate"] *= 9.0
    one = draw_real(frames["real"], frames["real_summary"], source="Made up")
    words = " ".join(text.get_text() for text in one.fig.findobj(Text))
    assert "beyond the axis (27)" in words


# The folder


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """The report written by this process and by another, with another order of hashing and other settings."""
    one, two = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two") / "deep"
    (one.parent / "matplotlibrc").write_text("font.size: 20\nsvg.fonttype: none\n")
    env = os.environ | {"PYTHONHASHSEED": "77", "MATPLOTLIBRC": str(one.parent)}
    run = subprocess.Popen([sys.executable, "-W", "error", "-c", WRITE, str(Path(__file__).parent), str(two)], env=env)
    report = write_report(made_up(), one, Settings(seed=7, full=False))
    assert run.wait() == 0
    return report, one, two


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_two_processes_write_the_same_bytes(twice):
    report, one, two = twice
    assert digests(one) == digests(two)
    stems = [f"figure-{name}.{end}" for name in FIGURES for end in ("csv", "png", "svg", "txt")]
    assert sorted(digests(one)) == sorted(
        [*stems, *(f"{name}.csv" for name in COLUMNS), "targets.csv", "README.md", "manifest.json"]
    )
    assert sorted(Path(row.path).name for row in report.files) == sorted(digests(one))


def test_the_manifest_lists_every_file(twice):
    _, one, _ = twice
    manifest = json.loads((one / "manifest.json").read_text())
    assert {row["path"]: row["sha256"] for row in manifest["files"]} | {"manifest.json": ""} == digests(one) | {
        "manifest.json": ""
    }
    assert manifest["seed"] == 7
    assert manifest["choices"] == {"replicates": "usual"}
    assert {"escalation", "matplotlib", "numpy", "ruptures"} <= set(manifest["versions"])


def test_tables_hold_what_was_measured(twice):
    _, one, _ = twice
    for name, frame in made_up().items():
        data = (one / f"{name}.csv").read_bytes()
        assert b"\r" not in data
        found = pd.read_csv(one / f"{name}.csv", keep_default_na=False, na_values=[""])
        assert found.columns.tolist() == frame.columns.tolist() == COLUMNS[name].split()
        for column in frame:
            left, right = found[column].tolist(), frame[column].tolist()
            if pd.api.types.is_float_dtype(frame[column]):
                assert left == pytest.approx(right, rel=1e-5, nan_ok=True)
            else:
                assert left == right


def rows_of(page, header):
    """Cells of the table of a page that has this header."""
    lines = page.splitlines()
    start = lines.index("| " + " | ".join(header) + " |") + 2
    end = next(i for i in range(start, len(lines) + 1) if i == len(lines) or not lines[i].startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[start:end]]


HEADER = ("target", "asked for", "measured", "met")


def test_the_page_says_yes_where_all_is_met(twice):
    report, one, _ = twice
    page = (one / "README.md").read_text()
    rows = rows_of(page, HEADER)
    assert [row[0] for row in rows] == [target.name for target in TARGETS]
    assert all(row[3].startswith("yes") for row in rows)
    assert f"Of {len(TARGETS)} targets {len(TARGETS)} are met and 0 are missed; 0 were not measured." in page
    assert "Nothing that was measured." in page
    assert "seed 7" in page
    assert "escalation calibrate --full" in page
    assert "0 are missed" in repr(report)
    for name in FIGURES:
        assert f"(figure-{name}.svg)" in page


def test_the_page_says_no_as_plainly(tmp_path):
    frames = edited("worlds", {"world": "pause"}, rate=0.842)
    frames["worlds"].loc[frames["worlds"]["voice"] == "noisy", "total"] = 0.5
    del frames["real_summary"]
    frames["power"].loc[frames["power"]["totals"] == 12, "method"] = "a | bar"
    page = Path(write_report(frames, tmp_path, Settings(seed=1, full=True)).folder, "README.md").read_text()
    rows = {row[0]: row for row in rows_of(page, HEADER)}
    assert rows["Coverage in other worlds: rate"][2] == "0.842 \N{PLUS-MINUS SIGN} 0.010 (pause, exact)"
    assert rows["Coverage in other worlds: rate"][3] == "no, in 3 of 9; within Monte-Carlo error"
    assert rows["Coverage in other worlds: total"][3] == "no, in 3 of 9"
    assert rows["Real series: coverage of the total"][2:] == ["", "not measured"]
    assert rows["Power, 1 to 2 a day, 12 totals"][3] == "not measured"
    assert "2 are missed (1 of them within Monte-Carlo error); 5 were not measured." in page
    missed = page.split("## What is missed")[1].split("##")[0].strip().splitlines()
    assert len(missed) == 6
    assert "a \\| bar" in page
    assert "figure-real" not in page


def test_the_page_compares_methods(twice):
    page = (twice[1] / "README.md").read_text()
    rows = rows_of(page, ("false alarms", "escalation", "poisson", "pelt-rbf", "pelt-l2"))
    assert rows[1] == ["constant, 1.2 a day, phi 1, 40 totals, exact", "0.060", "0.660", "0.800", "1.000"]
    assert f"{MODEL}, jump" in page
    assert [row[2] for row in rows_of(page, ("table", "settings", "series or replicates in each"))] == [
        "400", "400", "300", "1,000", "400", "2",
    ]  # fmt: skip


def test_targets_csv_has_every_verdict(twice):
    report, one, _ = twice
    with (one / "targets.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(report.verdicts)
    assert {row["met"] for row in rows} == {"true"}
    assert {row["high"] for row in rows if row["target"] == "Coverage in other worlds: total"} == {""}
    assert report.summary()["missed"].sum() == 0
    assert "<table" in report._repr_html_()


def test_bad_frames_are_named_all_at_once(tmp_path):
    frames = made_up() | {"word": pd.DataFrame()}
    frames["sbc"] = frames["sbc"].drop(columns=["ecdf_p", "inside_band"])
    frames["worlds"].loc[0, "voice"] = None
    with pytest.raises(ValueError, match="'word' is not a frame") as error:
        write_report(frames, tmp_path / "new", Settings(seed=1, full=False))
    assert "sbc needs the columns ecdf_p, inside_band; given: quantity, replicates, chi_square_p" in str(error.value)
    assert "worlds has rows without voice" in str(error.value)
    assert not (tmp_path / "new").exists()


def test_numbers_are_on_disk_even_if_a_figure_fails(tmp_path):
    frames = made_up()
    frames["sbc_ranks"].loc[frames["sbc_ranks"]["quantity"] == "rate", "rank"] = 500
    with pytest.raises(ValueError, match="run from 500 to 500"):
        write_report(frames, tmp_path, Settings(seed=1, full=False))
    assert {f"{name}.csv" for name in [*COLUMNS, "targets"]} <= set(digests(tmp_path))
