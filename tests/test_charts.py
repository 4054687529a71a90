import ast
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from escalation import charts
from escalation.charts import (
    cumulative_panel,
    lane_counts,
    lanes_panel,
    overview,
    rate_panel,
    style,
    text_boxes_clear,
)
from escalation.charts.placing import pack_rows, spread, stair_rows

LANES = [
    ("drone", "Drone", "#4E9CB5", "o"),
    ("rocket", "Rocket", "#B5541C", "s"),
    ("ballistic_missile", "Ballistic missile", "#4A0D2E", "D"),
]
BOUNDS = ["exact", "at_least", "more_than", "about", "up_to"]
WORDS = {"title": "Attacks", "subtitle": "per day"}


def made_up(days=127, reports=110, incidents=100, events=16, changes=0, scale=1.0, label="US air strikes, site"):
    """A case like the bundled one: totals to about 170, most weapons drones, a quarter not reported."""
    rng = np.random.default_rng(7)
    index = pd.date_range("2023-10-17", periods=days, name="date")
    count = rng.poisson(1.4 * scale, days).cumsum()
    curve = pd.DataFrame({"median": count, "lower": np.maximum(count - 2, 0), "upper": count + 2}, index=index)
    rate = pd.DataFrame({"mean": 1.45, "median": 1.4, "lower": 0.9, "upper": 2.6}, index=index) * scale
    at = np.sort(rng.integers(0, days, reports))
    stale = rng.random(reports) < 0.1
    totals = pd.DataFrame(
        {
            "as_of": index[at],
            "count": np.where(stale, count[at] * 0.8, count[at]).astype(int),
            "bound": rng.choice(BOUNDS, reports, p=[0.5, 0.2, 0.15, 0.1, 0.05]),
            "weight": np.where(stale, 0.1, 0.9),
            "used": rng.random(reports) > 0.05,
        }
    )
    when = np.sort(rng.integers(0, days, incidents))
    held = [("drone",), ("rocket",), ("drone", "rocket"), (), ("ballistic_missile",)]
    known = {
        "date": index[when],
        "date_end": index[np.minimum(when + rng.integers(0, 2, incidents), days - 1)],
        "levels": [held[i] for i in rng.choice(5, incidents, p=[0.55, 0.12, 0.05, 0.25, 0.03])],
        "confirmed": rng.random(incidents) < 0.6,
        "claimed": rng.random(incidents) < 0.5,
    }
    starts = np.sort(rng.integers(0, days, events))
    happened = {
        "date": index[starts],
        "date_end": [index[min(s + 6, days - 1)] if i % 5 == 2 else pd.NaT for i, s in enumerate(starts)],
        "label": [f"{label} {i}" for i in range(events)],
    }
    turn = np.linspace(0, days - 1, changes + 2).astype(int)[1:-1]
    found = {
        "date": index[turn],
        "lower": index[np.maximum(turn - 5, 0)],
        "upper": index[np.minimum(turn + 9, days - 1)],
        "probability": np.linspace(0.5, 1.0, changes),
        "rate_before": 1.4 * scale,
        "rate_after": 0.52 * scale,
        "ratio": 0.37,
    }
    return {
        "reports": totals,
        "cumulative": curve,
        "rate": rate,
        "changes": pd.DataFrame(found),
        "interventions": pd.DataFrame(happened),
        "incidents": pd.DataFrame(known),
        "lanes": LANES,
        "source": "Source: made-up numbers.",
        "note": None if changes else "P(a jump) 0.47: the reports cannot tell",
    }


LONG = "strike on a long list of places, " * 6
CASES = {
    "like the bundled case": {},
    "no events": {"events": 0},
    "few events": {"events": 3},
    "many events": {"events": 60},
    "long labels": {"label": LONG},
    "one word too long for a line": {"label": "x" * 300},
    "no incidents": {"incidents": 0},
    "no reports": {"reports": 0},
    "huge counts": {"scale": 1e6, "changes": 3},
    "tiny rates": {"scale": 1e-3},
    "three days": {"days": 3, "reports": 4, "incidents": 5, "events": 2},
    "one day": {"days": 1, "reports": 1, "incidents": 1, "events": 1},
    "three years": {"days": 1096, "reports": 400, "incidents": 1200, "changes": 2},
    "many changes": {"changes": 6},
}


