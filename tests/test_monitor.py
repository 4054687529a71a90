"""`Monitor` against the batch run on the same days."""

import numpy as np
import pandas as pd
import pytest

import escalation as esc


def _series():
    rng = np.random.default_rng(5)
    y = np.concatenate([rng.poisson(1.5, 60), rng.poisson(5.0, 60)]).astype(float)
    y[0] = y[20] = y[21] = y[100] = np.nan
    return y


@pytest.mark.parametrize("models", ["jumps", "full"])
def test_equals_the_batch_run(models):
    y, prior = _series(), esc.Prior(spread=(1.0,), centre=(0.5, 2.0, 8.0))
    monitor = esc.Monitor(prior, models=models)
    for t, count in enumerate(y):
        monitor.update(count)
        if t in (2, 5, 30, 61, 65, 80, 119):  # cells change at 100 incidents, between days 61 and 65
            batch = esc.find_changes(y[: t + 1], prior=prior, models=models, draws=100)
            for days in (1, 3, 14, 30):
                assert monitor.probability(days) == pytest.approx(batch.recent(days), abs=1e-10)
    assert monitor.total == int(np.nansum(y))


def test_exposure_and_many_incidents():
    rng = np.random.default_rng(1)
    exposure = rng.choice([0.5, 1.0, 2.0], 120)
    y = rng.poisson(exposure * np.where(np.arange(120) < 100, 20.0, 35.0))
    monitor = esc.Monitor(models="jumps")
    for count, time in zip(y, exposure, strict=True):
        monitor.update(count, time)
    batch = esc.find_changes(y, exposure=exposure, prior=esc.Prior(), models="jumps", draws=100)
    assert monitor.total > 1600
    assert monitor.probability(30) == pytest.approx(batch.recent(30), abs=1e-3)
    np.testing.assert_allclose(monitor.rate(), batch.rate.iloc[-1], rtol=0.01)


def test_sees_a_change_and_forgets_it():
    monitor = esc.Monitor(models="jumps", memory=10)
    heard = []
    for count in np.random.default_rng(0).poisson(np.repeat([1.0, 6.0], [60, 40])):
        monitor.update(count)
        heard.append(monitor.probability(10))
    assert max(heard[20:60]) < 0.5
    assert max(heard[60:65]) > 0.95
    assert heard[-1] < 0.2


def test_extend_takes_the_same_days():
    one, many = (esc.Monitor(models="jumps", memory=5) for _ in range(2))
    for count in (2, None, 0, 7):
        one.update(count)
    many.extend([2, None, 0, 7])
    assert many.probability(3) == one.probability(3)
    with pytest.raises(ValueError, match="negative"):
        many.extend([1, -1])
    with pytest.raises(ValueError, match="prior's grid"):
        many.extend([1, 10**7])
    assert many.days == 4


def test_an_outlier_does_not_end_it():
    monitor = esc.Monitor(models="full", memory=10)
    monitor.extend([300, *[3, 2, 4, 1, 3, 2] * 4, 300, *[3] * 30])
    assert 0.0 <= monitor.probability(10) < 0.3
    assert monitor.rate()["lower"] < 3 < monitor.rate()["upper"]
    batch = esc.find_changes([300, *[3, 2, 4, 1, 3, 2] * 4, 300, *[3] * 30], prior=monitor.prior, draws=100)
    assert monitor.probability(10) == pytest.approx(batch.recent(10), abs=1e-10)


def test_days_without_a_count_only():
    monitor = esc.Monitor(models="jumps")
    monitor.extend([None, np.nan])
    monitor.update(pd.NA)
    assert (monitor.days, monitor.total) == (3, 0)


def test_bad_input():
    monitor = esc.Monitor(models="jumps", memory=5)
    with pytest.raises(ValueError, match="call update first"):
        monitor.probability(1)
    for count, message in ((-1, "negative"), (0.5, "whole number"), (np.inf, "infinite"), (10**7, "prior's grid")):
        with pytest.raises(ValueError, match=message):
            monitor.update(count)
    assert monitor.days == 0
    monitor.update(2)
    with pytest.raises(ValueError, match="between 1 and memory=5"):
        monitor.probability(6)
    with pytest.raises(ValueError, match=r"models must be.*memory must be"):
        esc.Monitor(models="fast", memory=0)
    assert "1 days, 2 incidents" in repr(monitor)
