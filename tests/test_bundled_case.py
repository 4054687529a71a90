"""What the bundled cases must show: published checkpoints, the reports known to be stale or foreign, honest doubt."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import escalation as esc
from escalation.charts import text_boxes_clear
from escalation.dossier import Subject
from escalation.dossier.effects import alt_text, compare, draw_effects
from escalation.study.overview.frames import frames_of

# Totals attributed to a U.S. official (date, total); compiled apart from the case's own files.
BACKBONE = {
    "2023-10-24": 13, "2023-10-26": 16, "2023-10-30": 23, "2023-10-31": 27, "2023-11-02": 28, "2023-11-06": 38,
    "2023-11-07": 40, "2023-11-09": 46, "2023-11-13": 52, "2023-11-14": 55, "2023-11-17": 61, "2023-11-21": 66,
    "2023-11-23": 73, "2023-11-29": 74, "2023-11-30": 74, "2023-12-07": 78, "2023-12-08": 82, "2023-12-13": 97,
    "2023-12-15": 98, "2023-12-21": 102, "2023-12-25": 103, "2024-01-03": 118, "2024-01-09": 127, "2024-01-11": 130,
    "2024-01-18": 140, "2024-01-22": 151, "2024-01-26": 158, "2024-01-29": 165, "2024-02-04": 170,
}  # fmt: skip

STALE = [
    (40, "2023-11-10", 0.1), (40, "2023-11-13", 0.1), (66, "2023-11-27", 0.2), (78, "2023-12-11", 0.1),
    (66, "2023-12-25", 0.1), (100, "2024-01-11", 0.1), (130, "2024-01-20", 0.1), (100, "2024-01-23", 0.1),
    (165, "2024-02-15", 0.1),
]  # fmt: skip


@pytest.fixture(scope="module")
def case():
    return esc.load_case("iraq-syria-2023")


@pytest.fixture(scope="module")
def rec(case):
    return esc.reconstruct(case)


def of(audit: pd.DataFrame, count: int, day: str) -> pd.DataFrame:
    found = audit[(audit["count"] == count) & (audit["as_of"] == day) & audit["used"]]
    assert len(found) > 0
    return found


def test_band_holds_every_backbone_total(rec):
    at = rec.cumulative.loc[list(BACKBONE)]
    total = np.array(list(BACKBONE.values()))
    assert ((at["lower"] - 1 <= total) & (total <= at["upper"] + 1)).all()


@pytest.mark.parametrize(("count", "day", "limit"), STALE)
def test_stale_reports_are_found(rec, count, day, limit):
    assert of(rec.reports, count, day)["p_fresh"].max() < limit


def test_the_coders_mark_is_not_used(case, rec):
    blind = case.reports.assign(status="current", notes="")
    again = esc.reconstruct(blind, **case.main)
    pd.testing.assert_frame_equal(again.cumulative, rec.cumulative)


def test_foreign_counters_are_found_without_the_counter_column(case):
    mixed = case.reports[case.reports["unit"] != "injured"].drop(columns=["counter", "status", "unit"])
    options = {k: v for k, v in case.main.items() if k not in ("counter", "unit")}
    audit = esc.reconstruct(mixed, **options).reports
    for count, day in [(73, "2023-11-14"), (151, "2023-11-17"), (134, "2023-12-31"), (160, "2023-12-31")]:
        assert of(audit, count, day)["p_wrong"].min() > 0.9


def test_every_report_is_in_the_audit(case, rec):
    assert len(rec.reports) == len(case.reports)
    assert (rec.reports["used"] | (rec.reports["reason"] != "")).all()
    assert rec.reports["report_id"].tolist() == case.reports["report_id"].tolist()


def test_twenty_copies_of_a_real_statement(case, rec):
    base = esc.reconstruct(case, models="jumps", draws=50)
    days = pd.date_range("2023-12-26", periods=20)
    copies = pd.DataFrame(
        {
            "report_id": [f"copy-{i}" for i in range(20)], "counter": "pentagon", "unit": "attack",
            "scope": "Iraq+Syria", "as_of": days, "as_of_precision": "day", "count": 103, "bound": "exact",
            "source_id": [f"outlet-{i}" for i in range(20)],
        }
    )  # fmt: skip
    frame = pd.concat([case.reports, copies], ignore_index=True)
    moved = esc.reconstruct(frame, models="jumps", draws=50, **case.main)
    gap = np.abs(moved.cumulative[["lower", "upper"]] - base.cumulative[["lower", "upper"]])
    assert gap.max().max() <= 1


def test_models_agree_on_the_answer(case, rec):
    fast = esc.reconstruct(case, models="fast", draws=200)
    assert fast.changes.constant == pytest.approx(rec.changes.constant, abs=0.03)
    assert np.abs(fast.cumulative - rec.cumulative).max().max() <= 2


def test_five_documents_cannot_tell():
    rec = esc.reconstruct(esc.load_case("five-documents"), draws=500)
    assert rec.changes.verdict == "the reports cannot tell"
    assert 1 / 3 <= rec.changes.bayes_factor <= 3
    width = rec.cumulative["upper"] - rec.cumulative["lower"]
    assert width.loc["2023-11-26"] >= 40
    assert width.iloc[-1] <= 15
    assert rec.cumulative["lower"].iloc[-1] >= 150
    assert "cannot tell" in rec.changes.sentence()
    assert not rec.reports.loc[rec.reports["scope"] == "Iraq", "used"].any()


def test_the_effects_have_a_row_for_every_intervention_and_the_truce_is_said_in_numbers(case, rec):
    subject = Subject.of_case(case)
    found = compare(rec, subject)
    table = found.summary()
    assert len(table) == len(case.interventions)
    said = alt_text(found, rec, subject)
    truce = table.iloc[0]
    assert f"log axis, {len(case.interventions)} rows" in said
    assert f"Gaza truce (2023-11-24 to 2023-11-30): the rate during it was {truce['glm_ratio']:.2f} times" in said
    assert f"{truce['glm_ratio_lower']:.2f}–{truce['glm_ratio_upper']:.2f}" in said
    # Each event is called the same in both figures; a lull, which only the effects show, says what it is.
    drawn = frames_of(rec, subject).interventions
    assert sorted(drawn["label"]) == sorted(label for label in table["label"] if "lull" not in label)
    assert table["label"].str.endswith("lull (read off the series)").sum() == 1
    fig = draw_effects(found, rec, subject, "1")
    assert text_boxes_clear(fig) == []
    assert set(table["label"]) <= {text.get_text() for text in fig.axes[0].texts}  # none is cut
