"""What was averaged over, with prior and posterior weight: models of the rate, and habits of the reports."""

from __future__ import annotations

import pandas as pd

from escalation.lattice.posterior import Posterior
from escalation.reconstruct.joint import Joint

#: Kinds of model in the order in which they are told: family, and whether counts are clumped.
KINDS = (
    ("constant", False, "constant"), ("constant", True, "constant but clumped"), ("jumps", None, "jumps"),
    ("drift", None, "drift"), ("both", None, "jumps and drift"),
)  # fmt: skip


def model_frame(posterior: Posterior) -> pd.DataFrame:
    """Every model with its prior and posterior weight, heaviest first; `node` is its share in bands and draws."""
    frame = pd.DataFrame(
        [(m.family, m.hazard, m.phi, m.sigma, m.centre, m.spread, m.weight) for m in posterior.models],
        columns=["family", "hazard", "phi", "sigma", "centre", "spread", "prior"],
    ).astype({"centre": "float64", "spread": "float64"})
    frame["posterior"] = posterior.weights.sum(axis=0)
    frame["node"] = posterior.nodes.sum(axis=0)
    return frame.sort_values("posterior", ascending=False, kind="stable", ignore_index=True)


def habit_frame(joint: Joint) -> pd.DataFrame:
    """Every habit of the reports with its prior and posterior weight."""
    rows = [(heard.habit.name, heard.habit.slips, heard.habit.weight) for heard in joint.heard]
    return pd.DataFrame(rows, columns=["habit", "slips", "prior"]).assign(posterior=joint.habit_weight)


def kinds(models: pd.DataFrame) -> pd.DataFrame:
    """Sum the weights of models by kind; index `kind`, columns `prior` and `posterior`.

    A kind is what a model allows, not what happened under it: most models with jumps have none in a short series, so
    that P(constant rate) of the answer is more than the weight of the two constant kinds.

    Examples
    --------
    >>> models = pd.DataFrame({"family": ["constant", "constant", "drift"], "phi": [0.0, 1.0, 0.0],
    ...                        "prior": [0.3, 0.2, 0.5], "posterior": [0.1, 0.6, 0.3]})
    >>> kinds(models)["posterior"].to_dict()["constant but clumped"]
    0.6
    """
    out = []
    for family, clumped, name in KINDS:
        member = models["family"] == family
        if clumped is not None:
            member &= (models["phi"] > 0) == clumped
        out.append((name, float(models.loc[member, "prior"].sum()), float(models.loc[member, "posterior"].sum())))
    return pd.DataFrame(out, columns=["kind", "prior", "posterior"]).set_index("kind")


def in_words(models: pd.DataFrame) -> str:
    """Tell the posterior weights of the kinds of models, in per cent."""
    return ", ".join(f"{100 * weight:.0f} % {kind}" for kind, weight in kinds(models)["posterior"].items())
