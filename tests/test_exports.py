import csv
import pickle
import time
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from escalation.records import CaseError
from escalation.records.acled import read_acled
from escalation.records.exportfile import ExportError, day_of
from escalation.records.ucdp import read_ucdp_ged

ACLED = (
    "event_id_cnty", "event_date", "year", "time_precision", "disorder_type", "event_type", "sub_event_type", "actor1",
    "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "country", "admin1", "admin2", "location", "notes",
    "fatalities",
)  # fmt: skip
GED = (
    "id", "relid", "year", "type_of_violence", "dyad_name", "side_a", "side_b", "where_coordinates", "adm_1", "adm_2",
    "country", "date_prec", "date_start", "date_end", "best", "high", "low",
)  # fmt: skip


def acled(number, day, precision=1, **more):
    """A made-up event as ACLED lays it out."""
    usual = {
        "event_id_cnty": f"XXX{number}", "event_date": day, "time_precision": precision,
        "event_type": "Explosions/Remote violence", "sub_event_type": "Shelling/artillery/missile attack",
        "actor1": "Red Brigade", "actor2": "Blue Army", "country": "Utopia", "admin1": "North", "location": "Port",
        "notes": "Rockets, or drones; a \"quote\"\nand a second line", "year": 2024, "fatalities": 0,
    }  # fmt: skip
    return usual | more


def ged(number, start, end=None, precision=1, **more):
    """A made-up event as UCDP GED lays it out."""
    usual = {
        "id": number, "type_of_violence": 1, "side_a": "Government of Utopia", "side_b": "Red Brigade",
        "dyad_name": "Government of Utopia - Red Brigade", "where_coordinates": "Port town", "adm_1": "North province",
        "country": "Utopia", "date_prec": precision, "date_start": f"{start} 00:00:00.000",
        "date_end": f"{end or start} 00:00:00.000", "best": 3, "high": 4, "low": 2,
    }  # fmt: skip
    return usual | more


def write(path, columns, rows, delimiter=",", encoding="utf-8"):
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, columns, delimiter=delimiter, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def file(tmp_path):
    def make(columns, rows, **how):
        return write(tmp_path / "made_up.csv", columns, rows, **how)

    return make


def test_acled_days_weeks_and_months(file):
    path = file(
        ACLED,
        [
            acled(1, "2024-02-10"),
            acled(2, "2024-02-10"),
            acled(3, "12 February 2024"),
            acled(4, "2024-02-11", 2),  # 8 to 14 February
            acled(5, "2024-02-15", 3),  # February of a leap year
            acled(6, "29-Jan-2024", 3),  # January: not in the window
        ],
    )
    events = read_acled(path)
    frame = events.events.set_index("event_id")
    assert frame.loc["XXX4", ["date_lower", "date_upper"]].tolist() == list(
        pd.to_datetime(["2024-02-08", "2024-02-14"])
    )
    assert frame.loc["XXX5", ["date_lower", "date_upper"]].tolist() == list(
        pd.to_datetime(["2024-02-01", "2024-02-29"])
    )
    assert frame.loc["XXX6", ["date_lower", "date_upper"]].tolist() == list(
        pd.to_datetime(["2024-01-01", "2024-01-31"])
    )
    assert frame["date_precision"].tolist() == [1, 1, 1, 2, 3, 3]
    daily = events.daily()
    assert list(daily.index) == list(pd.date_range("2024-02-10", "2024-02-12"))
    assert daily["count"].tolist() == [2, 0, 1]
    assert daily["possible"].tolist() == [2, 2, 2]
    wide = events.daily("2024-01-30", "2024-02-16")
    assert wide["count"].tolist() == [0] * 11 + [2, 0, 1] + [0] * 4
    assert wide["possible"].tolist() == [1, 1] + [1] * 7 + [2] * 7 + [1, 1]
    assert events.daily("2024-03-01", "2024-03-02").to_numpy().tolist() == [[0, 0], [0, 0]]


def test_ucdp_intervals_are_those_of_the_file(file):
    path = file(
        GED,
        [
            ged(1, "2024-03-02"),
            ged(2, "2024-03-01", "2024-03-05", 2),
            ged(3, "2024-03-04", "2024-03-10", 3),
            ged(4, "2024-03-01", "2024-03-31", 4),
            ged(5, "2024-01-01", "2024-12-31", 5),
            ged(6, "2024-03-06", "2024-03-07", 1),  # two days of fighting, not dated to one
            ged(7, "2024-03-06", precision=2),  # its code says that the day is not known
            ged(8, "2024-03-07"),
        ],
    )
    events = read_ucdp_ged(path)
    daily = events.daily()  # from the first to the last event dated to a day, not over the year of event 5
    assert list(daily.index) == list(pd.date_range("2024-03-02", "2024-03-07"))
    assert daily["count"].tolist() == [1, 0, 0, 0, 0, 1]
    assert daily["possible"].tolist() == [3, 3, 4, 4, 5, 4]
    summary = events.summary().set_index("date_precision")
    assert summary["events"].to_dict() == {1: 3, 2: 2, 3: 1, 4: 1, 5: 1}
    assert summary["dated_to_one_day"].to_dict() == {1: 2, 2: 0, 3: 0, 4: 0, 5: 0}