@pytest.mark.parametrize("size", [(10, 10), (5, 9)], ids=["two columns", "one column"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_words_collide_or_leave_the_figure(case, size):
    assert text_boxes_clear(overview(**made_up(**case), size=size)) == []


def test_long_words_everywhere_stay_clear():
    parts = made_up(changes=2) | {"source": LONG, "note": LONG}
    parts["lanes"] = [(key, f"{label} {LONG[:40]}", *look) for key, label, *look in LANES]
    headings = dict.fromkeys(("cumulative", "rate", "lanes"), (LONG, LONG))
    assert text_boxes_clear(overview(**parts, headings=headings)) == []


def test_colliding_and_clipped_words_are_found():
    fig = Figure()
    fig.text(0.5, 0.5, "one")
    fig.text(0.51, 0.5, "two")
    fig.text(0.99, 0.2, "beyond")
    assert text_boxes_clear(fig) == ["'beyond' leaves the figure", "'one' overlaps 'two'"]


def test_outside_words_are_shown_as_they_are():
    hostile = r"cost $5 and $x^2$ \frac{ <b>&amp; \n" + "\x00"
    parts = made_up(label=hostile, events=2) | {"source": hostile, "note": hostile}
    fig = overview(**parts, headings={"rate": (hostile, hostile)})
    texts = [text for text in fig.findobj(Text) if text.get_text() and text.get_transform() is not None]
    shown = [text for text in texts if "$x^2$" in text.get_text()]
    assert len(shown) == 6
    assert not any(text.get_parse_math() for text in shown)
    assert not any("\x00" in text.get_text() for text in texts)


def test_style_is_put_back():
    before = dict(mpl.rcParams)
    with style():
        overview(**made_up(days=10))
    assert dict(mpl.rcParams) == before


def test_charts_know_no_other_room_of_the_house_and_no_global_figures():
    for path in Path(charts.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.startswith("escalation.charts") or not name.startswith("escalation"), path
                assert "pyplot" not in name or path.name == "canvas.py", path


def axes(height=0.4):
    return Figure((8, 4)).add_axes((0.1, 0.25, 0.65, height))


def dots(ax, marker="o"):
    drawn = [line for line in ax.lines if line.get_transform() == ax.transData]  # not those of the key
    return [line for line in drawn if line.get_marker() == marker and len(line.get_xdata())]


def test_reports_are_drawn_by_how_they_were_worded_and_believed():
    reports = pd.DataFrame(
        {
            "as_of": pd.date_range("2024-01-01", periods=6),
            "count": [3, 5, 2, 9, 4, 24],
            "count_high": [None, None, None, None, None, 30],
            "bound": ["exact", "at_least", "exact", "exact", None, "about"],
            "weight": [1.0, 0.9, 0.2, 1.0, None, 0.8],
            "used": [True, True, True, False, True, True],
        }
    )
    curve = made_up(days=10)["cumulative"].set_axis(pd.date_range("2024-01-01", periods=10))
    ax = cumulative_panel(axes(), reports, curve, **WORDS)
    hollow, filled = dots(ax)
    assert list(filled.get_ydata()) == [3, 4]
    assert list(hollow.get_ydata()) == [2]
    assert filled.get_markerfacecolor() != "white" == hollow.get_markerfacecolor()
    assert list(dots(ax, "x")[0].get_ydata()) == [9]
    words = [text.get_text() for text in ax.texts]
    for said in (
        "exact (2)",
        "at least, more than (1)",
        "range (1)",
        "read as stale or wrong (1)",
        "not used (1)",
    ):
        assert said in words


def test_a_slip_far_above_does_not_squash_the_axis_but_is_counted():
    parts = made_up()
    parts["reports"].loc[5, ["count", "used", "weight"]] = [90000, True, 0.01]
    ax = cumulative_panel(axes(), parts["reports"], parts["cumulative"], **WORDS)
    assert ax.get_ylim()[1] < 1000
    assert "not shown: 1 above the axis" in [text.get_text() for text in ax.texts]


def test_a_curve_without_a_band_promises_none():
    parts = made_up()
    curve = parts["cumulative"].assign(lower=np.nan, upper=np.nan)
    ax = cumulative_panel(axes(), parts["reports"], curve, **WORDS)
    assert not any("interval" in text.get_text() for text in ax.texts)
    assert not ax.collections


def test_changes_are_drawn_only_if_there_are_any():
    for changes in (0, 2):
        parts = made_up(changes=changes)
        ax = rate_panel(axes(), parts["rate"], parts["changes"], parts["interventions"], **WORDS)
        assert sum(", P " in text.get_text() for text in ax.texts) == changes
        assert any("interval and median" in text.get_text() for text in ax.texts) == bool(changes)


def test_events_beyond_the_dates_are_counted_and_not_drawn():
    parts = made_up(events=40)
    fig = overview(**parts, window=("2023-12-01", "2023-12-10"))
    words = " ".join(text.get_text() for text in fig.findobj(Text))
    assert "more outside these dates" in words
    assert "outside these dates not shown" in words
    assert text_boxes_clear(fig) == []


def test_every_incident_is_visible_in_each_of_its_lanes():
    incidents = made_up(days=40, incidents=150)["incidents"]
    ax = lanes_panel(axes(0.6), incidents, LANES, **WORDS)
    marks = [line for line in ax.get_children() if getattr(line, "get_marker", lambda: "None")() in set("osDv")]
    marks = [line for line in marks if max(line.get_xdata()) <= ax.bbox.width * 72 / ax.figure.dpi]
    places = [(x, y, m.get_markersize()) for m in marks for x, y in zip(*m.get_data(), strict=True)]
    assert len(places) == sum(max(len(levels), 1) for levels in incidents["levels"])
    for i, (x, y, size) in enumerate(places):
        for x2, y2, size2 in places[:i]:
            assert np.hypot(x - x2, y - y2) >= 0.5 * (size + size2) - 1e-6


def test_lanes_carry_their_counts_and_unreported_weapons_always_have_one():
    incidents = pd.DataFrame(
        {
            "date": ["2024-01-01"] * 4,
            "levels": [("drone", "rocket"), ("drone",), ("rocket",), ("drone",)],
            "confirmed": [True, True, False, False],
            "claimed": [True, False, True, False],
        }
    )
    counts = lane_counts(incidents, LANES).set_index("lane")
    assert counts.loc["drone"].tolist() == [2, 1, 1, 1]
    assert counts.loc["rocket"].tolist() == [1, 2, 1, 0]
    assert counts.loc[""].tolist() == [0, 0, 0, 0]
    words = [text.get_text() for text in lanes_panel(axes(0.6), incidents, LANES, **WORDS).texts]
    assert words[:3] == ["Weapon not reported", "0 confirmed", "0 claimed"]
    assert words[3:7] == ["Drone", "2 confirmed", "1 claimed (1 both)", "1 neither"]


def pixels(fig):
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    return bytes(canvas.buffer_rgba())


@pytest.mark.parametrize("convert", [lambda c: c.dt.strftime("%Y-%m-%d"), lambda c: c.astype(object)])
def test_the_kind_of_dates_makes_no_difference(convert):
    parts = made_up(days=20, events=3)
    frames = {name: parts[name] for name in ("reports", "incidents", "interventions")}
    other = {
        name: frame.assign(**{c: convert(frame[c]) for c in frame if c in ("date", "date_end", "as_of")})
        for name, frame in frames.items()
    }
    assert pixels(overview(**parts | other)) == pixels(overview(**parts))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reports": pd.DataFrame({"as_of": ["2024-01-01"]})}, "reports: needs the columns count, used"),
        (
            {"reports": pd.DataFrame({"as_of": [None], "count": [1], "used": [True]})},
            "1 rows lack as_of or count",
        ),
        ({"cumulative": pd.DataFrame({"median": [1], "lower": [0], "upper": [2]})}, "its dates are numbers"),
        ({"rate": made_up()["rate"].iloc[::-1]}, "earliest first"),
        ({"interventions": pd.DataFrame({"date": ["2024-01-01"]})}, "interventions: needs the columns label"),
        ({"lanes": LANES[:1]}, "no lane for ballistic_missile, rocket"),
        ({"lanes": [LANES[0], LANES[0]]}, "a key of its own"),
        ({"headings": {"bottom": ("a", "b")}}, "unknown panel bottom"),
        ({"window": ("2024-01-02", "2024-01-01")}, "first and a last day"),
        ({"size": (3, 9)}, "too narrow"),
    ],
)
def test_what_cannot_be_drawn_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        overview(**made_up() | change)


def test_an_unknown_bound_is_named():
    parts = made_up()
    with pytest.raises(ValueError, match="unknown bound roughly; known are exact"):
        overview(**parts | {"reports": parts["reports"].assign(bound="roughly")})


@given(st.lists(st.floats(0, 100), min_size=1, max_size=20))
def test_points_are_moved_apart_and_stay_in_their_room(wanted):
    placed = spread(sorted(wanted), 4.0, 0.0, 100.0)
    assert min(placed) >= -1e-9
    assert max(placed) <= 100 + 1e-9
    assert (np.diff(placed) >= 4 - 1e-9).all()


def test_points_already_apart_stay_where_they_are_and_a_small_room_is_an_error():
    assert spread([1.0, 6.0, 50.0], 4.0, 0.0, 100.0) == [1.0, 6.0, 50.0]
    with pytest.raises(ValueError, match="the room is 5"):
        spread([1.0, 2.0, 3.0], 4.0, 0.0, 5.0)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(1, 30)), max_size=15))
def test_no_leader_crosses_a_label_and_no_row_holds_two_in_one_place(spans):
    spans = sorted((left, left + width) for left, width in spans)
    for rows, below in ((stair_rows(spans), True), (pack_rows(spans), False)):
        for i, (left, right) in enumerate(spans):
            for j, (start, _) in enumerate(spans[i + 1 :], i + 1):
                if left <= start < right - 1e-6:
                    assert rows[i] > rows[j] if below else rows[i] != rows[j]
