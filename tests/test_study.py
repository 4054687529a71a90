"""One call for all results, under choices that can be printed, compared, written down and rerun."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pandas as pd
import pytest

import escalation as esc
from escalation.lattice.prior import Prior
from escalation.reconstruct.reading import Habit, Reading
from escalation.scale.levels import COARSE_SCALE
from escalation.study.admission import refusals, series_of
from escalation.study.choices import Choices
from escalation.study.headlines import headline_frame, level_rows
from escalation.study.levelcounts import incidents_under, levels_under, paired_levels
from escalation.study.reasons import REASONS, TOPICS
from escalation.study.reconstructing import reconstruct_under
from escalation.study.study import study

#: A shorter window for speed.
FAST: dict[str, Any] = {"models": "fast", "draws": 400, "end": "2023-12-20"}


@pytest.fixture(scope="module")
def case() -> esc.Case:
    return esc.load_case("iraq-syria-2023")


@pytest.fixture(scope="module")
def found(case: esc.Case) -> object:
    return study(case, FAST)


def test_every_choice_has_a_topic_and_a_reason() -> None:
    names = [f.name for f in fields(Choices)]
    assert set(names) == set(TOPICS) == set(REASONS)
    assert {f.name for f in fields(Prior)} <= set(names), "a choice is missing for something that the prior assumes"
    table = Choices().table()
    assert table["default"].all()
    assert (table["reason"].str.len() > 5).all()
    assert "merge" in str(Choices(merge="first"))
    assert len(str(Choices()).splitlines()) == 2 * len(names)


def test_the_defaults_are_those_of_the_functions(case: esc.Case) -> None:
    assert Choices().prior == Prior()
    assert Choices().reading == Reading()
    plain, under = (
        esc.reconstruct(case, models="fast", draws=400, end="2023-12-20"),
        reconstruct_under(case, Choices(**FAST)),
    )
    for name in ("daily", "cumulative", "rate", "reports", "models", "habits"):
        pd.testing.assert_frame_equal(getattr(plain, name), getattr(under, name))


@pytest.mark.parametrize("own", [
    Choices(),
    Choices(scope="Iraq", start=pd.Timestamp("2023-11-01"), end="2024-01-31", seed=5, periods=("2023-12-01",)),
    Choices(scale=COARSE_SCALE, reading=Reading(habits=(Habit("only", 1.0, 0.5),), stale_days=4.0), phi=0.0),
    Choices(weights=(("constant", 0.25), ("jumps", 0.75), ("drift", 0.0), ("both", 0.0)), bounds="exact"),
])  # fmt: skip
def test_choices_survive_json(own: Choices) -> None:
    text = own.to_json()
    assert Choices.from_json(text) == own
    assert Choices.from_json(text).to_json() == text
    assert json.loads(text)["prob"] == 0.9


def test_choices_compare_and_cannot_be_written_to() -> None:
    own = Choices(merge="first")
    assert own != Choices()
    assert own == Choices().but(merge="first")
    assert own.differences()["choice"].tolist() == ["merge"]
    assert own.but(prior=Prior(phi=(0.0,))).phi == (0.0,)
    with pytest.raises(FrozenInstanceError):
        own.merge = "news"  # type: ignore[misc]


def test_bad_choices_are_told_all_at_once() -> None:
    with pytest.raises(ValueError, match="Choices: ") as error:
        Choices(merge="best", bounds=("exact", "maybe"), start="soon", prob=2.0, before=0, hazard=(2.0,),
                reliability="G", approx=1, scope=3, seed=-1)  # fmt: skip
    for word in ("merge", "bounds", "start", "prob", "before", "hazard", "reliability", "approx", "scope", "seed"):
        assert word in str(error.value), word
    with pytest.raises(ValueError, match="after end"):
        Choices(start="2024-01-02", end="2024-01-01")
    with pytest.raises(TypeError, match="no choice is called 'model'"):
        Choices().but(model="fast")
    for text in ("[]", "{", '{"model": 1}', '{"reading": {"stale": 1}}', '{"scale": {"levels": ["a"]}}'):
        with pytest.raises(ValueError, match="choices"):
            Choices.from_json(text)


def test_choices_that_are_nearly_right_are_told_so() -> None:
    with pytest.raises(TypeError, match="did you mean 'reliability'"):
        Choices().but(reliabilty="B")
    with pytest.raises(TypeError):
        Choices("fast")  # type: ignore[misc]
    with pytest.raises(TypeError, match="prior must be a Prior"):
        Choices().but(prior=5)
    wrong = {"scope": {"A", "B"}, "grid": (1, 2), "periods": (1, 2), "start": "01/12/2023"}
    for bad, word in (({name: value}, f"{name} must be") for name, value in wrong.items()):
        with pytest.raises(ValueError, match=word):
            Choices(**bad)
    with pytest.raises(ValueError, match="give Path"):
        Choices.from_json("choices.json")
    weights = {"constant": 0.5, "jumps": 0.5, "drift": 0.0, "both": 0.0}
    assert Choices(weights=weights).weights[1] == ("jumps", 0.5)  # type: ignore[arg-type]


def test_totals_from_another_origin_are_other_totals() -> None:
    made = esc.simulate(40, reports=12, copies=0.0, wrong=0.0, stale=0.0, hedged=0.0, rng=1)
    reports = made.case.reports
    last = reports.iloc[[-1]].assign(
        report_id="earlier", as_of=reports["as_of"].min(), since=pd.Timestamp("2023-12-01")
    )
    case = replace(made.case, reports=pd.concat([reports, last], ignore_index=True))
    for merge in ("first", "largest"):
        with_it, without = (refusals(c, Choices(merge=merge), c.reports) for c in (case, made.case))
        assert with_it.iloc[:-1].tolist() == without.tolist(), merge
        assert with_it.iloc[-1] == ""


def test_nothing_is_dropped_and_every_refusal_has_its_reason(case: esc.Case) -> None:
    for own in (Choices(bounds=("exact",)), Choices(approx=False), Choices(reliability="C"), Choices(credibility=2),
                Choices(ai_generated=False), Choices(status=("current",)), Choices(merge="first"),
                Choices(merge="largest")):  # fmt: skip
        reason = refusals(case, own, case.reports)
        assert len(reason) == len(case.reports), own
        assert 0 < (reason != "").sum() < len(reason), own
    own = Choices(bounds=("exact",), **FAST)
    rec, reason = reconstruct_under(case, own), refusals(case, own, case.reports)
    assert rec.reports["report_id"].tolist() == case.reports["report_id"].tolist()
    left_out = (reason != "").to_numpy()
    assert not rec.reports.loc[left_out, "used"].any()
    assert (rec.reports.loc[left_out, "reason"] == reason[left_out]).all()
    assert set(rec.reports.loc[rec.reports["used"], "bound"]) == {"exact"}


def test_admission_against_a_hand_count(case: esc.Case) -> None:
    series, reports = series_of(case, Choices()), case.reports
    mine = reports[(reports["counter"] == "pentagon") & (reports["unit"] == "attack")
                   & reports["scope"].isin(series["scope"])]  # fmt: skip
    rows = sorted(mine.to_dict("records"), key=lambda row: row["as_of"])
    origin = pd.Timestamp("2023-10-17")  # of most reports
    keys = [(row["count"], origin if pd.isna(row["since"]) else row["since"]) for row in rows]
    first: dict[tuple[int, pd.Timestamp], pd.Timestamp] = {}
    for key, row in zip(keys, rows, strict=True):
        first.setdefault(key, row["as_of"])
    kept = [row["report_id"] for key, row in zip(keys, rows, strict=True) if first[key] == row["as_of"]]
    reason = refusals(case, Choices(merge="first"), reports)
    assert set(mine.loc[reason[mine.index] == "", "report_id"]) == set(kept)
    graded = case.sources.set_index("source_id")["source_reliability"]
    bad = {i for i, source in reports["source_id"].items() if graded[source] in ("D", "E", "F")}
    assert set(reports.index[refusals(case, Choices(reliability="C"), reports) != ""]) == bad


def test_hedged_totals_read_as_exact_keep_their_wording_in_the_audit(case: esc.Case) -> None:
    rec = reconstruct_under(case, Choices(read_as="exact", **FAST))
    assert (rec.reports["bound"] == case.reports["bound"]).all()
    by_hand = case.reports.assign(bound="exact")
    plain = esc.reconstruct(by_hand, **series_of(case, Choices(**FAST)), models="fast", draws=400)
    pd.testing.assert_frame_equal(rec.rate, plain.rate)


def test_a_study_is_the_sum_of_its_parts(case: esc.Case, found: esc.Study) -> None:
    rec = esc.reconstruct(case, models="fast", draws=400, end="2023-12-20")
    pd.testing.assert_frame_equal(found.effects.summary(), esc.effects(rec, case.interventions).summary())
    pd.testing.assert_frame_equal(found.pairing.table(), esc.pairing(rec, case.incidents).table())
    assert found.scale is found.pairing.trend
    assert found.changes is found.reconstruction.changes
    rows = found.summary()
    assert rows.loc["jump", "value"] == rec.changes.jump
    assert rows.loc["total", "value"] == rec.cumulative["median"].iloc[-1]
    share = found.pairing.table().query("evidence == 'confirmed' and level == 'ballistic_missile' and period == 'all'")
    assert (
        rows.loc["level_all", ["value", "lower", "upper"]].tolist()
        == share[["share", "lower", "upper"]].iloc[0].tolist()
    )
    ends = share[["bound_lower", "bound_upper"]].iloc[0].tolist()
    assert rows.loc["level_all_bounds", ["lower", "upper"]].tolist() == ends


CHANGED: tuple[dict[str, Any], ...] = (
    {}, {"evidence": "claimed"}, {"evidence": "described"}, {"scale": COARSE_SCALE}, {"mixed": "any"},
    {"periods": ("2023-12-15",)}, {"seed": 3},
)  # fmt: skip


@pytest.mark.parametrize("changed", CHANGED)
def test_bounds_alone_are_those_of_the_pairing(case: esc.Case, found: esc.Study, changed: dict[str, Any]) -> None:
    own, rec = found.choices.but(**changed), found.reconstruction
    pair = esc.pairing(
        rec, incidents_under(case, own), scale=own.scale, periods=own.periods, mixed=own.mixed, rng=own.seed
    )  # fmt: skip
    alone = levels_under(case, own, rec)
    expected = headline_frame(level_rows(paired_levels(pair, own)))
    pd.testing.assert_frame_equal(headline_frame(level_rows(alone)), expected)


def test_a_study_reruns_from_its_json(case: esc.Case, found: esc.Study) -> None:
    text = found.to_json()
    assert json.loads(text)["case"] == case.name
    again = study(case, Choices.from_json(text))
    pd.testing.assert_frame_equal(again.summary(), found.summary())
    pd.testing.assert_frame_equal(again.reconstruction.daily, found.reconstruction.daily)
    assert study(case, FAST, seed=2).summary().loc["own_1", "value"] != found.summary().loc["own_1", "value"]


def test_what_a_case_lacks_is_said(case: esc.Case) -> None:
    bare = replace(case, incidents=case.incidents.iloc[:0], interventions=case.interventions.iloc[:0])
    found = study(bare, FAST)
    assert found.effects is None
    assert found.scale is None
    assert len(found.notes) == 2
    assert found.sentences()[-2:] == found.notes
    assert "level_all" not in found.summary().index
    strange = replace(case, incidents=case.incidents.assign(weapons="catapult"))
    assert "catapult" in study(strange, FAST).notes[0]
    with pytest.raises(ValueError, match="admit none of 268 reports of the series"):
        study(case, bounds=("dozens",))
    with pytest.raises(TypeError, match="a Case is needed"):
        study(case.reports)
    with pytest.raises(TypeError, match="choices must be"):
        study(case, "fast")


def test_text_from_outside_is_escaped(case: esc.Case, found: esc.Study) -> None:
    evil = replace(found, case=replace(case, title="<script>alert(1)</script>"))
    assert "<script>" not in evil._repr_html_()
    assert "&lt;script&gt;" in evil._repr_html_()
    assert "<script>" not in Choices(counter="<script>")._repr_html_()


def test_the_overview_is_drawn(found: esc.Study) -> None:
    assert len(found.plot().axes) == 3
    assert "Study('iraq-syria-2023'" in repr(found)
