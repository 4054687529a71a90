# %% [markdown] title
# # More often, or worse, or both?
#
# The first notebook asked how often. This one asks how high: did attacks move from drones to rockets to ballistic missiles? The
# levels are an **order and nothing more**. No number here would change if the levels were called 1, 2, 3 or 1, 10, 1000; none is an
# average of levels.
#
# Three things make the question hard. Most attacks have no reported weapon: they were never described one by one. Some are claimed and were never confirmed.
# And "the first ballistic missile" is a record, and records come late even where nothing changes.

# %% setup
# %matplotlib inline
import pandas as pd

import escalation as esc

pd.set_option("display.float_format", "{:.2f}".format, "display.width", 200, "display.max_columns", 30)
pd.set_option("display.max_colwidth", 100)
case = esc.load_case("iraq-syria-2023")
rec = esc.reconstruct(case)

# %% [markdown] scale-text
# ## The scale
#
# A scale is levels from low to high, and the reason for that order. The default one is an assumption. The sources themselves set
# only ballistic missiles apart, so the coarser order ties drones and rockets; everything below is given under both.

# %% scale
print(esc.DEFAULT_SCALE)
print(esc.COARSE_SCALE)
mixed = "ballistic_missile+rocket"
print(mixed, "is read as", esc.DEFAULT_SCALE.code(mixed), "- or, if asked,", esc.DEFAULT_SCALE.code(mixed, "any"))

# %% [markdown] described-text
# ## What was described
#
# Each incident has a date, sometimes a range of dates, and a set of weapons, often empty. Confirmed and claimed are two counts of
# overlapping sets. They are never added.

# %% described
weapons = case.incidents["weapons"].fillna("").replace("", "not reported")
known = case.incidents[["confirmed", "claimed"]].astype(bool)
pd.crosstab(weapons, [known["confirmed"], known["claimed"]])

# %% [markdown] trend-text
# ## Did the levels rise?
#
# `scale_trend` takes the incidents as they are. By default it looks at confirmed incidents, with claims as a line of their own.

# %% trend
trend = esc.scale_trend(case.incidents, start="2023-10-17", end="2024-02-20")
for sentence in trend.sentences():
    print(sentence)

# %% shares
columns = ["evidence", "period", "described", "typed", "at_least", "share", "lower", "upper"]
trend.shares.query("level == 'ballistic_missile'")[columns]

# %% [markdown] shares-reading
# `typed` incidents have a reported weapon; `at_least` of them reached the level. The intervals are exact and wide: one
# ballistic missile among sixteen attacks is compatible with shares from almost none to a quarter.
#
# Between two months, is a later incident likelier to be the higher one? `sample_superiority` is P(later > earlier) + ½ P(equal) in the
# sample, and `described_least` and `described_most` are what it could be whatever the unreported weapons of described incidents were.
# `p_same`, `p_rises`, `p_falls` and `p_crosses` add up to 1; half of the prior is on one and the same mix.

# %% comparisons
columns = ["earlier", "later", "typed_earlier", "typed_later", "described_least", "sample_superiority",
           "described_most",
           "p_same", "p_rises", "p_falls", "p_crosses"]
trend.comparisons.query("evidence == 'confirmed'")[columns]

# %% tests
trend.tests

# %% [markdown] tests-reading
# `kendall, whole days` permutes days with all their incidents. Attacks of one day often use one weapon, and a test that does not
# know this finds trends where there are none.

# %% coarse
coarse = esc.scale_trend(case.incidents, scale=esc.COARSE_SCALE, start="2023-10-17", end="2024-02-20")
for sentence in coarse.sentences("confirmed"):
    print(sentence)

# %% [markdown] uses-text
# ## First use, second use
#
# The record of ballistic missiles, with its two ordinals:

# %% uses
for sentence in trend.uses()["sentence"]:
    print(sentence)

# %% recurrence
columns = ["evidence", "level", "n", "uses", "before_first", "expected_before", "p_first", "hazard", "hazard_lower",
           "hazard_upper", "wait", "wait_lower", "wait_upper"]
trend.recurrence.query("level == 'ballistic_missile'")[columns]

