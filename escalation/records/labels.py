"""Short labels of interventions, composed from who acted, how, and on what."""

from __future__ import annotations

import re

import pandas as pd

__all__ = ["event_labels", "short_label"]

LONGEST = 20  # characters of a target named after a strike
CUT = 34  # characters of what was announced
_SMALL = {"a", "against", "an", "and", "at", "by", "for", "in", "of", "on", "or", "the", "to", "until", "with"}
_PLACES = re.compile(r"[A-Z][\w'’-]*(, (and )?[A-Z][\w'’-]*)*")


def _words(cell: object) -> str:
    """Return a cell as words on one line; a missing one is empty."""
    return "" if pd.isna(cell) else " ".join(str(cell).replace("_", " ").split())  # type: ignore[call-overload]


def _head(text: str) -> str:
    """Return the words before the first comma, bracket or semicolon."""
    return re.split(r"[,;(]", text, maxsplit=1)[0].strip()


def _cut(text: str, room: int) -> str:
    """Shorten after a word that can stand last, with an ellipsis."""
    if len(text) <= room:
        return text
    words = text[: room + 1].split(" ")[:-1] or [text[:room]]
    while len(words) > 1 and words[-1].lower() in _SMALL:
        words.pop()
    return f"{' '.join(words)}…"


def short_label(actor: object = None, kind: object = None, target: object = None, notes: object = None) -> str:
    """Say an intervention in few words.

    A target that is nothing but places stands before the kind; a strike is named by who and how, with its
    target if that is short; anything else, such as an announcement, by who, how and the first words of what.
    Notes that begin with "doubtful" are carried into the label: a line in a figure looks certain. So is that a
    lull is read off the series itself: a comparison of rates around it is circular.

    Parameters
    ----------
    actor, kind, target, notes : object
        Cells of the table of interventions; missing ones are passed over.

    Returns
    -------
    str

    Examples
    --------
    >>> short_label("US", "airstrike", "two storage sites near Abu Kamal, eastern Syria")
    'US airstrike'
    >>> short_label("Iran (IRGC)", "missile_strike", "Erbil, Iraq, and Idlib, Syria")
    'Iran missile strike, Erbil'
    >>> short_label("Israel and Hamas", "truce", "Gaza")
    'Gaza truce'
    >>> short_label("Kataib Hezbollah", "announcement", "suspension of operations, Iraq")
    'Kataib Hezbollah announcement: suspension of operations'
    """
    who, how, what = _head(_words(actor)), _words(kind), _words(target)
    act = " ".join(filter(None, (who, how)))
    head = _head(what)
    if "strike" in how:
        label = f"{act}, {head}" if 0 < len(head) <= LONGEST else act
    elif len(what) <= LONGEST and _PLACES.fullmatch(what):
        label = f"{what} {how}".strip()
    else:
        label = f"{act}: {_cut(head, CUT)}" if head else act
    doubt = " (doubtful)" if _words(notes).lower().startswith("doubtful") else ""
    circular = " (read off the series)" if how == "lull" else ""
    return f"{label[:1].upper()}{label[1:]}{circular}{doubt}"


def event_labels(interventions: pd.DataFrame) -> list[str]:
    """Return what each intervention is called in figures, tables and sentences.

    Parameters
    ----------
    interventions : DataFrame
        One row per intervention. A cell of `label` stands as it is; where it is empty or absent, `short_label` of
        `actor, kind, target, notes` does, and where those are empty too, "Intervention".

    Returns
    -------
    list of str
        One label per row.

    Examples
    --------
    >>> frame = pd.DataFrame({"kind": ["truce", "airstrike", None], "label": [None, "first raid", None]})
    >>> event_labels(frame)
    ['Truce', 'first raid', 'Intervention']
    """
    names = ("label", "actor", "kind", "target", "notes")
    empty = [None] * len(interventions)
    cells = (interventions[c].astype("object").tolist() if c in interventions else empty for c in names)
    return [_words(given) or short_label(*parts) or "Intervention" for given, *parts in zip(*cells, strict=True)]
