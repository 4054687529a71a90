# %% [markdown] title
# # From reported totals to a figure
#
# Between October 2023 and February 2024 armed groups attacked U.S. and coalition forces in Iraq, Syria and Jordan. No list of
# the attacks was published. What was published is totals: so many attacks since such a day, said by officials and carried
# by many outlets, some of them days or weeks old, some from another count.
#
# This notebook goes from those totals to daily counts, a rate and a figure. It asks one question: **did the rate of
# attacks change, and can the reports tell?** Every number below is printed by code from the bundled case
# `iraq-syria-2023`; running the notebook again gives the same numbers.

# %% setup
# %matplotlib inline
import pandas as pd

import escalation as esc

pd.set_option("display.float_format", "{:.2f}".format, "display.width", 200, "display.max_columns", 20)

# %% [markdown] case-text
# ## What is in the case
#
# A case is a folder of four tables: reports (one row per page and number), incidents described one by one, outside events
# that may matter, and sources. Totals of different counters, units or areas are never mixed: one of them is declared to
# be the main series.

# %% case
case = esc.load_case("iraq-syria-2023")
case

# %% [markdown] problem-text
# ## The problem
#
# These are the reports of the main series for the days around Christmas 2023, as they were coded. `approx` marks a date that
# the page does not state; `since` is where the page says the count began.

# %% problem
main = case.main
series = case.reports[
    (case.reports["counter"] == main["counter"])
    & (case.reports["unit"] == main["unit"])
    & case.reports["scope"].isin(main["scope"])
]
columns = ["as_of", "as_of_precision", "published", "bound", "count", "since", "source_id"]
series.loc[series["as_of"].between("2023-12-21", "2023-12-26"), columns]

# %% [markdown] problem-reading
# A total cannot fall, and these fall. Some words are lower bounds ("more than"), some are round, and a round number stays in
# print for weeks. One page of 25 December repeats a number that was said a month before (and that was in use for
# something else by then: the number of injured). The start of the count differs too. How much of this there is in the whole
# case:

# %% contradictions
pd.Series(
    {
        "reports of the main series": len(series),
        "distinct numbers per day": len(series[["as_of", "count"]].drop_duplicates()),
        "days with a report": series["as_of"].nunique(),
        "days with two or more different numbers": int((series.groupby("as_of")["count"].nunique() > 1).sum()),
        "reports with an approximate date": int((series["as_of_precision"] == "approx").sum()),
        "reports that are not exact": int((series["bound"] != "exact").sum()),
        "different origins named": series["since"].nunique(),
    },
    name="rows",
).to_frame()

# %% [markdown] call-text
# ## One call
#
# `reconstruct` reads every report as evidence about the true total of its day and returns the posterior of the daily
# counts, the cumulative count and the rate. Nothing was removed beforehand; the coder's own remark `status` is not used.

# %% call
rec = esc.reconstruct(case)
rec

# %% [markdown] curves-text
# The cumulative count at the end of some days, and the rate per day. `lower` and `upper` enclose 90 %. Where reports
# are close together the band is narrow; where there are none it opens.

# %% curves
days = pd.to_datetime(["2023-10-31", "2023-11-30", "2023-12-12", "2023-12-31", "2024-01-31", "2024-02-20"])
pd.concat(
    {
        "cumulative count": rec.cumulative.loc[days, ["median", "lower", "upper"]],
        "rate per day": rec.rate.loc[days, ["median", "lower", "upper"]],
    },
    axis=1,
)

# %% conflicts
print(f"{len(rec.conflicts)} pairs of statements cannot both be read literally. The widest apart (24: dozens, 24 to 99):")
rec.conflicts.nlargest(8, "excess")

# %% [markdown] readings-text
# ## What the model makes of each report
#
# A reported number may be *fresh* (the current total), *rounded*, *stale* (a true older total, repeated) or *wrong*
# (another count, a slip). The model weighs the four for every statement, that is for every distinct number per day; twenty
# pages that copy one briefing are one statement. `predicted` is the total the model expects there.

