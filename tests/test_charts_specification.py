"""The specification curve: dots and rows tell of the same specification, in order, and no words collide."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import same_color

from escalation.charts import save_figure, style, text_boxes_clear
from escalation.charts.lettering import text_width
from escalation.charts.specification import Panel, specification
from escalation.charts.specificationaxis import APART, axis_of
from escalation.charts.specificationlayout import shorten
from escalation.charts.specificationmatrix import KEPT, ROW, SPLIT
from escalation.charts.style import BAND, INK, MODEL

WORDS = {"title": "What the choices do", "subtitle": "all specifications", "source": "Source: made-up numbers."}
CHOICES = {
    "prior centre": ["as given", "half a decade lower", "half a decade higher"],
    "hazard": ["1/30, 1/60, 1/120 a day", "1/30 only"],
    "bounds": ["documented table", "literally", "more slack", "all as exact"],
    "window": ["to 20 Feb", "to 4 Feb"],
}


def frames(choices=CHOICES, grid=20, seed=0):
    """A frame of choices, and one panel of each scale whose values are all different."""
    rng = np.random.default_rng(seed)
    base = {name: options[0] for name, options in choices.items()}
    rows = [{"block": "base"} | base]
    rows += [{"block": "one at a time"} | base | {name: o} for name, options in choices.items() for o in options[1:]]
    rows += [{"block": "grid"} | {k: v[rng.integers(len(v))] for k, v in choices.items()} for _ in range(grid)]
    frame = pd.DataFrame(rows, index=[f"s{i:03d}" for i in range(len(rows))])
    for name, options in choices.items():
        frame[name] = pd.Categorical(frame[name], options)
    n = len(frame)

    def numbers(value, spread):
        return pd.DataFrame({"value": value, "lower": value - spread, "upper": value + 2 * spread}, index=frame.index)

    share, total, ratio = rng.permutation(n + 2)[:n] / (n + 2), rng.normal(150, 9, n), np.exp(rng.normal(0, 0.5, n))
    panels = [
        Panel("P(the rate changed)", "probability", numbers(share, np.nan), 0.5, "share"),
        Panel("Attacks", "count", numbers(total, rng.uniform(2, 4, n))),
        Panel("Rate after over rate before", "ratio", numbers(ratio, 0.3 * ratio), 1.0, "log"),
    ]
    return panels, frame


def changed(panels, choices, at, **edits):
    """The same with some numbers of one panel changed: (row, column) to value."""
    frame = panels[at].frame.copy()
    for name, (spec, value) in edits.items():
        frame.loc[spec, [name] if name != "all" else ["value", "lower", "upper"]] = value
    old = panels[at]
    return [*panels[:at], Panel(old.title, old.units, frame, old.reference, old.scale), *panels[at + 1 :]], choices


def dots(ax, colour):
    found = [line for line in ax.lines if line.get_marker() == "o" and same_color(line.get_markerfacecolor(), colour)]
    points = [point for line in found for point in zip(*line.get_data(), strict=True) if np.isfinite(point[1])]
    return sorted((float(x), float(y)) for x, y in points)


def bars(ax, colour):
    found = [c for c in ax.collections if isinstance(c, LineCollection) and same_color(c.get_color()[0], colour)]
    upright = [s for c in found for s in c.get_segments() if len(s) and s[0, 0] == s[1, 0]]
    return {round(float(s[0, 0]), 6): (float(s[0, 1]), float(s[1, 1])) for s in upright}


def texts(fig):
    return [text.get_text() for ax in fig.axes for text in ax.texts]


def columns(fig, panels, choices):
    """Specification of each column by its place, told by the value in the first panel."""
    name = {round(value, 9): spec for spec, value in panels[0].frame["value"].items()}
    base = choices.index[choices["block"] == "base"][0]
    seen = dots(fig.axes[0], MODEL)
    own = dots(fig.axes[0], INK)
    assert [name[round(y, 9)] for _, y in own] == [base]
    return {x: name[round(y, 9)] for x, y in sorted([*seen, *own])}


@pytest.mark.parametrize("seed", range(3))
def test_each_block_is_sorted_by_the_first_panel_with_the_base_in_the_left_one(seed):
    panels, choices = frames(seed=seed)
    order = list(columns(specification(panels, choices, **WORDS), panels, choices).values())
    left, right = (sorted(choices.index[choices["block"].isin(names)], key=panels[0].frame["value"].get)
                   for names in (["base", "one at a time"], ["grid"]))  # fmt: skip
    assert order == left + right


def test_blocks_stand_apart_and_bear_their_numbers():
    panels, choices = frames()
    fig = specification(panels, choices, **WORDS)
    at = sorted(columns(fig, panels, choices))
    gaps = np.diff(at)
    assert np.flatnonzero(gaps > 1.5 * np.median(gaps)).tolist() == [7]
    assert {"one choice changed at a time: 7", "grid of combinations: 20"} <= set(texts(fig))
    assert texts(fig).count("as chosen") == 1


def test_a_column_is_one_specification_in_every_panel():
    panels, choices = frames(seed=4)
    fig = specification(panels, choices, **WORDS)
    where = columns(fig, panels, choices)
    for ax, panel in zip(fig.axes[1:], panels[1:], strict=False):
        drawn = dict([*dots(ax, MODEL), *dots(ax, INK)])
        assert drawn == {x: panel.frame["value"][spec] for x, spec in where.items()}
        ends = bars(ax, BAND) | bars(ax, INK)
        low, high = ax.get_ylim()
        for x, spec in where.items():
            wanted = np.clip(panel.frame.loc[spec, ["lower", "upper"]].to_numpy(), low, high)
            np.testing.assert_allclose(ends[round(x, 6)], wanted)


def test_the_rows_below_give_back_every_choice():
    panels, choices = frames(seed=5)
    fig = specification(panels, choices, **WORDS)
    where = columns(fig, panels, choices)
    top, middle = 0.0, {}
    for name, options in CHOICES.items():
        middle |= {top + ROW * (i + 0.5): (name, option, i) for i, option in enumerate(options)}
        top += ROW * len(options) + SPLIT
    read = {spec: {} for spec in where.values()}
    for colour, departs in ((INK, True), (KEPT, False)):
        for x, y in dots(fig.axes[3], colour):
            name, option, i = middle[y]
            assert (i > 0) == departs
            assert name not in read[where[x]]
            read[where[x]][name] = option
    assert read == {spec: choices.loc[spec, list(CHOICES)].to_dict() for spec in choices.index}
    sheet = fig.axes[-1]
    height = {text.get_text(): text.get_window_extent() for text in sheet.texts}
    rows = fig.axes[3].transData
    for y, (name, option, i) in middle.items():
        bottom, top = (rows.transform((0, edge))[1] for edge in (y + ROW / 2, y - ROW / 2))
        for box in (height[option], height[name])[: 1 + (i == 0)]:
            assert bottom < box.y0
            assert box.y1 < top
            assert box.x1 < fig.axes[3].bbox.x0


def test_the_base_is_bold_and_its_value_is_carried_across():
    panels, choices = frames(seed=6)
    fig = specification(panels, choices, **WORDS)
    for ax, panel in zip(fig.axes, panels, strict=False):
        value = panel.frame["value"].iloc[0]
        across = [line for line in ax.lines if len(set(line.get_ydata())) == 1 and line.get_linestyle() == "--"]
        assert [line.get_ydata()[0] for line in across] == [value]
        own = next(line for line in ax.lines if line.get_marker() == "o" and same_color(line.get_color(), INK))
        others = next(line for line in ax.lines if line.get_marker() == "o" and same_color(line.get_color(), MODEL))
        assert own.get_markersize() > others.get_markersize()
    assert f"{panels[0].frame['value'].iloc[0]:.2f}" in texts(fig)
    assert f"{panels[1].frame['value'].iloc[0]:,.0f}" in texts(fig)


def test_no_answer_is_a_cross_below_the_panel_and_is_counted():
    panels, choices = changed(*frames(seed=7), 2, all=(["s003", "s020"], np.nan))
    fig = specification(panels, choices, **WORDS)
    where = columns(fig, panels, choices)
    ax, sheet = fig.axes[2], fig.axes[-1]
    crosses = [line for line in sheet.get_children() if getattr(line, "get_marker", lambda: "")() == "x"]
    places = [point for line in crosses for point in line.get_transform().transform(np.column_stack(line.get_data()))]
    seen = sorted(ax.transData.inverted().transform(point)[0] for point in places)
    assert seen == pytest.approx(sorted(x for x, spec in where.items() if spec in ("s003", "s020")))
    assert all(point[1] < ax.bbox.y0 - 3 for point in places)
    assert len(dots(ax, MODEL)) + len(dots(ax, INK)) == len(choices) - 2
    assert any("No answer, of 28 specifications: 2 in “Rate after over rate before”" in words for words in texts(fig))
    assert text_boxes_clear(fig) == []


def test_specifications_without_an_answer_in_the_first_panel_come_last_in_their_block():
    panels, choices = changed(*frames(seed=8), 0, value=(["s000", "s009"], np.nan))
    fig = specification(panels, choices, **WORDS)
    value = panels[1].frame["value"]
    drawn = [y for _, y in sorted([*dots(fig.axes[1], MODEL), *dots(fig.axes[1], INK)])]
    assert (drawn[7], drawn[-1]) == (value["s000"], value["s009"])
    assert not [line for line in fig.axes[0].lines if line.get_linestyle() == "--"]


def test_rows_that_nothing_takes_are_left_out_and_counted():
    panels, choices = frames()
    choices["unit"] = "attack"
    choices["bounds"] = choices["bounds"].cat.add_categories(["never", "nor this"])
    fig = specification(panels, choices, **WORDS)
    said = " ".join(texts(fig))
    assert "Rows not drawn: 1 choice that no specification changes and 2 options that none takes." in said
    assert not {"unit", "attack", "never", "nor this"} & set(texts(fig))
    assert "Rows not drawn" not in " ".join(texts(specification(*frames(), **WORDS)))


def test_endless_intervals_end_in_arrows_and_do_not_squash_the_rest():
    panels, choices = changed(*frames(seed=9), 2, lower=(["s002"], 0.0), upper=(["s004"], np.inf))
    panels, choices = changed(panels, choices, 1, upper=(["s005"], 1e6), lower=(["s006"], -1e6))
    fig = specification(panels, choices, **WORDS)
    where = {spec: x for x, spec in columns(fig, panels, choices).items()}

    def arrows(ax, marker):
        found = [line for line in ax.get_children() if getattr(line, "get_marker", lambda: "")() == marker]
        return [point for line in found for point in zip(*line.get_data(), strict=True)]

    low, high = fig.axes[2].get_ylim()
    assert arrows(fig.axes[2], 7) == [(where["s002"], low)]
    assert arrows(fig.axes[2], 6) == [(where["s004"], high)]
    assert arrows(fig.axes[1], 6) == [(where["s005"], fig.axes[1].get_ylim()[1])]
    assert arrows(fig.axes[1], 7) == [(where["s006"], fig.axes[1].get_ylim()[0])]
    values = panels[1].frame["value"]
    assert np.ptp(values) > 0.3 * np.ptp(fig.axes[1].get_ylim())
    assert any("beyond the axis" in words for words in texts(fig))
    assert not any("beyond the axis" in words for words in texts(specification(*frames(), **WORDS)))


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_axes_hold_all_values_and_their_ticks_keep_apart(scale):
    rng = np.random.default_rng(11)
    for _ in range(300):
        n, height = int(rng.integers(1, 40)), float(rng.uniform(60, 150))
        value = np.exp(rng.normal(rng.normal(0, 6), 10 ** rng.uniform(-4, 0.7), n))
        width = value * rng.uniform(0, 0.9) * rng.uniform(0, 1, n)
        reference = float(value[0] * np.exp(rng.normal())) if rng.random() < 0.5 else None
        ends = (value - width, value + width) if rng.random() < 0.7 else (value * np.nan, value * np.nan)
        axis = axis_of(value, *ends, reference=reference, scale=scale, height=height)
        assert axis.low < value.min()
        assert value.max() < axis.high
        assert len(axis.ticks) >= 1
        assert all(axis.low <= tick <= axis.high for tick in axis.ticks)
        shift = np.log if scale == "log" else np.asarray
        places = shift(axis.ticks) / (shift(axis.high) - shift(axis.low)) * height
        assert all(b - a >= APART - 1e-6 for a, b in pairwise(places))
        assert reference is None or reference in axis.ticks
        assert len(set(axis.words)) == len(axis.words)


LONG = "a long label that goes on and on about how the reports were read, with commas, and then some more of it"
ODD = {
    "<script>alert(1)</script>": ["$x$", r"$\frac{1}{0}$", "<b>bold</b> & co"],
    "a choice with a name far too long for its column and for the rows it has": ["no", LONG, LONG + " still"],
    "Supercalifragilisticexpialidociousness": ["10 %", r"%s {x} \n", "_under_ ^hat^"],
    "\n\t": ["", "one\ntwo"],
}
MANY = {f"choice number {i}": [f"option {j}" for j in range(2 + i % 5)] for i in range(14)}
CASES = {
    "usual": {},
    "many rows": {"choices": MANY, "grid": 90},
    "odd characters": {"choices": ODD},
    "one at a time only": {"grid": 0},
    "few beside many": {"choices": {"a": ["b", "c"]}, "grid": 128},
    "two columns": {"choices": {"a": ["b", "c"]}, "grid": 0},
    "base alone": {"choices": {"a": ["b"]}, "grid": 0},
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("words", [WORDS, {"title": LONG, "subtitle": 4 * LONG, "note": 4 * LONG, "source": LONG}])
def test_no_words_collide_or_leave_the_figure(case, words):
    panels, choices = frames(**case)
    before = plt.get_fignums()
    fig = specification(panels, choices, **words)
    assert text_boxes_clear(fig) == []
    assert fig.get_figwidth() * 72 == pytest.approx(720)
    assert plt.get_fignums() == before


@pytest.mark.parametrize("factor", [1e-9, 1.0, 1e4, 1e12])
@pytest.mark.parametrize("base", [0, 1, 5])
def test_no_words_collide_whatever_the_numbers(factor, base):
    panels, choices = frames(seed=base)
    panels = [Panel(LONG, LONG, p.frame * (factor if i else 1), p.reference, p.scale) for i, p in enumerate(panels)]
    panels, choices = changed(panels, choices, 1, all=(["s001"], np.nan))
    assert text_boxes_clear(specification(panels, choices, **WORDS)) == []


def test_equal_missing_and_negative_values_are_drawn():
    panels, choices = frames()
    every = list(choices.index)
    flat, _ = changed(*changed(panels, choices, 1, all=(every, -3.0)), 2, all=(every, np.nan))
    fig = specification(flat, choices, **WORDS)
    assert text_boxes_clear(fig) == []
    assert {y for _, y in dots(fig.axes[1], MODEL)} == {-3.0}
    assert dots(fig.axes[2], MODEL) == []


def test_outside_text_is_shown_as_it_is():
    said = texts(specification(*frames(choices=ODD), **WORDS | {"note": "costs $2 and $3"}))
    assert {"$x$", r"$\frac{1}{0}$", "<b>bold</b> & co", r"%s {x} \n", "(blank)", "one two"} <= set(said)
    assert any(words.startswith("costs $2 and $3") for words in said)
    cut = [words for words in said if words.startswith("a long label")]
    assert len(cut) == 2
    assert cut[0] == cut[1]  # cut at one width
    assert cut[0].endswith("…")


def test_words_are_cut_to_their_room_and_no_shorter():
    for room in (20, 55.5, 90, 140):
        cut = shorten(LONG, room, 7.5)
        assert text_width(cut, 7.5) <= room
        more = LONG[: len(cut) + 3]
        assert text_width(f"{more}…", 7.5) > room
    assert shorten("short", 100, 7.5) == "short"


def pixels(fig):
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    return bytes(canvas.buffer_rgba())


def test_the_order_of_rows_makes_no_difference_even_with_ties():
    panels, choices = changed(*frames(grid=30), 0, value=([f"s{i:03d}" for i in range(3, 25)], 0.25))
    rng = np.random.default_rng(1)
    mixed = [Panel(p.title, p.units, p.frame.iloc[rng.permutation(len(p.frame))], p.reference, p.scale) for p in panels]
    with style():
        one = pixels(specification(panels, choices, **WORDS))
        assert pixels(specification(mixed, choices.iloc[rng.permutation(len(choices))], **WORDS)) == one
        assert pixels(specification(changed(panels, choices, 1, value=(["s004"], 9.0))[0], choices, **WORDS)) != one


def test_the_bytes_are_the_same_on_every_run(tmp_path):
    panels, choices = frames()
    written = []
    for run in ("one", "two"):
        (tmp_path / run).mkdir()
        fig = specification(panels, choices, **WORDS)
        rows = save_figure(fig, tmp_path / run / "curve", numbers=choices.reset_index(), alt="A curve.", title="Curve")
        written.append([row.sha256 for row in rows])
    assert written[0] == written[1]


def test_a_readers_own_settings_make_no_difference():
    panels, choices = frames()
    with style():
        one = pixels(specification(panels, choices, **WORDS))
    with plt.rc_context({"font.size": 20, "axes.facecolor": "red", "ytick.labelsize": 30, "lines.linewidth": 9}):
        other = specification(panels, choices, **WORDS)
    with style():
        assert pixels(other) == one


def test_all_that_is_wrong_is_said_at_once():
    panels, choices = frames()
    share, total, ratio = (panel.frame.copy() for panel in panels)
    share.loc["s003", "value"] = 1.5
    total.loc["s002", "lower"] = np.nan
    total.loc["s004", ["lower", "upper"]] = [9.0, 8.0]
    total.loc["s005", "value"] = np.nan
    ratio.loc["s006", "value"] = -1.0
    bad = [
        Panel("A", "", share, 7.0, "share"),
        Panel("B", "", total.drop(index="s001"), np.inf, "sqrt"),
        Panel("C", "", ratio, 0.0, "log"),
        Panel("D", "", share.drop(columns="upper").rename(index={"s000": "zz"})),
        Panel("E", "", panels[1].frame.astype(str)),
    ]
    worse = choices.assign(block=choices["block"].replace("base", "first"), scope=None)
    with pytest.raises(ValueError, match="cannot be drawn") as caught:
        specification(bad, worse, **WORDS)
    said = str(caught.value)
    for part in (
        "unknown block 'first'",
        "exactly one row must be of block 'base'; given 0",
        "needs an option in scope",
        "(A): reference 7 is not on its axis (share)",
        "shares must be from 0 to 1 (1 rows, the first is s003)",
        "(B): scale must be one of linear, log, share; given 'sqrt'",
        "no row for s001",
        "reference must be finite or None; given inf",
        "give both lower and upper, or neither (NaN) (1 rows, the first is s002)",
        "lower must not exceed upper (1 rows, the first is s004)",
        "an interval needs a value (1 rows, the first is s005)",
        "(C): reference 0 is not on its axis (log)",
        "above 0 on a log axis, bounds from 0 (1 rows, the first is s006)",
        "(D): needs the columns upper",
        "rows that choices does not know: zz",
        "(E): value, lower, upper must be numbers",
    ):
        assert part in said, part


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda _, c: ([], c), "at least one"),
        (lambda p, c: (p, c.drop(columns="block")), "needs a column block"),
        (lambda p, c: (p, c.rename(index={"s001": "s002"})), "specifications named twice: s002"),
        (lambda p, c: (p, c.rename(columns={"hazard": "window"})), "columns named twice: window"),
        (lambda p, c: (p, c.assign(block=c["block"].where(c["block"] != "base"))), "needs an option in block"),
        (lambda p, c: (p, c.assign(block="base")), "given 28"),
        (lambda p, c: ([Panel("A", "", pd.concat([p[0].frame] * 2))], c), "specifications named twice"),
    ],
)
def test_what_cannot_be_drawn_is_named(edit, message):
    with pytest.raises(ValueError, match=message):
        specification(*edit(*frames()), **WORDS)
