"""Every defensible choice: what moves the answer is named, and nothing is worked out twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import pytest

import escalation as esc
from escalation.study import specrun
from escalation.study.alternatives import GRID, Specification, about, alternatives, specifications
from escalation.study.conclusions import compared, conclusion
from escalation.study.headlines import headline_frame
from escalation.study.reconstructing import InThisProcess
from escalation.study.sensitivityframes import effect_frame

FAST: dict[str, Any] = {"models": "fast", "draws": 400}
CLEAN: dict[str, Any] = {"stale": 0.0, "wrong": 0.0, "approx": 0.0, "lag": 0, "hedged": 0.1, "copies": 0.2}


@pytest.fixture(scope="module")
def case() -> esc.Case:
    return esc.load_case("iraq-syria-2023")


@pytest.fixture(scope="module")
def clumped() -> esc.Simulated:
    return esc.simulate(120, phi=3.0, reports=60, incidents=0.2, rng=1, **CLEAN)


@pytest.fixture(scope="module")
def found(clumped: esc.Simulated) -> esc.Sensitivity:
    """Poisson is assumed on purpose, and the counts are clumped."""
    topics = ("phi", "read_as", "merge", "bounds", "evidence", "seed")
    return esc.sensitivity(clumped.case, {"phi": (0.0,), **FAST}, InThisProcess(), only=topics)


def test_at_least_sixty_specifications_each_another_one(case: esc.Case) -> None:
    specs = specifications(case, esc.Choices())
    assert len(specs) >= 61
    texts = [spec.choices.to_json() for spec in specs]
    assert len(set(texts)) == len(texts)
    for spec in specs[1:]:
        assert spec.choices.differences()["choice"].size >= 1
    assert sum(spec.block == "grid" for spec in specs) == 2 ** len(GRID) - len(GRID) - 1
    assert {about(topic) for spec in specs for topic in spec.options}


def test_alternatives_to_other_base_choices_hold_the_default(case: esc.Case) -> None:
    base = esc.Choices(phi=(0.0,), end="2024-01-31")
    options = {(one.topic, one.option) for one in alternatives(case, base)}
    assert {("phi", "the default"), ("end", "the default")} <= options
    assert ("phi", "Poisson only") not in options


def test_the_wrong_choice_is_named(found: esc.Sensitivity) -> None:
    assert found.base.changes.verdict == "evidence of change"  # there is none: the rate is constant
    assert found.movers[0] == "phi"
    row = found.table[(found.table["key"] == "bayes_factor") & (found.table["conclusion"] != "evidence of change")]
    options = found.specifications.set_index("spec")["option"]
    assert "the default" in set(options[row["spec"]])
    said = found.sentences()
    assert said[1].startswith("Clumping of incidents")
    assert "moves the evidence" in said[1]
    quiet = [line for line in said if line.startswith(("Confirmed or claimed", "Seed"))]
    assert len(quiet) == 2
    assert all("does not move the evidence" in line for line in quiet)


def test_a_specification_is_the_study_of_its_choices(clumped: esc.Simulated, found: esc.Sensitivity) -> None:
    for name in found.specifications["spec"][[1, 3, 6]]:
        alone = esc.study(clumped.case, found.choices(name))
        mine = found.table[found.table["spec"] == name].set_index("key")
        rows = alone.summary()
        for key in ("constant", "jump", "bayes_factor", "total", "level_all"):
            assert mine.loc[key, "value"] == rows.loc[key, "value"], (name, key)


def test_no_number_depends_on_the_executor(clumped: esc.Simulated, found: esc.Sensitivity) -> None:
    only = ("merge",)
    with ThreadPoolExecutor(2) as pool:
        frames = [
            esc.sensitivity(clumped.case, found.base.choices, executor, only=only).table
            for executor in (None, pool)
        ]  # fmt: skip
    pd.testing.assert_frame_equal(*frames)


def test_each_reconstruction_is_worked_out_once(case: esc.Case, monkeypatch: pytest.MonkeyPatch) -> None:
    specs = specifications(case, esc.Choices())
    asked = specrun.Asked(pd.Timestamp("2024-02-20"), (), True)
    jobs = specrun.jobs_of(case, specs, asked, threads=False)
    assert sum(len(job.specs) for job in jobs) == len(specs)
    together = next(job for job in jobs if job.specs[0][0] == "base")
    options = {spec.name: set(spec.options) for spec in specs}
    shared = set().union(*(options[name] for name, _ in together.specs))
    assert shared == {"scale", "evidence", "mixed", "before"}
    calls: list[Any] = []
    monkeypatch.setattr(specrun, "reconstruct_under", lambda *a, **_: calls.append(a) or _stop())
    answers = specrun.work_out(together)
    assert len(calls) == 1
    assert all(answer.error == "stopped" for answer in answers)


def _stop() -> None:
    raise ValueError("stopped")


def test_a_specification_without_an_answer_is_a_row_with_its_reason(clumped: esc.Simulated) -> None:
    reports = clumped.case.reports
    bare = replace(clumped.case, reports=reports[(reports["bound"] != "exact").to_numpy()])
    found = esc.sensitivity(bare, FAST, only=("bounds",), grid=False)
    row = found.specifications.set_index("option").loc["exact totals only"]
    assert "admit none of" in row["error"]
    assert found.table.loc[(found.table["spec"] == row["spec"]).to_numpy(), "value"].isna().all()
    assert "1 without an answer" in found.sentences()[1]


def test_another_window_is_not_compared_where_it_does_not_reach(clumped: esc.Simulated) -> None:
    found = esc.sensitivity(clumped.case, FAST, only=("window",), grid=False)
    earlier = found.specifications.set_index("option").loc["ends 28 days earlier", "spec"]
    rows = found.table[(found.table["spec"] == earlier).to_numpy()].set_index("key")
    assert np.isnan(rows.loc["total", "value"])
    assert not rows.loc["total", "moved"]
    assert np.isfinite(rows.loc["jump", "value"])


def test_conclusions_and_shifts_by_hand() -> None:
    nan = float("nan")
    assert conclusion("probability", 0.51, nan, nan) == "above one half"
    assert conclusion("ratio", 2.0, 1.1, 3.0) == "above 1"
    assert conclusion("count", 5.0, 4.0, 6.0) == ""
    given = (
        ("p", "probability", 0.4, nan, nan), ("n", "count", 100.0, 90.0, 110.0), ("r", "ratio", 1.0, 0.5, 2.0),
        ("b", "factor", 1.0, nan, nan),
    )  # fmt: skip
    base = headline_frame([dict(zip(("key", "kind", "value", "lower", "upper"), row, strict=True)) for row in given])
    other = base.assign(value=[0.6, 115.0, 2.0, 100.0], lower=[nan, 100, 1.5, nan], upper=[nan, 130, 3.0, nan])
    rows = compared(other, base).set_index("key")
    assert rows["shift"].round(9).to_dict() == {"p": 0.4, "n": 1.5, "r": 1.0, "b": 2.0}
    assert rows["moved"].all()
    assert not compared(base, base)["moved"].any()


def test_main_effects_against_means_by_hand(clumped: esc.Simulated) -> None:
    found = esc.sensitivity(clumped.case, FAST, only=("merge", "phi"))
    effects = found.main_effects().set_index(["topic", "key"])
    value = found.table.pivot_table(index="spec", columns="key", values="value")
    names = {frozenset(spec.options.values()): spec.name for spec in found.specs}
    first, poisson = "first statement of a total only", "Poisson only"
    held = [value.loc[names[frozenset(some)], "jump"] for some in ([first], [first, poisson])]
    rest = [value.loc[names[frozenset(some)], "jump"] for some in ([], [poisson])]
    assert effects.loc[("merge", "jump"), "difference"] == pytest.approx(np.mean(held) - np.mean(rest))


def test_a_cell_without_an_answer_leans_on_no_side() -> None:
    specs = [_spec({}), _spec({"a": "x"}), _spec({"b": "y"}), _spec({"a": "x", "b": "y"})]
    value = {"base": 0.1, "a": 0.2, "b": 0.7, "ab": np.nan}
    table = pd.DataFrame({
        "spec": list(value), "key": "jump", "quantity": "P", "kind": "probability", "value": list(value.values()),
    })  # fmt: skip
    effects = effect_frame(specs, table).set_index("topic")
    assert effects.loc["a", ["without", "with", "pairs"]].tolist() == [0.1, 0.2, 1]  # not (0.1 + 0.7) / 2
    assert effects.loc["b", "difference"] == pytest.approx(0.6)


def _spec(options: dict[str, str]) -> Specification:
    block = ("base", "one at a time", "grid")[len(options)]
    return Specification("".join(options) or "base", block, MappingProxyType(options), esc.Choices())


def test_another_highest_level_is_not_compared(clumped: esc.Simulated) -> None:
    declared = {"levels": ["drone", "rocket", "ballistic_missile"], "basis": "range",
                "ties": [["rocket", "ballistic_missile"]]}  # fmt: skip
    meta = {**clumped.case.meta, "escalation": {**clumped.case.meta["escalation"], "scale": declared}}
    found = esc.sensitivity(replace(clumped.case, meta=meta), FAST, only=("scale",), grid=False)
    rows = found.table[(found.table["spec"] == "s01") & (found.table["key"] == "level_all")]
    assert rows["value"].isna().all()
    assert not rows["moved"].any()


def test_it_draws_and_says_and_escapes(found: esc.Sensitivity) -> None:
    fig = found.plot()
    assert len(fig.axes) >= 4
    evil = replace(found.base, case=replace(found.base.case, title="<script>$x$"))
    shown = replace(found, base=evil)
    assert "<script>" not in shown._repr_html_()
    shown.plot()
    assert "Sensitivity(" in repr(found)
    assert found.quantities().loc["jump", "answers"] == len(found.specs) - 1


def test_bad_arguments(case: esc.Case) -> None:
    with pytest.raises(ValueError, match=r"nothing is varied about 'mergee' \(did you mean 'merge'"):
        esc.sensitivity(case, only=("mergee",))
    with pytest.raises(ValueError, match="nothing is varied"):
        esc.sensitivity(case, only=())
    for bad in ({"only": 5}, {"progress": 5}):
        with pytest.raises(TypeError, match="must be"):
            esc.sensitivity(case, **bad)
    with pytest.raises(TypeError, match="no choice is called"):
        esc.sensitivity(case, model="fast")
    with pytest.raises(TypeError, match=r"executor must have a \.map"):
        esc.sensitivity(case, executor=3)


Planted = tuple[esc.Simulated, esc.Case, dict[str, Any]]


def _clumped(seed: int) -> Planted:
    """Clumped counts at a constant rate, taken for Poisson."""
    made = esc.simulate(phi=3.0, reports=60, incidents=0.1, rng=seed, **CLEAN)
    return made, made.case, {"phi": (0.0,)}


def _cut(seed: int) -> Planted:
    """A rate that trebles, looked at only until then."""
    made = esc.simulate(changes=[(90, 3.0)], reports=50, incidents=0.1, rng=seed, **CLEAN)
    return made, made.case, {"end": "2024-03-25"}


def _another_counter(seed: int) -> Planted:
    """Half of the late reports are from bad sources whose totals are a third too high, and all are admitted."""
    made = esc.simulate(reports=30, incidents=0.1, rng=seed, **CLEAN)
    case = made.case
    reports, sources = case.reports.copy(), case.sources.assign(source_reliability="B")
    late = (reports["as_of"] > reports["as_of"].median()).to_numpy()
    pick = late & (np.random.default_rng(seed).random(len(reports)) < 0.5)
    names = reports.loc[pick, "source_id"]
    bad = sources[sources["source_id"].isin(names).to_numpy()].assign(
        source_id=lambda d: d["source_id"] + "-bad", source_reliability="E", derived_from=pd.NA
    )
    high = (reports.loc[pick, "count"].astype(float) * 1.35).round().astype("Int64")
    reports.loc[pick, ["count", "bound", "source_id", "derived_from"]] = np.column_stack(
        [high, np.full(len(high), "exact"), names + "-bad", names + "-bad"]
    )
    reports = reports.astype(case.reports.dtypes.to_dict())
    return made, replace(case, reports=reports, sources=pd.concat([sources, bad], ignore_index=True)), {}


def _misled(base: esc.Study, made: esc.Simulated) -> bool:
    """Whether the base is wrong about the change, or its interval about the total."""
    wrong = "evidence of a constant rate" if len(made.changes) else "evidence of change"
    end = base.reconstruction.cumulative.iloc[-1]
    return base.changes.verdict == wrong or not end["lower"] <= made.total().loc[end.name] <= end["upper"]


@pytest.mark.slow
@pytest.mark.parametrize(("make", "topic"), [(_clumped, "phi"), (_cut, "end"), (_another_counter, "reliability")])
def test_a_wrong_choice_among_all_is_named(make: Any, topic: str) -> None:
    """With every topic varied: named wherever the base is misled, and first in most of these series."""
    first, misled = 0, 0
    for seed in (1, 2, 3):
        made, case, wrong = make(seed)
        found = esc.sensitivity(case, {**FAST, **wrong}, InThisProcess(), grid=False)
        if not _misled(found.base, made):
            continue
        summary = found.summary()
        moving = summary[(summary["evidence_moved"] | (summary["shift"] > 1.0)).to_numpy(dtype=bool)]
        assert topic in set(moving.index), (seed, list(moving.index))
        misled += 1
        first += summary.index[0] == topic or summary["shift"].idxmax() == topic
    assert misled >= 2
    assert first > misled / 2