@pytest.mark.parametrize("seed", range(3))
def test_daily_is_the_count_by_brute_force(file, seed):
    rng = np.random.default_rng(seed)
    first = date(2024, 1, 1)
    spans = [
        (first + timedelta(days=int(a)), int(n))
        for a, n in zip(rng.integers(0, 40, 80), rng.choice([0, 0, 4, 30], 80), strict=True)
    ]
    rows = [ged(i, a, a + timedelta(days=n), 1 if n == 0 else 2) for i, (a, n) in enumerate(spans)]
    daily = read_ucdp_ged(file(GED, rows)).daily("2024-01-10", "2024-02-20")
    for stamp, row in daily.iterrows():
        day = stamp.date()
        assert row["count"] == sum(n == 0 and a == day for a, n in spans)
        assert row["possible"] == sum(n > 0 and a <= day <= a + timedelta(days=n) for a, n in spans)


def test_weapons_are_never_guessed(file):
    events = read_acled(file(ACLED, [acled(1, "2024-02-10", notes="ballistic missile")])).events
    assert events["weapons"].isna().all()
    assert read_ucdp_ged(file(GED, [ged(1, "2024-02-10")])).events["weapons"].isna().all()


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_delimiter_and_mark(file, delimiter, encoding):
    rows = [acled(1, "2024-02-10", location="Kérouané; east, rural"), acled(2, "2024-02-11")]
    events = read_acled(file(ACLED, rows, delimiter=delimiter, encoding=encoding))
    assert events.events["place"].tolist() == ["Kérouané; east, rural", "Port"]
    assert events.daily()["count"].tolist() == [1, 1]


def test_header_in_capitals_and_without_optional_columns(file):
    columns = [name for name in ACLED if not name.startswith("assoc") and name != "admin2"]
    path = file(columns, [{k: v for k, v in acled(1, "2024-02-10").items() if k in columns}])
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(text.split("\n")[0], text.split("\n")[0].upper(), 1), encoding="utf-8")
    assert read_acled(path, actor="Blue Army").events["actors"].tolist() == ["Red Brigade; Blue Army"]


def test_filters_of_acled_and_their_audit(file):
    path = file(
        ACLED,
        [
            acled(1, "2024-02-10"),
            acled(2, "2024-02-10", actor1="Green Front", assoc_actor_1="Red Brigade; Farmers (Utopia)"),
            acled(3, "2024-02-11", actor1="Green Front"),
            acled(4, "2024-02-11", country="Erewhon"),
            acled(5, "2024-02-11", event_type="Battles", sub_event_type="Armed clash"),
            acled(6, "2024-02-11", location="Hill", admin1="South"),
            acled(7, "2024-01-02"),
            acled(8, "2024-02-29"),
            acled(9, "2024-02-20", 3),  # all of February: may lie in the window
        ],
    )
    events = read_acled(
        path, actor="red brigade", country=["UTOPIA"], place=["port", "South"], event_type="explosions/remote violence",
        start="2024-02-05", end="2024-02-15",
    )  # fmt: skip
    assert events.events["event_id"].tolist() == ["XXX1", "XXX2", "XXX6", "XXX9"]
    assert events.excluded.set_index("event_id")["reason"].to_dict() == {
        "XXX3": "actor", "XXX4": "country", "XXX5": "event_type", "XXX7": "start", "XXX8": "end",
    }  # fmt: skip
    assert events.audit.to_numpy().tolist() == [
        ["read", 0, 9], ["actor", 1, 8], ["country", 1, 7], ["place", 0, 7], ["event_type", 1, 6], ["start", 1, 5],
        ["end", 1, 4],
    ]  # fmt: skip
    assert events.events["actors"].tolist()[1] == "Green Front; Red Brigade; Farmers (Utopia); Blue Army"
    daily = events.daily()  # the window that was asked for
    assert (daily.index[0], daily.index[-1], len(daily)) == (pd.Timestamp("2024-02-05"), pd.Timestamp("2024-02-15"), 11)
    assert daily["count"].tolist() == [0] * 5 + [2, 1] + [0] * 4
    assert daily["possible"].tolist() == [1] * 11
    assert read_acled(path, sub_event_type="armed CLASH").events["event_id"].tolist() == ["XXX5"]


