from itertools import chain, combinations

import pytest

from escalation.scale import DEFAULT_SCALE, EscalationScale, Level

KEYS = ("drone", "rocket", "ballistic_missile")
COARSE = EscalationScale(KEYS, basis="sources", ties=[{"rocket", "drone"}])


def every_set(keys):
    return [set(c) for c in chain.from_iterable(combinations(keys, n) for n in range(1, len(keys) + 1))]


def test_the_default_order_and_looks():
    assert DEFAULT_SCALE.codes == KEYS
    assert [lane[2:] for lane in DEFAULT_SCALE.lanes] == [
        ("#4E9CB5", "o"),
        ("#B5541C", "s"),
        ("#4A0D2E", "D"),
    ]
    assert [lane[1] for lane in DEFAULT_SCALE.lanes] == ["Drone", "Rocket", "Ballistic missile"]


@pytest.mark.parametrize("weapons", every_set(KEYS))
def test_the_code_of_a_set_is_its_highest_member(weapons):
    highest = max(weapons, key=KEYS.index)
    assert DEFAULT_SCALE.code(weapons) == highest
    assert DEFAULT_SCALE.code("+".join(sorted(weapons))) == highest
    assert COARSE.code(weapons) == ("ballistic_missile" if highest == KEYS[2] else "drone|rocket")


@pytest.mark.parametrize("nothing", [None, "", set(), (), float("nan"), [" "]])
def test_an_unreported_weapon_has_no_code(nothing):
    assert DEFAULT_SCALE.code(nothing) is None


def test_a_weapon_off_the_scale_is_an_error_and_not_a_silent_gap():
    with pytest.raises(ValueError, match=r"not on this scale: 'mortar'.*drone, rocket"):
        DEFAULT_SCALE.code({"mortar", "drone"})


def test_codes_follow_the_order_given_and_not_the_alphabet():
    scale = EscalationScale(["zeppelin", "arrow"], basis="test")
    assert scale.codes == ("zeppelin", "arrow")
    assert scale.code({"zeppelin", "arrow"}) == "arrow"


def test_own_looks_are_kept_and_ties_are_sorted():
    scale = EscalationScale([Level("a", "Alpha", "#010203", "p"), "b", "c"], basis="test", ties=[("c", "b")])
    assert scale.lanes[0] == ("a", "Alpha", "#010203", "p")
    assert scale.ties == (("b", "c"),)
    assert scale.codes == ("a", "b|c")


def test_scales_are_frozen_comparable_values():
    again = EscalationScale(KEYS, basis=DEFAULT_SCALE.basis)
    assert again == DEFAULT_SCALE
    assert hash(again) == hash(DEFAULT_SCALE)
    with pytest.raises(AttributeError):
        again.basis = "other"
    assert "drone|rocket < ballistic_missile" in repr(COARSE)


@pytest.mark.parametrize(
    ("levels", "more", "message"),
    [
        (["drone"], {}, "at least two levels"),
        ("drone", {}, "at least two levels"),
        (["drone", "drone"], {}, "more than once: drone"),
        (["drone", ""], {}, "not empty"),
        (["drone", "a+b"], {}, "joins a mixed"),
        (list("abcdefghij"), {}, "give colour and marker for j"),
        (["drone", 3], {}, "a text"),
        (["a b", "a_b"], {}, "a different one for each level"),
        (["drone", " rocket"], {}, "without blanks"),
        (["drone", "None"], {}, "nothing is known"),
        (KEYS, {"basis": " "}, "basis is empty"),
        (KEYS, {"ties": [("drone",)]}, "at least two of the levels"),
        (KEYS, {"ties": [("drone", "mortar")]}, "at least two of the levels"),
        (KEYS, {"ties": [("drone", "ballistic_missile")]}, "only neighbouring levels"),
        (KEYS, {"ties": ["drone"]}, "collection of level keys"),
        (KEYS, {"ties": [("drone", "rocket"), ("rocket", "ballistic_missile")]}, "one tie at most"),
    ],
)
def test_a_wrong_scale_is_refused_at_construction(levels, more, message):
    with pytest.raises(ValueError, match=message):
        EscalationScale(levels, **({"basis": "test"} | more))


def test_a_wrong_colour_is_refused():
    with pytest.raises(ValueError, match="'#RRGGBB'"):
        Level("drone", colour="blue")
