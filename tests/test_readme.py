"""What README.md says is run, looked up or recomputed."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pandas as pd
import pytest

import escalation as esc
from escalation.cli import main
from escalation.lattice.verdict import in_words

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
WORDS = " ".join(README.replace("\n> ", "\n").split())
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
SHELL = [
    line.split("#")[0].split()
    for block in re.findall(r"(?:^ {4}\S.*\n)+", re.sub(r"(?ms)^```.*?^```$", "", README), re.MULTILINE)
    for line in textwrap.dedent(block).splitlines()
]


def figures(name: str) -> pd.DataFrame:
    path = ROOT / "figures" / name
    assert path.is_file(), f"figures/{name} is missing: run make"
    return pd.read_csv(path)


def test_readme_has_python_and_shell() -> None:
    assert len(BLOCKS) >= 3
    assert {words[0] for words in SHELL} == {"make", "pip", "escalation", "grep"}


@pytest.mark.parametrize("code", BLOCKS, ids=range(len(BLOCKS)))
def test_python_blocks_run(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    if "__main__" in code:  # a script: worker processes read its file
        (tmp_path / "script.py").write_text(code, encoding="utf-8")
        done = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()
        return
    exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    assert capsys.readouterr().out.strip()


def test_the_trace_reaches_every_file() -> None:
    (words,) = [w for w in SHELL if w[0] == "grep"]
    wanted = [words[i + 1] for i, word in enumerate(words) if word == "-e"]
    files = [word for word in words if word.endswith(".csv")]
    assert len(files) == 3
    for file in files:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert any(word in text for word in wanted)


@pytest.mark.parametrize("words", [w for w in SHELL if w[0] == "make"], ids=" ".join)
def test_make_targets_exist(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in words[1:] or ["figures"]:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("words", [w for w in SHELL if w[0] == "escalation"], ids=" ".join)
def test_commands_exist(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main([words[1], "--help"])
    assert done.value.code == 0
    said = capsys.readouterr().out
    options = [word for word in words[2:] if word.startswith("-")]
    assert all(re.search(rf"(^|\s){option}\b", said) for option in options)


def test_commands_do_what_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    totals = tmp_path / "totals.csv"
    totals.write_text(BLOCKS[0].split('"""')[1])
    assert main(["reconstruct", str(totals), "--models", "fast"]) == 0
    folder = str(ROOT / "data" / "iraq-syria-2023")
    assert main(["check", folder]) == 0
    assert main(["build", folder, "-o", str(tmp_path / "out"), "--models", "fast"]) == 0
    assert {"overview.png", "overview.csv", "reports.csv", "manifest.json"} <= {
        p.name for p in (tmp_path / "out").iterdir()
    }
    capsys.readouterr()


def test_files_named_exist() -> None:
    linked = [*re.findall(r"\]\(([^)#:]+)\)", README), *re.findall(r'src="([^":]+)"', README)]
    named = re.findall(r"`((?:figures|data|notebooks|escalation|tests)/[\w./-]+\.\w+)`", README)
    assert linked
    assert named
    assert [name for name in {*linked, *named} if not (ROOT / name).is_file()] == []


def result_in_words() -> str:
    """Say the result as README does, from figures/summary.csv."""
    rows = figures("summary.csv").set_index("quantity")
    value = rows["value"].to_dict().__getitem__
    end = next(str(name) for name in rows.index if str(name).startswith("total at the end of"))
    low, high = rows.loc[end, ["lower", "upper"]]
    verdict = in_words(value("Bayes factor for a change"))
    return (
        f"{value('reports given'):.0f} reports given, {value('reports used'):.0f} used "
        f"({value('statements'):.0f} statements); {value('reports read as stale or wrong'):.0f} reports "
        f"({value('statements read as stale or wrong'):.0f} statements) are read as stale or wrong. "
        f"Total on {end[-10:]}: {value(end):.0f} (90 % interval {low:.0f}–{high:.0f}). "
        f"Did the rate change? {verdict[0].upper()}{verdict[1:]}: P(constant) {value('P(constant rate)'):.2f}, "
        f"P(drift, no jump) {value('P(drift, no jump)'):.2f}, P(at least one jump) "
        f"{value('P(at least one jump)'):.2f}; Bayes factor {value('Bayes factor for a change'):.2g} "
        f"at prior odds {value('prior odds of a change'):.2f}."
    )


