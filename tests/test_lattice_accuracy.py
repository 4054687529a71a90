"""Numerical error of P(no jump) and P(constant): few passes against all of them."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import escalation as esc
from escalation.calibration.voices import EXACT, ROUNDED, report_days
from escalation.calibration.worlds import constant, halfway
from escalation.lattice.nodes import no_jump, refined
from escalation.lattice.posterior import infer
from escalation.lattice.prior import Model, Prior
from escalation.lattice.scoring import Scored, Surface
from escalation.reconstruct import joint
from escalation.reconstruct.reading import Habit, Reading

#: One way to read, so that the whole average is quickly worked out.
LOOSE = Reading(habits=(Habit("loose", 1.0, 1.0),))
PROPERTIES = [(h, phi, s) for h in (1 / 30, 1 / 60, 1 / 120) for phi in (0.0, 1.0, 3.0) for s in (0.0, 0.1)]


def _problem(monkeypatch: pytest.MonkeyPatch, told: pd.DataFrame) -> tuple:
    """What `reconstruct` asks of the lattice."""
    kept = []

    def keep(problems, prior, **options):
        kept.append((problems, prior, options))
        return infer(problems, prior, **options)

    with monkeypatch.context() as patch:
        patch.setattr(joint, "infer", keep)
        esc.reconstruct(told, reading=LOOSE, models="fast", draws=1)
    return kept[0]


@pytest.mark.parametrize(
    ("draw", "voice", "seed"),
    [
        (constant(1.2), ROUNDED, 1), (halfway(1.0, 1.8), EXACT, 2),
    ],
)  # fmt: skip
def test_few_passes_say_what_all_models_say(monkeypatch, draw, voice, seed):
    rng = np.random.default_rng((31, seed))
    told = voice.tell(draw(40, rng).total, report_days(40, 12, rng), rng)
    problems, prior, options = _problem(monkeypatch, told)
    options |= {"mapper": map}
    options.pop("which")
    exact = infer(problems, prior, refine_all=True, **options).marginals
    assert 0.02 < exact.no_change < 0.98
    for which, error in (("full", 0.003), ("fast", 0.015)):
        found = infer(problems, prior, which=which, **options).marginals
        for name in ("no_change", "constant", "drift_only"):
            assert getattr(found, name) == pytest.approx(getattr(exact, name), abs=error), (which, name)


@pytest.mark.parametrize(("models", "error"), [("full", 0.005), ("fast", 0.01)])
def test_habits_without_weight_do_not_move_the_answer(models, error):
    """The habit "loose" has all the weight in the bundled case: the others must not be felt."""
    case = esc.load_case("iraq-syria-2023")
    three = esc.reconstruct(case, models=models, draws=1)
    one = esc.reconstruct(case, models=models, draws=1, reading=LOOSE)
    assert three.habits["posterior"].max() > 0.99
    assert three.changes.no_change == pytest.approx(one.changes.no_change, abs=error)
    assert three.changes.constant == pytest.approx(one.changes.constant, abs=error)


def _surface(evidence) -> tuple[Surface, np.ndarray, list[float]]:
    """Predict a made-up evidence; the number of passes is that of the list."""
    rates = [(c, s) for c in Prior().centre[2:7] for s in (0.7, 1.3)]
    models = tuple(Model("jumps", *p, *q, 1.0) for p in PROPERTIES for q in rates)
    truth = np.array([evidence(m) for m in models])
    asked: list[float] = []

    def score(v, model, grid):
        asked.append(evidence(model))
        return asked[-1]

    engine = SimpleNamespace(map=map, score=score)
    return Surface(engine, 0, models, np.full(len(models), -200.0)), truth, asked


def _additive(m: Model) -> float:
    fit = -((math.log(m.centre) / m.spread) ** 2) / 3 - m.spread
    return -100 + fit + math.log(m.hazard) / 2 + math.sqrt(m.phi) - 2 * m.sigma


def _with_interplay(m: Model) -> float:
    return _additive(m) + 0.3 * math.log(m.centre) * math.log(m.hazard * 60) - 0.2 * m.phi * math.log(m.centre)


def test_a_survey_is_exact_where_properties_add_up():
    surface, truth, asked = _surface(_additive)
    np.testing.assert_allclose(surface.predicted(surface.survey()), truth, atol=1e-6)
    assert len(asked) == 10 + 2 + 2 + 1  # each property once, the middle not again


def test_passes_teach_the_interplay_of_properties():
    surface, truth, asked = _surface(_with_interplay)
    trend = surface.survey()
    weight = np.exp(truth - truth.max())
    before = np.abs(surface.predicted(trend) - truth) @ weight / weight.sum()
    surface.run(np.argsort(-truth, kind="stable")[1:60:2].tolist())
    found = surface.predicted(trend)
    assert before > 0.2
    assert np.abs(found - truth) @ weight / weight.sum() < before / 8
    known = list(surface.found)
    np.testing.assert_array_equal(found[known], truth[known])
    assert len(asked) == len(known)


def test_excess_is_the_evidence_with_a_jump():
    scored = Scored(np.log([0.25, 0.5, 0.1, 0.0001]), np.array([0.0, math.log(0.75), -math.inf, 800.0]))
    np.testing.assert_allclose(scored.excess, [math.log(0.75), math.log(0.25), -math.inf, 800.0])


def test_nodes_weigh_as_what_they_stand_for():
    """Two variants by five models of two families; one node of a family stands for all of it."""
    models = [Model("jumps" if i else "constant", 0.1 if i else 0.0, 0.0, 0.0, None, None, 0.2) for i in range(5)]
    scores = np.log([[4.0, 1.0, 1.0, 1.0, 1.0], [2.0, 0.5, 0.5, 0.5, 0.5]])
    nodes = np.array([[0.3, 0.3, 0.0, 0.0, 0.0], [0.1, 0.0, 0.1, 0.1, 0.1]])
    fine = scores[nodes > 0.0] + np.array([0.0, math.log(2.0), 0.0, 0.0, 0.0, 0.0])
    exact, weight = refined(np.zeros((2, 5)), scores, nodes, models, fine)
    assert exact[0].tolist() == pytest.approx(np.log([4.0, 2.0, 1.0, 1.0, 1.0]).tolist())
    np.testing.assert_array_equal(exact[1], scores[1])
    assert ((weight > 0) == (nodes > 0)).all()
    assert weight.sum(axis=1) == pytest.approx([9 / 13, 4 / 13])
    assert weight[:, 0].sum() == pytest.approx(6 / 13)
    assert weight[1, 2:].tolist() == pytest.approx([weight[1, 2]] * 3)


def test_no_jump_by_hand():
    models = [Model(f, h, 0.0, s, None, None, 0.5) for f, h, s in (("constant", 0.0, 0.0), ("both", 0.1, 0.1))]
    log_w, log_still = np.log([[1.0, 3.0], [2.0, 2.0]]), np.log([[1.0, 0.6], [2.0, 0.2]])
    assert no_jump(models, log_w, log_still) == pytest.approx((3.8 / 8, 3.0 / 8))