def test_filters_of_ucdp(file):
    path = file(
        GED,
        [
            ged(1, "2024-03-01"),
            ged(2, "2024-03-01", type_of_violence=3, side_b="Civilians"),
            ged(3, "2024-03-01", type_of_violence=2, side_a="Blue Army"),
            ged(4, "2024-03-01", country="Erewhon", adm_1=""),
        ],
    )
    kept = lambda **chosen: read_ucdp_ged(path, **chosen).events["event_id"].tolist()  # noqa: E731
    assert kept(type_of_violence=1) == kept(type_of_violence="1") == kept(type_of_violence="State-based") == ["1", "4"]
    assert kept(type_of_violence=[2, "one-sided"]) == ["2", "3"]
    assert kept(actor="red brigade") == ["1", "3", "4"]
    assert kept(actor=("Civilians", "Blue army")) == ["2", "3"]
    assert kept(place="north PROVINCE", country="Utopia") == ["1", "2", "3"]
    frame = read_ucdp_ged(path).events
    assert frame["event_type"].tolist() == ["state-based", "one-sided", "non-state", "state-based"]
    assert frame["admin1"].isna().tolist() == [False, False, False, True]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"actor": "Red Brigad"}, r"actor: 'Red Brigad' is not in the file; near: 'Red Brigade'"),
        ({"country": "Zzz"}, r"country: 'Zzz' is not in the file; there are: 'Erewhon', 'Utopia'$"),
        ({"place": "por"}, "near: 'Port'"),
        ({"event_type": ["Battles", "Explosions/Remote violence"]}, "event_type: 'Battles'"),
        ({"actor": []}, "actor: an empty list"),
        ({"actor": [3.5]}, "actor: 3.5 is no text"),
        ({"actor": 3.5}, "actor: a text or a list of texts is needed"),
        ({"start": "02/05/2024"}, "start: '02/05/2024' is not a day"),
        ({"start": 20240205}, "start: 20240205 is not a day"),
        ({"end": pd.Timestamp("2024-02-05 12:00")}, "end: .* is not a day"),
        ({"start": "2024-02-05", "end": "2024-02-04"}, "start 2024-02-05 is after end 2024-02-04"),
        ({"actor": "nobody", "country": "nowhere", "end": "x"}, "actor: .*country: .*end: "),
    ],
)
def test_wrong_choices(file, chosen, words):
    path = file(ACLED, [acled(1, "2024-02-10"), acled(2, "2024-02-10", country="Erewhon")])
    with pytest.raises(ValueError, match=words):
        read_acled(path, **chosen)


def test_at_most_ten_values_are_listed(file):
    path = file(ACLED, [acled(i, "2024-02-10", country=f"Country {i:02}") for i in range(30)])
    with pytest.raises(ValueError, match=r"there are: .* and 20 more") as error:
        read_acled(path, country="###")
    assert str(error.value).count("'Country ") == 10
    with pytest.raises(ValueError, match="near") as error:
        read_acled(path, country="Country")
    assert str(error.value).count("'Country ") == 10


@pytest.mark.parametrize(
    "several",
    [
        lambda words: pd.Series(words, index=[5, 7]),
        pd.Index,
        np.array,
        tuple,
        set,
        dict.fromkeys,
        iter,
        lambda words: (word for word in words),
    ],
)
def test_words_come_in_any_iterable(file, several):
    path = file(ACLED, [acled(i, "2024-02-10", actor1=name) for i, name in enumerate(["Reds", "Greens", "Blues"])])
    events = read_acled(path, actor=several(["reds", "Blues"]), country=several(["Utopia", "utopia"]))
    assert events.events["event_id"].tolist() == ["XXX0", "XXX2"]
    assert events.audit["removed"].tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        (b"Red Brigade", r"^actor: a text or a list of texts is needed, not b'Red Brigade'$"),
        (bytearray(b"x"), "actor: a text or a list of texts is needed"),
        ([b"Red Brigade"], r"^actor: b'Red Brigade' is no text$"),
        (pd.Series(["Red Brigade", None], dtype=object), "actor: None is no text"),
        (pd.Index([]), "actor: an empty list"),
        (iter(()), "actor: an empty list"),
        (np.bool_(True), "actor: a text or a list of texts is needed"),
    ],
)
def test_what_is_no_text(file, actor, words):
    with pytest.raises(ValueError, match=words):
        read_acled(file(ACLED, [acled(1, "2024-02-10")]), actor=actor)


