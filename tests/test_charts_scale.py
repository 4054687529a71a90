"""Lanes, shares and munitions: what readers with other eyes, other printers and narrow columns see."""

from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import same_color, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from escalation.charts import (
    HEADINGS,
    escalating,
    lanes_panel,
    munitions_panel,
    new_axes,
    shares_panel,
    style,
    text_boxes_clear,
)
from escalation.charts.lanelayout import unreported
from escalation.charts.style import GRID, PALE
from escalation.scale.levels import DEFAULT_SCALE, EscalationScale

LANES = [
    ("drone", "Drone", "#4E9CB5", "o"),
    ("rocket", "Rocket", "#B5541C", "s"),
    ("ballistic_missile", "Ballistic missile", "#4A0D2E", "D"),
]
RANK = {lane[0]: i for i, lane in enumerate(LANES)}
WORDS = {"title": "Title", "subtitle": "subtitle"}
LOOK = {"colour": "#B5541C", "marker": "s"}

# Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB.
SEEN = {
    "colour": np.eye(3),
    "grey": np.tile([0.2126729, 0.7151522, 0.0721750], (3, 1)),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
APART, FROM_UNKNOWN, FROM_GROUND = 8.0, 4.0, 30.0  # least differences of CIELAB lightness; measured: 8.4, 4.1, 33.5


def lightness(colour, eye):
    """CIELAB L* of a colour as an eye sees it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    y = float(SEEN["grey"][0] @ np.clip(SEEN[eye] @ linear, 0, 1))
    return 116 * np.cbrt(y) - 16 if y > (6 / 29) ** 3 else y * (29 / 3) ** 3


def too_alike(levels, unknown, ground):
    """Pairs of colours that some eye cannot tell apart by lightness."""
    wanted = [(a, b, APART) for a, b in pairwise(levels)] + [(a, unknown, FROM_UNKNOWN) for a in levels]
    wanted += [(a, b, FROM_GROUND) for a in levels for b in ("#FFFFFF", ground)] + [(unknown, ground, FROM_GROUND)]
    return [(a, b, eye) for a, b, least in wanted for eye in SEEN if abs(lightness(a, eye) - lightness(b, eye)) < least]


def axes(height=0.6):
    return Figure((8, 6)).add_axes((0.1, 0.1, 0.65, height))


def lines(ax):
    return [line for line in ax.get_children() if isinstance(line, Line2D)]


def width(ax):
    return ax.bbox.width * 72 / ax.figure.dpi


def height(ax):
    return ax.bbox.height * 72 / ax.figure.dpi


def marks(ax):
    """x, y, size, colour, face and shape of each marker inside the axes, in points."""
    inside = (0, height(ax))
    return [
        (x, y, line.get_markersize(), line.get_markeredgecolor(), line.get_markerfacecolor(), line.get_marker())
        for line in lines(ax)
        if line.get_linestyle() == "None" and line.get_marker() in set("osDv")
        for x, y in zip(*line.get_data(), strict=True)
        if 0 <= x <= width(ax) and inside[0] <= y <= inside[1]
    ]


def incidents(levels, days=None, confirmed=True):
    n = len(levels)
    date = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(n) if days is None else days, "D")
    return pd.DataFrame({"date": date, "levels": levels, "confirmed": confirmed, "claimed": True})


def test_simulated_eyes_are_as_published():
    assert lightness("#777777", "colour") == pytest.approx(50.0, abs=0.1)
    for eye in SEEN:
        assert lightness("#FFFFFF", eye) == pytest.approx(100.0, abs=0.01)  # greys stay as they are
        assert lightness("#7A7A7A", eye) == pytest.approx(lightness("#7A7A7A", "colour"), abs=0.01)
    assert lightness("#FF0000", "protan") < lightness("#FF0000", "deutan") - 10  # red is dark to protans only


def test_levels_and_unreported_weapons_differ_in_lightness_to_every_eye_and_in_shape():
    assert list(DEFAULT_SCALE.lanes) == LANES
    ax = lanes_panel(axes(), incidents([(), ("drone",), ("rocket",), ("ballistic_missile",)]), LANES, **WORDS)
    drawn = sorted(marks(ax), key=lambda mark: mark[1])
    unknown, *levels = [mark[3] for mark in drawn]
    ground = next(
        box.get_facecolor() for box in ax.get_children() if isinstance(box, Rectangle) and box is not ax.patch
    )
    assert same_color(ground, PALE)
    assert too_alike(levels, unknown, ground) == []
    assert all(one[5] != other[5] for one, other in combinations(drawn, 2))


def test_colours_of_one_lightness_are_found_out():
    alike = too_alike(["#C1272D", "#3A7D34", "#777777"], "#7A7A7A", PALE)
    assert {(a, b) for a, b, eye in alike if eye == "grey"} >= {("#3A7D34", "#777777"), ("#777777", "#7A7A7A")}
    assert any(eye == "deutan" for *_, eye in alike)
    assert any(a == "#B5541C" and b == "#7A7A7A" for a, b, _ in too_alike([lane[2] for lane in LANES], "#7A7A7A", PALE))


@pytest.mark.parametrize("taken", ["v", "^", "P"])
def test_the_shape_of_unreported_weapons_is_that_of_no_level(taken):
    lanes = [*LANES[:2], ("missile", "Missile", "#4A0D2E", taken)]
    ax = lanes_panel(axes(), incidents([()]), lanes, **WORDS)
    shapes = [line.get_marker() for line in lines(ax) if line.get_linestyle() == "None" and len(line.get_xdata())]
    assert len(set(shapes)) == 4


@pytest.mark.parametrize("levels", [(), ("drone",), ("ballistic_missile",)])
def test_confirmed_is_filled_and_claimed_is_hollow_in_every_lane(levels):
    ax = lanes_panel(axes(), incidents([levels, levels], confirmed=[True, False]), LANES, **WORDS)
    confirmed, claimed = sorted(marks(ax))
    assert confirmed[3] == confirmed[4] == claimed[3]
    assert abs(lightness(claimed[3], "grey") - lightness(claimed[4], "grey")) > FROM_GROUND


def floors(ax):
    """Floor of each lane from the bottom, and the top of the panel."""
    grid = [line.get_ydata()[0] for line in lines(ax) if line.get_color() == GRID and len(line.get_xdata()) == 2]
    return [0.0, *sorted(grid), height(ax)]


def upright(ax):
    """Lines with height: x, low, high, colour."""
    found = [(line.get_xdata(), line.get_ydata(), line.get_color()) for line in lines(ax) if len(line.get_xdata()) == 2]
    return [(x[0], min(y), max(y), colour) for x, y, colour in found if y[0] != y[1]]


def test_stubs_point_to_the_other_parts_of_a_mixed_attack():
    mixed = [("drone", "rocket"), ("drone", "ballistic_missile"), tuple(RANK), ("rocket",), ()]
    ax = lanes_panel(axes(), incidents(mixed), LANES, **WORDS)
    base = floors(ax)
    sides = {(round(m[0]), m[3]): [] for m in marks(ax)}
    for x, low, high, colour in upright(ax):
        y = next(m[1] for m in marks(ax) if m[0] == pytest.approx(x) and m[3] == colour)
        sides[round(x), colour].append("up" if high > y + 2.4 else "down" if low < y - 2.4 else "hidden")
        lane = 1 + [c for _, _, c, _ in LANES].index(colour)
        assert base[lane] < low < high < base[lane + 1]
    drone, rocket, missile = (lane[2] for lane in LANES)
    days = sorted({x for x, _ in sides})
    wanted = [
        {drone: ["up"], rocket: ["down"]},
        {drone: ["up"], missile: ["down"]},
        {drone: ["up"], rocket: ["down", "up"], missile: ["down"]},
        {rocket: []},
    ]
    for day, parts in zip(days, wanted, strict=False):
        assert {colour: sorted(found) for (x, colour), found in sides.items() if x == day} == parts


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("tall", [0.8, 0.35, 0.1])
def test_no_line_crosses_from_lane_to_lane_and_no_stub_hides_a_marker(seed, tall):
    rng = np.random.default_rng(seed)
    held = [("drone",), ("drone", "rocket"), ("rocket", "ballistic_missile"), ("drone", "ballistic_missile"), ()]
    found = incidents([held[i] for i in rng.integers(0, 5, 110)], rng.integers(0, 80, 110), rng.random(110) < 0.5)
    ax = lanes_panel(axes(tall), found, LANES, **WORDS)
    base = floors(ax)
    assert len(upright(ax)) == 2 * sum(len(levels) == 2 for levels in found["levels"])
    assert all(any(low <= y0 and y1 <= high for low, high in pairwise(base)) for _, y0, y1, _ in upright(ax))
    assert all(any(low < mark[1] < high for low, high in pairwise(base)) for mark in marks(ax))
    if tall > 0.5:
        for x, low, high, colour in upright(ax):
            hit = [m for m in marks(ax) if m[3] == colour and abs(m[0] - x) < m[2] / 2 and low - 2 < m[1] < high + 2]
            assert len(hit) == 1  # its own


def test_a_stub_touches_no_tail_of_possible_days():
    found = incidents([("drone",), ("drone",), ("drone", "rocket")], [0, 0, 3], [True, False, True])
    found["date_end"] = found["date"] + pd.to_timedelta([0, 10, 0], "D")
    ax = lanes_panel(axes(), found, LANES, **WORDS)
    drone = LANES[0][2]
    tail = next(line for line in lines(ax) if line.get_color() == drone and np.ptp(line.get_xdata()) > 50)
    stub = next(line for line in upright(ax) if line[3] == drone)
    assert min(tail.get_xdata()) < stub[0] < max(tail.get_xdata())
    assert not stub[1] <= tail.get_ydata()[0] <= stub[2]


def test_the_subtitle_speaks_of_stubs():
    assert "stub: part of a mixed attack, counted in each lane" in HEADINGS["lanes"][1]
    assert "joined" not in HEADINGS["lanes"][1]


def shares(periods=3, claimed=True, days=120, seed=0, most=40):
    rng = np.random.default_rng(seed)
    cuts = np.concatenate([[0], np.sort(rng.choice(np.arange(1, days), periods - 1, replace=False)), [days]])
    date = pd.Timestamp("2023-10-17") + pd.to_timedelta(cuts, "D")
    rows = []
    for first, end in pairwise(date):
        for evidence in ["confirmed", "claimed"][: 1 + claimed]:
            typed, unknown = rng.integers(0, most, 2)
            k = rng.integers(0, typed + 1)
            share = k / typed if typed else np.nan
            row = {"first": first, "last": end - pd.Timedelta(days=1), "evidence": evidence, "typed": typed}
            row |= {"at_least": k, "unknown": unknown, "share": share, "lower": 0.5 * k / max(typed, 1)}
            row |= {"upper": (k / typed + 1) / 2 if typed else 1.0}
            total = max(typed + unknown, 1)
            row |= {"bound_lower": k / total, "bound_upper": (k + unknown) / total}
            rows.append(row)
    return pd.DataFrame(rows)


def boxes(ax):
    """Left, bottom, right and top of each filled box, from 0 to 1."""
    found = [box for box in ax.get_children() if isinstance(box, Rectangle) and box is not ax.patch]
    found = [box for box in found if box.get_y() <= height(ax)]
    sides = [(box.get_x(), box.get_y(), box.get_x() + box.get_width(), box.get_y() + box.get_height()) for box in found]
    return np.array(sides).reshape(-1, 4) / [width(ax), height(ax), width(ax), height(ax)]


def place(ax, day):
    left, right = ax.get_xlim()
    return ((pd.Timestamp(day) - pd.Timestamp("1970-01-01")).days - left) / (right - left)


def test_shares_are_boxes_bars_and_markers_where_they_belong():
    frame = shares(seed=3)
    ax = shares_panel(new_axes(), frame, **WORDS, **LOOK)
    sure = frame[frame["evidence"] == "confirmed"]
    found = boxes(ax)
    found = found[np.argsort(found[:, 0])]
    np.testing.assert_allclose(found[:, [1, 3]], sure[["bound_lower", "bound_upper"]], atol=0.011)
    np.testing.assert_allclose(found[:, 0], [place(ax, d) for d in sure["first"]], atol=0.01)
    np.testing.assert_allclose(found[:, 2], [place(ax, d) for d in sure["last"]], atol=0.02)
    drawn = sorted(mark for mark in marks(ax) if mark[5] == "s")
    assert [mark[1] / height(ax) for mark in drawn] == pytest.approx(frame["share"].dropna().tolist())
    assert [mark[3] == mark[4] for mark in drawn] == (frame["evidence"] == "confirmed").tolist()
    assert text_boxes_clear(ax.figure) == []


def test_nothing_joins_one_period_to_the_next():
    frame = shares(6, seed=5)
    ax = shares_panel(new_axes(), frame, **WORDS, **LOOK)
    spans = [(place(ax, a) - 0.006, place(ax, b) + 0.006) for a, b in frame[["first", "last"]].to_numpy()]
    drawn = [line for line in lines(ax) if len(line.get_xdata()) > 1 and max(line.get_ydata()) <= height(ax)]
    assert drawn
    for line in drawn:
        x = np.array(line.get_xdata()) / width(ax)
        assert any(low <= x.min() and x.max() <= high for low, high in spans)


def test_what_is_not_known_is_not_drawn():
    frame = shares(2, claimed=False).assign(unknown=np.nan, bound_lower=np.nan, bound_upper=np.nan)
    ax = shares_panel(new_axes(), frame, **WORDS, **LOOK)
    words = [text.get_text() for text in ax.texts]
    assert not len(boxes(ax))
    assert words[:2] == [f"{k} of {n}" for k, n in frame[["at_least", "typed"]].to_numpy()]
    assert not any("bounds" in word or "claimed" in word or "unknown" in word for word in words)
    empty = frame.iloc[:1].assign(typed=0, at_least=0, share=np.nan, lower=np.nan, upper=np.nan)
    ax = shares_panel(new_axes(), empty, **WORDS, **LOOK)
    assert not [mark for mark in marks(ax) if mark[5] == "s"]
    assert ax.texts[0].get_text() == "0 of 0"


def test_periods_beyond_the_dates_are_counted():
    frame = shares(3)
    ax = new_axes()
    ax.set_xlim(*((day - pd.Timestamp("1970-01-01")).days - 0.5 for day in sorted(set(frame["first"]))[:2]))
    shares_panel(ax, frame, **WORDS, **LOOK)
    assert any("2 periods outside these dates not shown" in text.get_text() for text in ax.texts)


def test_all_that_is_wrong_with_shares_is_said_at_once():
    frame = shares(3).assign(evidence=["rumour", *["claimed"] * 5], share=1.5)
    frame.loc[2, "at_least"] = 99
    with pytest.raises(ValueError, match=r"'described' or 'claimed'.*at_least <= typed.*0 to 1.*order.*overlap"):
        shares_panel(new_axes(), frame, **WORDS, **LOOK)
    with pytest.raises(ValueError, match="needs the columns bound_upper"):
        shares_panel(new_axes(), frame.drop(columns="bound_upper"), **WORDS, **LOOK)
    with pytest.raises(ValueError, match="are dates"):
        shares_panel(new_axes(), frame.assign(first=1), **WORDS, **LOOK)


def loads(rows):
    names = ["date", "levels", "low", "high", "intercepted", "confirmed", "claimed"]
    return pd.DataFrame(rows, columns=names)


def test_munitions_stand_at_their_least_number_with_bar_or_arrow():
    frame = loads(
        [
            ("2024-01-01", ("drone", "rocket"), 4, 4, np.nan, True, False),
            ("2024-01-20", ("drone",), 2, 8, np.nan, False, True),
            ("2024-02-10", (), 5, np.nan, 3, True, True),
            ("2024-03-01", ("ballistic_missile",), 15, np.inf, 15, True, True),
        ]
    )
    ax = munitions_panel(new_axes(), frame, LANES, **WORDS)
    low, top = ax.get_ylim()
    number = low * (top / low) ** (np.array([mark[1] for mark in sorted(marks(ax))]) / height(ax))
    np.testing.assert_allclose(number, frame["low"])
    assert [mark[5] for mark in sorted(marks(ax))] == ["s", "o", "v", "D"]
    assert [mark[4] == "white" for mark in sorted(marks(ax))] == [False, True, False, False]
    caps = sorted((line.get_xdata()[0], line.get_marker(), line.get_ydata()[0]) for line in lines(ax)
                  if line.get_marker() in ("_", "^") and line.get_ydata()[0] <= height(ax))  # fmt: skip
    assert [cap[1] for cap in caps] == ["_", "^", "^"]
    assert low * (top / low) ** (caps[0][2] / height(ax)) == pytest.approx(8)
    bars = [(x, y, top) for x, y, top, _ in upright(ax) if top <= height(ax)]
    assert len(bars) == 3
    for x, y, top in bars:
        assert (x, y) in [mark[:2] for mark in marks(ax)]
        assert top in [cap[2] for cap in caps if cap[0] == x]
    words = {text.get_text(): text.get_position() for text in ax.texts}
    for said, mark in (("3 intercepted", sorted(marks(ax))[2]), ("15 intercepted", sorted(marks(ax))[3])):
        assert np.hypot(words[said][0] - mark[0], words[said][1] - mark[1]) < 70
    assert [text.get_text() for text in ax.get_yticklabels()][:4] == ["1", "2", "5", "10"]
    assert text_boxes_clear(ax.figure) == []


def many(seed, n=40, days=12, shot=0.2):
    rng = np.random.default_rng(seed)
    held = [("drone",), ("rocket",), ("drone", "rocket"), ()]
    low = rng.choice([1, 1, 1, 2, 3, 20], n)
    high = np.where(rng.random(n) < 0.2, np.nan, low + rng.choice([0, 0, 4], n))
    return pd.DataFrame(
        {
            "date": pd.Timestamp("2023-10-17") + pd.to_timedelta(rng.integers(0, days, n), "D"),
            "levels": [held[i] for i in rng.integers(0, 4, n)],
            "low": low,
            "high": high,
            "intercepted": np.where(rng.random(n) < shot, low, np.nan),
            "confirmed": rng.random(n) < 0.6,
            "claimed": rng.random(n) < 0.6,
        }
    )


@pytest.mark.parametrize("seed", range(3))
def test_attacks_of_one_day_and_number_stay_visible_and_near_their_own_number(seed):
    frame = many(seed)
    ax = munitions_panel(new_axes(), frame, LANES, **WORDS)
    drawn = marks(ax)
    assert len(drawn) == len(frame)
    for one, other in combinations(drawn, 2):
        assert max(abs(one[0] - other[0]), abs(one[1] - other[1])) >= 0.45 * (one[2] + other[2])
    low, top = ax.get_ylim()
    whole = np.arange(1, int(top) + 1)
    height_of = np.log(whole / low) / np.log(top / low) * height(ax)
    nearest = [int(whole[np.abs(height_of - mark[1]).argmin()]) for mark in drawn]
    assert sorted(nearest) == sorted(frame["low"])
    sheet_day = width(ax) / (ax.get_xlim()[1] - ax.get_xlim()[0])
    days = sorted((d - pd.Timestamp("1970-01-01")).days for d in frame["date"])
    moved = np.array(sorted(mark[0] for mark in drawn)) - (np.array(days) - ax.get_xlim()[0]) * sheet_day
    assert np.abs(moved).max() <= 9.0
    assert text_boxes_clear(ax.figure) == []


def pixels(fig):
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    return bytes(canvas.buffer_rgba())


def test_the_order_of_rows_makes_no_difference():
    def drawn(parts):
        first, second = axes(0.3), axes(0.5)
        shares_panel(first, parts[0], **WORDS, **LOOK)
        munitions_panel(second, parts[1], LANES, **WORDS)
        return pixels(first.figure), pixels(second.figure)

    parts = (shares(4), many(2))
    rng = np.random.default_rng(1)
    with style():
        assert drawn([part.iloc[rng.permutation(len(part))] for part in parts]) == drawn(parts)


def test_impossible_munitions_are_named():
    frame = many(0).assign(low=0, intercepted=-1)
    with pytest.raises(ValueError, match=r"low must be a number from 1 \(40 rows.*intercepted must be"):
        munitions_panel(new_axes(), frame, LANES, **WORDS)
    with pytest.raises(ValueError, match="high must not be below low"):
        munitions_panel(new_axes(), frame.assign(low=2, high=1, intercepted=np.nan), LANES, **WORDS)


def whole(periods=3, seed=0, events=5, label="US air strikes, site", munitions=True, levels=LANES[1:], most=40):
    index = pd.date_range("2023-10-17", periods=120)
    rng = np.random.default_rng(seed)
    at = np.sort(rng.integers(0, 120, events))
    changes = {"date": index[[60]], "lower": index[[50]], "upper": index[[70]], "probability": 0.8}
    return {
        "rate": pd.DataFrame({"mean": 1.45, "median": 1.4, "lower": 0.9, "upper": 2.6}, index=index),
        "changes": pd.DataFrame(changes | {"rate_before": 1.4, "rate_after": 0.5, "ratio": 0.37}),
        "interventions": pd.DataFrame({"date": index[at], "label": [f"{label} {i}" for i in range(events)]}),
        "shares_by_level": {
            lane[1]: (shares(periods, seed=seed + i, most=most), *lane[2:]) for i, lane in enumerate(levels)
        },
        "munitions": many(seed, n=45, days=120) if munitions else None,
        "lanes": LANES,
        "source": "Source: made-up numbers.",
        "note": "The reports cannot tell",
    }


LONG = "a long list of places and weapons, " * 6
CASES = {
    "two periods": {"periods": 2},
    "six periods": {"periods": 6, "seed": 4},
    "large counts": {"periods": 6, "seed": 8, "most": 40000},
    "many long events": {"events": 30, "label": LONG, "periods": 4, "seed": 2},
    "no munitions, no events": {"munitions": False, "events": 0},
    "long labels": {"levels": [(*LANES[1][:1], LONG, *LANES[1][2:])], "periods": 5, "seed": 6},
}


@pytest.mark.parametrize("size", [(10, 10), (5, 9)], ids=["two columns", "one column"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_words_collide_or_leave_the_figure(case, size):
    assert text_boxes_clear(escalating(**whole(**case), size=size)) == []


def test_panels_follow_from_rate_to_the_highest_level_to_munitions():
    headings = {"rate": ("More often?", LONG), "Rocket": ("Rockets?", ""), "Ballistic missile": ("Worse?", "a")}
    headings["munitions"] = ("Larger?", "b")
    fig = escalating(**whole(), headings=headings, window=("2023-11-01", "2024-01-31"))
    said = [[text.get_text() for text in ax.texts] for ax in fig.axes]
    for words, title in zip(said, ("More often?", "Rockets?", "Worse?", "Larger?"), strict=True):
        assert title in words
    assert len({ax.get_xlim() for ax in fig.axes}) == 1
    tops = [ax.get_position().y1 for ax in fig.axes]
    assert tops == sorted(tops, reverse=True)
    assert "The reports cannot tell" in said[0]
    assert text_boxes_clear(fig) == []
    assert len(escalating(**whole(munitions=False)).axes) == 3
    assert len(escalating(**whole() | {"munitions": many(0).iloc[:0]}).axes) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"headings": {"bottom": ("a", "b")}}, "unknown panel bottom"),
        ({"window": ("2024-01-02", "2024-01-01")}, "first and a last day"),
        ({"size": (2.5, 9)}, "too narrow"),
        ({"rate": pd.DataFrame({"median": [1], "lower": [0], "upper": [2]})}, "its dates are numbers"),
    ],
)
def test_what_cannot_be_drawn_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        escalating(**whole() | change)


@pytest.mark.parametrize("number", [2, 3, 4, 5])
def test_the_looks_of_a_scale_of_any_number_of_levels_are_told_apart(number):
    scale = EscalationScale([f"level_{i}" for i in range(number)], basis="test")
    assert too_alike([lane[2] for lane in scale.lanes], unreported(scale.lanes)[2], PALE) == []
    assert len({lane[3] for lane in scale.lanes} | {unreported(scale.lanes)[3]}) == number + 1