def test_result_is_that_of_the_figures() -> None:
    said = result_in_words()
    assert said in WORDS, f"README should say: {said}"


def effect_in_words() -> str:
    """Say the first row of figures/effects.csv as README does."""
    row = figures("effects.csv").iloc[0]
    start, end = pd.Timestamp(row["start"]), pd.Timestamp(row["end"])

    def ratio(name: str) -> str:
        return f"{row[name]:.2f} ({{}}{row[f'{name}_lower']:.2f}–{row[f'{name}_upper']:.2f})"

    return (
        f"{row['label']}, {start.day} to {end.day} {end:%B %Y}: regression "
        f"{ratio('glm_ratio').format('90 % interval ')}, posterior {ratio('posterior_ratio').format('')}, P(lower) "
        f"{row['p_lower']:.2f}. Of {row['placebo_n']:.0f} placebo dates a share of {row['placebo_share']:.2f} differs "
        f"from 1 at least as much; only {row['placebo_apart']:.0f} of them fit side by side."
    )


def test_the_truce_is_quoted_as_computed() -> None:
    said = effect_in_words()
    assert said in WORDS, f"README should say: {said}"
    row = figures("effects.csv").iloc[0]
    low = max(row["glm_ratio_lower"], row["posterior_ratio_lower"])
    high = min(row["glm_ratio_upper"], row["posterior_ratio_upper"])
    assert f"Both hold a ratio of {low:.2f} to {high:.2g}." in WORDS


def levels_in_words() -> str:
    """Say the levels of the bundled case as README does, from levels.csv, trend.csv and pairing.csv."""
    rows = figures("levels.csv").query("evidence == 'confirmed' and period == 'all'").set_index(["scale", "level"])
    row = rows.loc["drone < rocket < ballistic_missile", "ballistic_missile"]
    trend = figures("trend.csv").set_index(["scale", "evidence"]).loc["drone < rocket < ballistic_missile", "confirmed"]
    both = figures("pairing.csv").set_index("quantity")["value"]["P(both changed), independent"]
    low, high = 100 * row["bound_lower"], 100 * row["bound_upper"]
    return (
        f"Of about {row['total']:.0f} attacks {row['described']:.0f} were described and confirmed, {row['typed']:.0f} "
        f"of them with a weapon. Worse? Kendall's tau of level with day {trend['tau']:.2f}, p {trend['tau_p']:.2g} "
        f"(whole days permuted: {trend['tau_p_days']:.2g}); P(the mix of levels changed) {trend['p_change']:.2f}, "
        f"Bayes factor {trend['bayes_factor']:.2g}. Ballistic missiles: {low:.0f} % to {high:.0f} % of all attacks "
        f"with no assumption on unreported weapons, {100 * row['share']:.0f} % (90 % interval {100 * row['lower']:.1f}–"
        f"{100 * row['upper']:.1f} %) if they are missing at random. P(rate and mix changed) {both:.2f}."
    )


def test_the_levels_are_quoted_as_computed() -> None:
    said = levels_in_words()
    assert said in WORDS, f"README should say: {said}"


def choices_in_words() -> str:
    """Say what other choices and other dates gave, from figures/study/."""
    other = figures("study/sensitivity-specifications.csv").query("not shared")["spec"]
    rows = figures("study/sensitivity.csv").query("key == 'bayes_factor'").set_index("spec").loc[other]
    jump = figures("study/sensitivity.csv").query("key == 'jump'")["value"]
    same = int((rows["conclusion"] == rows["base_conclusion"]).sum())
    moved = figures("study/sensitivity-choices.csv").query("evidence_moved")["about"].str.lower().tolist()
    seen = figures("study/replay-vintages.csv").dropna(subset=["p_recent"])
    top = seen.loc[seen["p_recent"].idxmax()]
    day = pd.Timestamp(top["date"])
    return (
        f"{same} of {len(rows)} other reconstructions lead to the same verdict on a change; P(at least one jump) goes "
        f"from {jump.min():.2f} to {jump.max():.2f}. The verdict changes with some other choice of: "
        f"{', '.join(moved) or 'none'}. Week by week, P(a jump in the last 14 days) was highest on "
        f"{day.day} {day:%B %Y}, {top['p_recent']:.2f}; {(seen['p_recent'] > 0.5).sum()} of {len(seen)} dates had it "
        f"above one half."
    )