def test_codes_of_violence_may_be_integers_of_numpy(file):
    path = file(GED, [ged(1, "2024-03-01"), ged(2, "2024-03-01", type_of_violence=3)])

    def kept(chosen):
        return read_ucdp_ged(path, type_of_violence=chosen).events["event_id"].tolist()

    assert kept(np.int64(3)) == kept(np.array([3])) == kept(pd.Series([3])) == kept([np.int32(3)]) == ["2"]


def test_days_outside_the_window_of_reading_are_not_counted(file):
    path = file(ACLED, [acled(i, f"2024-01-0{i}") for i in (2, 3, 4, 6)])
    events = read_acled(path, start="2024-01-03", end="2024-01-05")
    assert events.daily("2024-01-04")["count"].tolist() == [1, 0]
    assert events.daily("2024-01-03", "2024-01-05")["count"].tolist() == [1, 1, 0]
    with pytest.raises(ValueError, match=r"made_up.csv: 2024-01-01 is before start=2024-01-03 of the window asked for"):
        events.daily("2024-01-01", "2024-01-05")
    with pytest.raises(ValueError, match="2024-01-02 is before start=2024-01-03 and 2024-01-06 is after end=2024-01-0"):
        events.daily("2024-01-02", "2024-01-06")
    with pytest.raises(ValueError, match="2024-01-09 is after end=2024-01-05"):
        events.daily("2024-01-09")
    with pytest.raises(ValueError, match="2024-01-02 is before start"):
        events.daily(end="2024-01-02")
    half = read_acled(path, start="2024-01-03")
    assert half.daily("2024-01-05", "2024-01-07")["count"].tolist() == [0, 1, 0]
    with pytest.raises(ValueError, match="before start"):
        half.daily("2024-01-02", "2024-01-07")


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_ends_of_lines(file, ends):
    path = file(ACLED, [acled(1, "2024-02-10", notes="plain"), acled(2, "2024-02-11", notes='two\nlines, a "quote"')])
    good = path.read_bytes().replace(b"\r\n", ends)
    path.write_bytes(good)
    assert read_acled(path).daily()["count"].tolist() == [1, 1]
    path.write_bytes(good.replace(b"2024-02-10", b"soon"))
    with pytest.raises(ExportError, match="row 2, event_date: found 'soon'"):
        read_acled(path)
    for odd in (b"\xe9", b"\0"):
        path.write_bytes(good.replace(b"Port", odd, 1))
        with pytest.raises(ExportError, match="row 2: found"):
            read_acled(path)


def test_a_cell_that_is_too_long_is_named_as_such(file):
    path = file(ACLED, [acled(1, "2024-02-10"), acled(2, "2024-02-10", notes="x" * 131_073)])
    with pytest.raises(ExportError, match=r"row 3: expected cells of at most 131,072 characters \(a quote") as error:
        read_acled(path)
    assert "closed quotes" not in str(error.value)
    path.write_text("x" * 200_000, encoding="utf-8")
    with pytest.raises(ExportError, match=r"row 1: expected cells of at most 131,072"):
        read_acled(path)


def test_all_bad_rows_of_acled_at_once(file):
    path = file(
        ACLED,
        [
            acled(1, "2024-02-10"),
            acled(1, "2024-02-30"),
            acled(3, "10/02/2024", 4),
            acled(4, "", ""),
            acled(5, "2024-02-10", event_id_cnty=""),
        ],
    )
    with path.open("a", encoding="utf-8") as added:
        added.write("XXX9,2024-02-10\n")
    with pytest.raises(ExportError) as error:
        read_acled(path)
    found = [(p.row, p.column, p.value) for p in error.value.problems]
    assert found == [
        (3, "event_id_cnty", "XXX1"), (3, "event_date", "2024-02-30"), (4, "event_date", "10/02/2024"),
        (4, "time_precision", "4"), (5, "event_date", ""), (5, "time_precision", ""), (6, "event_id_cnty", ""),
        (7, None, "2 cells"),
    ]  # fmt: skip
    assert isinstance(error.value, CaseError)
    assert str(error.value).startswith(f"export '{path}' has 8 problems:")
    assert "made_up.csv, row 3, event_id_cnty: found 'XXX1', expected an identifier used once (first in row 2)" in str(
        error.value
    )
    copy = pickle.loads(pickle.dumps(error.value))
    assert (str(copy), copy.problems, type(copy)) == (str(error.value), error.value.problems, ExportError)