# %% readings
parts = ["p_fresh", "p_rounded", "p_stale", "p_wrong"]
used = rec.reports[rec.reports["used"]]
shown = ["as_of", "count", "bounds", "reports", *parts, "predicted"]
statements = (
    used.sort_values("bound")
    .groupby("statement")
    .agg(
        as_of=("as_of", "first"),
        count=("count", "first"),
        bounds=("bound", lambda b: ", ".join(sorted(set(b)))),
        reports=("report_id", "size"),
        **{name: (name, "first") for name in [*parts, "predicted"]},
    )
)
statements.loc[statements["as_of"].between("2023-12-21", "2024-01-09"), shown]

# %% [markdown] readings-reading
# Look at the 66 of 25 December, and at the 100 that stayed in print until January. A number read as stale is not thrown away:
# it says that the total was at least that high. Over the whole case:

# %% readings-count
likeliest = statements[parts].idxmax(axis=1).str.removeprefix("p_")
print("statements by likeliest reading:", likeliest.value_counts().to_dict())
print()
print("reports not used, and why:")
print(rec.reports.loc[~rec.reports["used"], "reason"].value_counts().to_string())

# %% [markdown] coder-text
# The coder's remark was kept aside, so it can serve as a check. Mean weight of each reading, by what the coder noted (a lower
# bound that is true but old is `current` to the coder, who notes a report as stale only where it misleads):

# %% coder
used.groupby("status")[parts].mean().assign(reports=used["status"].value_counts())

# %% [markdown] change-text
# ## Did the rate change?
#
# Three answers are always given: the rate was constant; it drifted; it jumped at least once. Half of the prior weight is on a
# constant rate. The Bayes factor says by how much the reports moved the odds of any change, whatever the prior odds were.

# %% change
changes = rec.changes
print(changes.sentence())
print()
print(f"verdict       {changes.verdict}")
print(f"prior odds    {changes.prior_odds:.2f}  (a change against a constant rate, before any report)")
print(f"Bayes factor  {changes.bayes_factor:.2f}  (above 10: evidence of change; 3 to 10: weak evidence;")
print("                    1/3 to 3: the reports cannot tell; below 1/3: evidence of a constant rate)")

# %% [markdown] models-text
# No single model is picked. The weight of the four families before and after the reports (a model that allows jumps may
# also have none in the window, so that P(at least one jump) is less than the weight of those families):

# %% models
rec.models.groupby("family", sort=False)[["prior", "posterior"]].sum()

# %% [markdown] candidates-text
# Change points are listed in `changes.summary()` only if at least one jump is more probable than none. The windows in which
# a jump is likeliest are listed regardless, with their probability and the rates on both sides.

# %% candidates
print(f"change points listed: {len(changes.summary())}")
changes.candidates(4)[["start", "end", "probability", "rate_before", "rate_after", "ratio_lower", "ratio_upper"]]

# %% [markdown] figure-text
# ## The figure
#
# Top: every report as it was stated, over the band of the reconstruction; grey and hollow is what the model doubts. Middle: the
# rate, with the answer in words; change points would be drawn as bars. Its grey lines and bands are outside events: they stand on
# the same axis, and that is all the figure says of them. Bottom: the incidents that were described one by one, by weapon. The
# lanes are an order without distances.

# %% figure
from escalation.dossier.figure import draw_overview
from escalation.study.overview.frames import frames_of
from escalation.study.overview.subject import Subject

subject = Subject.of_case(case)
draw_overview(rec, subject, frames_of(rec, subject), esc.__version__)

# %% [markdown] choices-text
# ## What was assumed
#
# Two objects hold every assumption, are printed with the result and can be replaced: how reported numbers come about
# (`Reading`), and what rates and changes are thought possible before any report (`Prior`).