# %% [markdown] recurrence-reading
# `before_first` typed incidents came before the first use, and `expected_before` would be expected if every incident had the same
# chance of being one. `p_first` is the probability of a first use this late or later in that case. `hazard` is uses a day;
# `wait` is the time to the next one if that hazard stays: from days to most of a year, because two uses fix very little.

# %% [markdown] link-text
# A regression of the level on time needs more than that. Where it is not identified it is refused, with the reason; here it
# can be fitted, and its interval holds 1.

# %% link
link = trend.link("confirmed", per=30)
print(link.sentence())
try:
    esc.scale_trend(esc.load_case("five-documents").incidents).link("confirmed")
except ValueError as error:
    print("five documents:", error)

# %% [markdown] pairing-text
# ## Beside the rate
#
# `pairing` holds the described incidents against the *reconstructed* number of incidents, with its uncertainty. The rate rests on
# totals, the levels on described incidents: two posteriors, taken as independent.

# %% pairing
both = esc.pairing(rec, case.incidents)
for sentence in both.sentences():
    print(sentence)

# %% table
columns = ["period", "total", "described", "typed", "at_least", "bound_lower", "bound_upper", "share", "lower", "upper",
           "number_least", "number_most", "level_rate", "salvo_low", "salvo_high"]
both.table().query("evidence == 'confirmed' and level == 'ballistic_missile'")[columns]

# %% [markdown] table-reading
# `bound_lower` to `bound_upper` assumes nothing about the incidents whose weapon nobody reported: they may all have been missiles,
# or none. `share` with `lower` and `upper` assumes that the weapon is missing at random. What else could be assumed, each by name:

# %% bounds
frame = both.bounds["confirmed"].frame().query("period == 'all'")
frame[["level", "assumption", "kind", "lower", "upper", "estimate", "typed", "at_least", "unknown"]]

# %% figure
both.plot(source=case.source_line)

# %% [markdown] figure-reading
# Pale boxes: what the share can be. Dark bars and filled markers: exact intervals and shares among confirmed incidents with a
# reported weapon. Hollow: claims. Nothing is joined from month to month, and one level is not higher than the other by any amount.
#
# If both changed, did they change together? Near dates are common by chance where several changes are possible, so
# the same probability for unrelated dates stands beside it.

# %% timing
both.timing

# %% [markdown] intercepted-text
# The third axis, munitions per attack, and interceptions where both figures were reported. They were reported of few attacks, and
# not of a random few: the share is not that of all munitions.

# %% intercepted
columns = ["evidence", "period", "incidents", "intercepted", "munitions_low", "munitions_high", "share_low", "share_high",
           "munitions_only"]
both.interceptions.query("incidents > 0")[columns]

# %% [markdown] five-text
# ## Five documents
#
# The case this work began with: a claim of 6 November, a missile of 21 November, and the attack of 20 January. All
# described incidents together, whoever tells of them:

# %% five
five = esc.scale_trend(esc.load_case("five-documents").incidents, evidence=("described",))
for sentence in (*five.uses()["sentence"], *five.sentences()):
    print(sentence)

# %% [markdown] own-text
# ## Your own scale
#
# Three lines. Levels that sources do not tell apart are tied.

# %% own
own = esc.EscalationScale(["small_arms", "mortar", "car_bomb"], basis="lethal radius, by our own judgement")
log = pd.DataFrame({"date": ["2024-03-01", "2024-03-09", "2024-03-20"], "weapons": ["small_arms", "", "mortar+car_bomb"]})
print(esc.scale_trend(log, scale=own.tied({"small_arms", "mortar"}, basis="not told apart in reports")).sentences()[0])

# %% [markdown] limits
# ## What cannot be said
#
# * **That attacks got worse, or that they did not.** Without an assumption on the attacks whose weapon nobody reported, the bounds
#   leave room for both; every narrow answer above assumes something about them.
# * **By how much.** The scale has no distances, so there is no average level and no slope of one.
# * **Why.** A higher level after a strike is an order in time.
# * **That a claim is true, or false.** Claims are a count of their own.
# * **That a first use was a step up.** A record is the last thing to arrive even under a constant mixture.
# * **How weapons were missing.** Each assumption above is named, and none of them can be tested with these reports.