def test_all_bad_rows_of_ucdp_at_once(file):
    rows = [ged(1, "2024-03-05", "2024-03-04", 0), ged(1, "2024-03-05", "soon", 1, type_of_violence=4)]
    with pytest.raises(ExportError) as error:
        read_ucdp_ged(file(GED, rows))
    assert [(p.row, p.column) for p in error.value.problems] == [
        (2, "date_prec"), (2, "date_end"), (3, "id"), (3, "date_end"), (3, "type_of_violence"),
    ]  # fmt: skip
    assert "at least date_start, which is 2024-03-05" in str(error.value)


def test_wrong_files(tmp_path, file):
    with pytest.raises(ExportError, match="a CSV file at this path"):
        read_acled(tmp_path / "none.csv")
    with pytest.raises(ExportError, match="event_date: expected a column of this name") as error:
        read_acled(file(GED, [ged(1, "2024-03-05")]))
    assert len(error.value.problems) == 9  # all needed columns but country
    path = file(ACLED, [acled(1, "2024-02-10", location="Kérouané")], encoding="latin-1")
    with pytest.raises(ExportError, match=r"row 2: found '\\\\xe9', expected text in UTF-8"):
        read_acled(path)
    path.write_text(",".join(ACLED) + '\nXXX1,"2024-02-10,', encoding="utf-8")
    with pytest.raises(ExportError, match="closed quotes"):
        read_acled(path)
    path.write_text(",".join([*ACLED, "location"]) + "\n", encoding="utf-8")
    with pytest.raises(ExportError, match="each column name once"):
        read_acled(path)
    path.write_bytes(b"PK\x03\x04\x00\x00")
    with pytest.raises(ExportError, match="not a spreadsheet or archive"):
        read_acled(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(ExportError, match="has 10 problems"):
        read_acled(path)


def test_a_file_without_events_needs_a_window(file):
    events = read_acled(file(ACLED, []))
    assert len(events.events) == 0
    with pytest.raises(ValueError, match="no event is dated to one day; give start and end"):
        events.daily()
    assert events.daily("2024-01-01", "2024-01-02")["count"].tolist() == [0, 0]
    assert "0" in repr(events)
    assert "<table" in events._repr_html_()
    only_weeks = read_acled(file(ACLED, [acled(1, "2024-02-10", 2)]))
    with pytest.raises(ValueError, match="give start and end"):
        only_weeks.daily(start="2024-02-01")
    with pytest.raises(ValueError, match="is after end"):
        only_weeks.daily("2024-02-01", "2024-01-01")


def test_html_of_the_file_is_text(tmp_path):
    path = write(tmp_path / "<b>x.csv", ACLED, [acled(1, "2024-02-10", location="<script>")])
    events = read_acled(path)
    assert events.events["place"].tolist() == ["<script>"]
    assert "<b>" not in events._repr_html_()
    assert "&lt;b&gt;x.csv" in events._repr_html_()


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2024-01-05", date(2024, 1, 5)),
        ("2024-01-05T00:00:00", date(2024, 1, 5)),
        ("2024-01-05 00:00:00.000", date(2024, 1, 5)),
        ("2024-01-05 13:00:00", None),
        ("05-December-2024", date(2024, 12, 5)),
        ("5 dec 2024", date(2024, 12, 5)),
        ("5 Decem 2024", None),
        ("1/5/2024", None),
        ("31 April 2024", None),
        ("0001-01-01", None),
        ("20240105", None),
    ],
)
def test_days(cell, day):
    assert day_of(cell) == day


def test_daily_counts_can_be_scanned(file):
    from escalation.changes.scan.scan import scan

    rows = [acled(i, f"{day:%Y-%m-%d}") for i, day in enumerate(pd.date_range("2024-01-01", periods=40))]
    rows += [acled(100 + i, f"{day:%Y-%m-%d}") for i, day in enumerate([*pd.date_range("2024-01-21", periods=20)] * 4)]
    found = scan(read_acled(file(ACLED, rows)).daily()["count"], replicates=199)
    assert found.date == pd.Timestamp("2024-01-21")
    assert found.ratio == pytest.approx(5.0)


def test_speed(file):
    days = pd.date_range("2020-01-01", periods=1000).strftime("%Y-%m-%d")
    path = file(ACLED, [acled(i, days[i % 1000], 1 + (i % 10 == 0), actor1=f"Group {i % 500}") for i in range(100_000)])
    start = time.process_time()  # of this process alone: others may use the machine
    daily = read_acled(path, actor="group 7", place="Port").daily()
    assert time.process_time() - start < 3
    assert daily["count"].sum() == 200
