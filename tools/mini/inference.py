"""What CMNLI and OCNLI share: premises and, per label, hypotheses, filled from the same row of linked words."""

import dataclasses
from collections.abc import Mapping, Sequence

from tools.mini.sampling import Dice, fill, phrases


@dataclasses.dataclass(frozen=True)
class Family:
    """Premises and hypotheses over the same words.

    columns  names of the linked words, in the order of each row
    rows     one row of linked words per line, separated by blanks; a place comes with its kind and the opposite kind
    premise, entailment, contradiction, neutral   templates separated by |, with {column} or {shared word}
    genre    OCNLI's source of the premise
    """

    premise: str
    entailment: str
    contradiction: str
    neutral: str
    columns: str = ""
    rows: str = ""
    genre: str = ""


def inference(dice: Dice, families: Sequence, weights: Mapping, shared: Mapping) -> tuple:
    """(family, premise, hypothesis, label). `weights`: {label: weight}; `shared`: {name: words} for all families."""
    family, label = dice.pick(families), dice.weighted(weights)
    row = dice.pick(family.rows.strip().splitlines() or [""]).split()
    linked = {name: [word] for name, word in zip(family.columns.split(), row, strict=True)}
    both = dice.pick(phrases(family.premise)) + "\n" + dice.pick(phrases(getattr(family, label)))
    premise, hypothesis = fill(both, shared | linked, dice).split("\n")
    return family, premise, hypothesis, label