def test_other_choices_and_dates_are_quoted_as_computed() -> None:
    said = choices_in_words()
    assert said in WORDS, f"README should say: {said}"


def study(name: str) -> pd.DataFrame:
    return figures(f"calibration/{name}.csv")


def study_in_words() -> str:
    """Say what the calibration study measured, from its tables."""
    ranks, cover = study("sbc"), study("model_coverage").set_index("quantity")["value"]
    real = study("real_summary").query("which == 'all'").set_index(["voice", "method"])
    held, better = real["cover_total"], 1 - real["ratio_to_best_baseline"]
    parts = [
        f"{100 * held[voice, 'joint']:.0f} % ({100 * held[voice, 'linear']:.0f} %) with {words}"
        for voice, words in (("exact", "exact totals"), ("rounded", 'totals rounded down to "more than N"'),
                             ("lagged", "totals that lag by up to two steps"))
    ]  # fmt: skip
    least = [100 * better[voice, "joint"] for voice in ("exact", "rounded", "lagged")]
    return (
        f"{ranks['replicates'].min():,} truths drawn from the prior have uniform ranks (chi-square p at least "
        f"{ranks['chi_square_p'].min():.2f}), and 90 % intervals hold {100 * cover['rate']:.0f} % of the rates and "
        f"{100 * cover['total (plain)']:.0f} % of the totals. In {real['n_series'].max()} real series hidden behind "
        f"totals they hold, on steps without a report (in brackets: straight lines), {parts[0]}, {parts[1]} and "
        f"{parts[2]}; the error of the 7-step mean (CRPS) is {least[0]:.0f} %, {least[1]:.0f} % and {least[2]:.0f} % "
        f"below that of the best of three curves."
    )


def test_the_study_is_quoted_as_measured() -> None:
    said = study_in_words()
    assert said in WORDS, f"README should say: {said}"


ROUTINES = ("escalation", "poisson", "pelt-rbf", "pelt-l2")


def today_as_rows() -> list[str]:
    """Rows of the table of false alarms and power, from the tables of the study."""
    alarms, power = study("alarms"), study("power")
    same = "world == 'constant rate' and totals == 40 and phi == {} and voice == '{}'"
    double = "world == '1 to 2 a day halfway' and totals == {} and voice == 'exact'"
    wanted = [
        ("constant rate, exact totals", alarms.query(same.format(0, "exact")), "any_change"),
        (
            'constant rate, 30 % of the totals "at least", floored to tens',
            alarms.query(same.format(0, "floored")),
            "any_change",
        ),
        ("constant rate, variance twice the mean", alarms.query(same.format(1, "exact")), "any_change"),
        ("rate doubles halfway, exact totals", power.query(double.format(40)), "changed"),
        ("rate doubles halfway, 12 exact totals", power.query(double.format(12)), "changed"),
    ]
    rows = []
    for words, frame, column in wanted:
        share = frame.set_index("method")[column]
        rows.append(f"| {words} | " + " | ".join(f"{100 * share[name]:.0f} %" for name in ROUTINES) + " |")
    return rows


def test_the_table_of_today_is_as_measured() -> None:
    missing = [row for row in today_as_rows() if row not in README]
    assert not missing, "README should have:\n" + "\n".join(missing)


SIZES = (1_000, 10_000, 100_000, 1_000_000)


def seconds_in_words(value: float) -> str:
    """Say a time with two digits."""
    if pd.isna(value):
        return "–"
    number, unit = (value, "s") if value >= 0.1 else (1000 * value, "ms")
    return f"{number:.0f} {unit}" if number >= 10 else f"{number:.2g} {unit}"


