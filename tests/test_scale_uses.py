from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest

import escalation as esc
from escalation.scale.uses.uses import ordinal, use_sentence, uses

RANKS = ["confirmed_low", "confirmed_high", "claims_low", "claims_high"]


def ranks(frame):
    return frame[RANKS].astype(object).where(frame[RANKS].notna(), None).to_numpy().tolist()


def enumerated(first, last, member):
    """Every rank that some choice of days, and of the order within a day, gives each member."""
    who = [i for i, m in enumerate(member) if m]
    seen = {i: set() for i in who}
    for days in product(*(range(first[i], last[i] + 1) for i in who)):
        for order in permutations(range(len(who))):
            placed = [days[k] for k in order]
            if placed == sorted(placed):
                for rank, k in enumerate(order, start=1):
                    seen[who[k]].add(rank)
    return seen


@pytest.mark.parametrize("seed", range(12))
def test_ranks_are_the_sharp_range_over_every_choice_of_days(seed):
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 7, 4)
    last = first + rng.integers(0, 3, 4)
    sure, said = rng.random((2, 4)) < 0.6
    frame = uses(first, last, [True] * 4, sure, said).set_index("row")
    for name, member in (("confirmed", sure), ("claims", sure | said)):
        found = enumerated(first, last, member)
        for i in range(4):
            low, high = frame.loc[i, [f"{name}_low", f"{name}_high"]]
            if member[i]:
                assert set(range(low, high + 1)) == found[i]
            else:
                assert low is pd.NA
                assert high is pd.NA


def test_the_record_of_the_five_documents():
    incidents = esc.load_case("five-documents").incidents
    scale = esc.EscalationScale(["drone", "rocket", "ballistic_missile"], basis="range")
    begin = pd.to_datetime(incidents["date"])
    origin = begin.min()
    first = (begin - origin).dt.days
    last = (pd.to_datetime(incidents["date_end"]).fillna(begin) - origin).dt.days
    hit = [scale.code(weapons) == "ballistic_missile" for weapons in incidents["weapons"]]
    frame = uses(first, last, hit, incidents["confirmed"].astype(bool), incidents["claimed"].astype(bool))
    said = [
        use_sentence("Ballistic missile", f"{day.day} {day.month_name()} {day.year}", row)
        for row in frame.to_dict("records")
        for day in [origin + pd.Timedelta(days=row["first"])]
    ]
    assert said == [
        "Ballistic missile, 6 November 2023: not confirmed; first use if claims count.",
        "Ballistic missile, 21 November 2023: first confirmed use, second if claims count.",
        "Ballistic missile, 20 January 2024: second confirmed use, third if claims count.",
    ]


def test_only_hits_enter_and_a_use_neither_confirmed_nor_claimed_has_no_rank():
    frame = uses([5, 1, 3, 4], [5, 1, 3, 4], [1, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 1])
    assert frame["row"].tolist() == [2, 3, 0]
    assert ranks(frame) == [[None] * 4, [None, None, 1, 1], [1, 1, 2, 2]]
    assert use_sentence("Rocket", "4 May", frame.iloc[0]) == "Rocket, 4 May: reported, neither confirmed nor claimed."


def test_row_order_changes_nothing_but_the_row_numbers():
    rng = np.random.default_rng(4)
    columns = np.array([rng.integers(0, 9, 60), np.zeros(60, int), *(rng.random((3, 60)) < 0.7)])
    columns[1] = columns[0] + rng.integers(0, 4, 60)
    shuffle = rng.permutation(60)
    plain, moved = uses(*columns), uses(*columns[:, shuffle])
    pd.testing.assert_frame_equal(plain.drop(columns="row"), moved.drop(columns="row"))
    assert sorted(shuffle[moved["row"]]) == sorted(plain["row"])


def test_no_use_gives_an_empty_frame_with_every_column():
    for frame in (uses([], [], [], [], []), uses([1], [2], [False], [True], [True])):
        assert frame.empty
        assert list(frame) == ["row", "first", "last", "confirmed", "claimed", *RANKS]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((True, False, 1, 1, 1, 1), "first confirmed use, also first if claims count"),
        ((True, True, 2, 3, 2, 4), "second or third confirmed use, second to fourth if claims count"),
        ((True, False, 1, 2, 1, 2), "first or second confirmed use, also first or second if claims count"),
        ((False, True, None, None, 12, 13), "not confirmed; twelfth or 13th use if claims count"),
        ((False, False, None, None, None, None), "reported, neither confirmed nor claimed"),
    ],
)
def test_sentences(row, said):
    fields = dict(zip(["confirmed", "claimed", *RANKS], row, strict=True))
    assert use_sentence("A <b>", "1 May", fields) == f"A <b>, 1 May: {said}."
    assert use_sentence("A <b>", "1 May", pd.Series(fields)) == f"A <b>, 1 May: {said}."


def test_ordinals():
    words = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
    assert " ".join(ordinal(n) for n in range(1, 13)) == words
    figures = {13: "13th", 20: "20th", 21: "21st", 22: "22nd", 23: "23rd", 24: "24th", 101: "101st", 110: "110th"}
    figures |= {111: "111th", 112: "112th", 113: "113th", 121: "121st", 1000: "1000th", 1012: "1012th", 1102: "1102nd"}
    assert {n: ordinal(n) for n in figures} == figures
    with pytest.raises(ValueError, match="counted from 1"):
        ordinal(0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"last": [1, 4, 9]}, r"last is before first in 1 row, the first at row 1: 5 to 4"),
        ({"first": [1, 5, np.nan]}, r"first must be whole numbers of days.*nan"),
        ({"first": [1, 5, 8.5]}, r"first must be whole numbers"),
        ({"first": [[1, 5, 9]], "last": ["a", "b", "c"]}, r"first has 2 dimensions.*last must be whole"),
        ({"first": [1, 5]}, r"first has 2 rows and last has 3"),
        ({"hit": [1, 0, 2], "claimed": [1, 1]}, r"claimed has shape \(2,\); \(3,\).*hit must be true or false"),
        ({"confirmed": [True, None, False]}, r"confirmed must be true or false"),
    ],
)
def test_bad_input(change, says):
    given = {"first": [1, 5, 9], "last": [1, 5, 9], "hit": [1, 1, 1], "confirmed": [1, 1, 0], "claimed": [0, 1, 1]}
    with pytest.raises(ValueError, match=says):
        uses(**(given | change))


def test_a_hundred_thousand_uses():
    rng = np.random.default_rng(2)
    first = rng.integers(0, 1000, 100_000)
    frame = uses(first, first + rng.integers(0, 3, 100_000), np.ones(100_000, bool), *(rng.random((2, 100_000)) < 0.5))
    row = frame.iloc[77_777]
    sure = frame[frame["confirmed"]]
    if row["confirmed"]:
        assert row["confirmed_low"] == 1 + (sure["last"] < row["first"]).sum()
        assert row["confirmed_high"] == (sure["first"] <= row["last"]).sum()
    assert frame["claims_high"].max() == (frame["confirmed"] | frame["claimed"]).sum()


def test_without_flags_the_rank_is_of_described_uses():
    row = {"confirmed": False, "claimed": True, "described_low": 2, "described_high": 2}
    assert use_sentence("Mortar", "1 May 2024", row, flagged=False) == "Mortar, 1 May 2024: second described use."