# %% choices
print(pd.DataFrame(dict(rec.reading.weights), index=["fresh", "rounded", "stale", "wrong"]).T)
print()
for choices in (rec.reading, rec.prior):
    for name, value in vars(choices).items():
        if name != "weights" or choices is rec.prior:
            numbers = [round(v, 4) if isinstance(v, float) else v for v in value] if isinstance(value, tuple) else value
            print(f"{type(choices).__name__}.{name} = {numbers}")
print()
print("\n".join(rec.notes))

# %% [markdown] other-text
# A result that hangs on one of them should be seen to do so:

# %% other
lighter = (("constant", 0.25), ("jumps", 0.45), ("drift", 0.15), ("both", 0.15))
others = {
    "as above": {},
    "stale numbers are twice as old": {"reading": esc.Reading(stale_days=20.0)},
    "wrong numbers are twice as far off": {"reading": esc.Reading(wrong_days=60.0)},
    "a quarter of the prior on a constant rate": {"prior": esc.Prior(weights=lighter)},
    "no drift": {"models": "jumps"},
    "confirmed incidents are counted in": {"known": case.incidents},
}
rows = {}
for name, options in others.items():
    other = esc.reconstruct(case, **options)
    end = other.cumulative.iloc[-1]
    rows[name] = {
        "total": f"{end['median']:.0f} ({end['lower']:.0f}–{end['upper']:.0f})",
        "P(constant)": other.changes.constant,
        "P(jump)": other.changes.jump,
        "Bayes factor": other.changes.bayes_factor,
        "verdict": other.changes.verdict,
    }
pd.DataFrame(rows).T

# %% [markdown] naive-text
# ## The usual way, for comparison
#
# The totals can also be joined by straight lines and read off day by day. The same call does that; per day it takes the
# median of the exact totals (else of the bounds, read as numbers), then the running maximum.

# %% naive
straight = esc.reconstruct(case, method="linear")
top = straight.daily["mean"].nlargest(5).index
pd.DataFrame(
    {
        "straight lines": straight.daily.loc[top, "mean"],
        "reconstruction, lower": rec.daily.loc[top, "lower"],
        "reconstruction, upper": rec.daily.loc[top, "upper"],
    }
)

# %% naive-limits
print("\n".join(straight.notes))
try:
    straight.changes
except AttributeError as error:
    print(f"Asked for changes: {error}")

# %% [markdown] naive-reading
# Where a round lower bound stays in print, straight lines stand still, and the day of the next exact total gets everything that
# had been missed. What a change-point routine is then given is, in part, when numbers were renewed and not when attacks
# happened. Straight lines have no band, cannot say how sure they are, and drop contradicting reports by rule.

# %% [markdown] five-text
# ## Five documents
#
# Most questions start with less than several hundred reports. The case `five-documents` holds what five texts of January 2024 say.

# %% five
five = esc.load_case("five-documents")
small = esc.reconstruct(five, models="fast")
columns = ["as_of", "count", "bound", "source_id", *parts, "predicted", "used", "reason"]
small.reports[columns]

# %% five-answer
print(small)
print()
print("rate on 15 November 2023, per day:", small.rate.loc["2023-11-15"].round(2).to_dict())

# %% [markdown] five-reading
# A few totals from one week in January say how many attacks there were by then. Of the months before they say only that the
# count began at zero, so that many courses between the two fit. That the reports cannot tell is an answer: it keeps a reader
# from taking a drawn line for a finding.

# %% [markdown] limits
# ## What cannot be concluded
#
# * **Intent and cause.** A change of rate near a strike or a truce is nearness in time. Nothing here says why.
# * **The lag.** If every report were late by the same number of days, all dates would shift by it, and no report would show it.
# * **Between two totals** the day of an attack is known only as far as the model of the rate allows; the band says how far.
# * **What was never counted.** The series is one counter's total of what that counter calls an attack.
# * **The weapon of incidents that report none.** They have a lane of their own and are not shared out over the others.
# * **Distance on the scale.** That rockets rank above drones says nothing about by how much.
# * **That nothing changed**, where the verdict is that the reports cannot tell.