def benchmarks_as_rows() -> list[str]:
    """Rows of the table of other packages, from figures/benchmarks.csv: time by length, Covering and F1 at 1e5 days."""
    table = figures("benchmarks.csv").query("panel == 'methods' and kind == 'changes'").set_index(["method", "n"])
    rows = []
    for method in dict.fromkeys(table.index.get_level_values("method")):
        if method == "PyMC two rates":  # one change only
            continue
        mine = table.loc[method]
        times = [seconds_in_words(mine.loc[n, "seconds"]) for n in SIZES]
        scores = [
            "–" if pd.isna(mine.loc[100_000, name]) else f"{mine.loc[100_000, name]:.2f}" for name in ("covering", "f1")
        ]
        rows.append(f"| {method.replace('escalation ', '')} | {' | '.join([*times, *scores])} |")
    return rows


def test_the_table_of_other_packages_is_as_measured() -> None:
    missing = [row for row in benchmarks_as_rows() if row not in README]
    assert not missing, "README should have:\n" + "\n".join(missing)


def intervals_in_words() -> str:
    """Say how often the intervals of dates hold the true change."""
    row = figures("benchmarks.csv").query("panel == 'intervals'").iloc[0]
    return (
        f"In {row['series']:.0f} series of 1,000 days with three changes, {row['matched_series']:.0f} are given three; "
        f"their 90 % intervals hold {100 * row['covered']:.0f} % of the true days."
    )


def test_the_intervals_are_quoted_as_measured() -> None:
    said = intervals_in_words()
    assert said in WORDS, f"README should say: {said}"


def test_what_is_missed_is_said() -> None:
    """The number of targets met and missed stands in README as the study found it."""
    targets = study("targets")
    by = targets.assign(met=targets["met"].astype(bool)).groupby("target")["met"].all()
    said = f"{int(by.sum())} of its {len(by)} targets are met"
    assert said in WORDS, f"README should say: {said}; missed: {', '.join(by.index[~by])}"


def test_straight_lines_are_as_said() -> None:
    lines = esc.reconstruct(esc.load_case("iraq-syria-2023"), method="linear")
    said = re.search(r"leaves (\d+) attacks to 3 January 2024", WORDS)
    assert said
    assert lines.daily["mean"].idxmax() == pd.Timestamp("2024-01-03")
    assert lines.daily["mean"].max() == pytest.approx(int(said[1]))


def test_trace_leads_from_the_figure_to_the_source() -> None:
    report, source = "att-20231225-66-9629", "megasuper-news-c5fa"
    assert f"`{report}`" in README
    assert f"`{source}`" in README
    drawn = figures("overview.csv").query("panel == 'reports' and report_id == @report")
    assert (drawn["count"].item(), drawn["as_of"].item()) == (66, "2023-12-25")
    row = figures("reports.csv").query("report_id == @report")
    assert row["source_id"].item() == source
    assert row["p_stale"].item() > 0.5
    sources = pd.read_csv(ROOT / "data" / "iraq-syria-2023" / "sources.csv")
    assert (sources["source_id"] == source).sum() == 1


def test_every_drawn_report_can_be_traced() -> None:
    drawn = figures("overview.csv").query("panel == 'reports'")["report_id"]
    audit = figures("reports.csv").set_index("report_id")
    sources = pd.read_csv(ROOT / "data" / "iraq-syria-2023" / "sources.csv")
    assert audit.index.is_unique
    assert drawn.isin(audit.index).all()
    assert audit["source_id"].isin(sources["source_id"]).all()


def test_where_it_is_wrong_is_still_where_it_is_wrong() -> None:
    lower = pd.read_csv(ROOT / "figures" / "cumulative.csv", index_col=0)["lower"]
    first = pd.Timestamp(lower[lower > 170].index[0])
    assert first < pd.Timestamp("2024-02-13")
    case = esc.load_case("iraq-syria-2023")
    said = case.reports[(case.reports["count"] == 170) & (case.reports["as_of"] == "2024-02-13")]
    assert said["attribution"].tolist() == ["Pentagon, Garry"]
    assert f"from {first.day} February on its band lies above 170" in WORDS


def test_the_two_tens_leave_what_is_said() -> None:
    tens = pd.DataFrame({"as_of": ["2024-03-08", "2024-03-20"], "count": 10, "since": "2024-03-01"})
    last = esc.reconstruct(tens).cumulative.iloc[-1]
    assert f"leaves {last['lower']:.0f} to {last['upper']:.0f}" in WORDS
