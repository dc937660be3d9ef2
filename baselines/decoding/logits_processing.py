"""Constraints, repetition penalties and temperatures of many prefixes at once, as the model takes them."""

import numpy as np

from baselines.decoding.constraints import Except
from baselines.decoding.decoder_protocol import Adjust
from baselines.decoding.top_tokens import from_whole


def adjustment(prefixes, constraints, penalty, temperature, vocab_size, end_id):
    """What is changed about the token after each of R x K prefixes: an Adjust, or None if nothing is.

    prefixes      R lists of K lists of token ids written so far; None where there is no text
    constraints   R tuples
    penalty       float (R,), of repeating what was written; neither the prompt's tokens nor the end are penalised
    temperature   float (R,)
    """
    penalty, temperature = np.asarray(penalty, np.float32), np.asarray(temperature, np.float32)
    allowed = allowed_tokens(prefixes, constraints, vocab_size)
    penalised, tempered = (penalty != 1).any(), (temperature != 1).any()
    if allowed is None and not penalised and not tempered:
        return None
    return Adjust(
        allowed=allowed,
        seen=seen_tokens(prefixes, vocab_size, end_id) if penalised else None,
        penalty=penalty if penalised else None,
        temperature=temperature if tempered else None,
    )


def allowed_tokens(prefixes, constraints, vocab_size):
    """bool (R, K, V) of what every constraint allows; None if none of them objects to anything."""
    mask = None
    for constraint, places in _askers(prefixes, constraints):
        for place, answer in zip(places, constraint.allowed([prefixes[row][k] for row, k in places]), strict=True):
            if answer is None:
                continue
            if mask is None:
                mask = np.ones((len(prefixes), len(prefixes[0]), vocab_size), bool)
            _restrict(mask[place], answer)
    return mask


def _restrict(mask, answer):
    if isinstance(answer, Except):
        mask[np.asarray(answer.ids, np.int64)] = False
    elif isinstance(answer, np.ndarray) and answer.dtype == bool:
        mask &= answer
    else:
        ids = np.asarray(answer, np.int64)
        kept = ids[mask[ids]]
        mask[:] = False
        mask[kept] = True


def seen_tokens(prefixes, vocab_size, end_id):
    """bool (R, K, V) of what occurs in each prefix, but for the end token."""
    seen = np.zeros((len(prefixes), len(prefixes[0]), vocab_size), bool)
    for row, k in np.ndindex(seen.shape[:2]):
        seen[row, k, prefixes[row][k] or []] = True
    seen[..., end_id] = False
    return seen


def rescored(scores, prefixes, constraints, end_id):
    """Scores after every constraint that weights tokens has done so; the very same where there is none."""
    askers = [(constraint, places) for constraint, places in _askers(prefixes, constraints) if hasattr(constraint, "rescore")]
    if not askers:
        return scores
    whole = np.array(scores.whole())                                    # a copy: it is written to
    for constraint, places in askers:
        rows, ks = np.transpose(places)
        whole[rows, ks] = constraint.rescore([prefixes[row][k] for row, k in places], whole[rows, ks])
    return from_whole(whole, end_id, scores.ids.shape[-1])


def _askers(prefixes, constraints):
    """[(constraint, [(row, k)])]: a constraint that several rows share is asked once, for all their prefixes."""
    found = {}
    for row, some in enumerate(constraints):
        places = [(row, k) for k, prefix in enumerate(prefixes[row]) if prefix is not None]
        for constraint in some if places else ():
            found.setdefault(id(constraint), (constraint, []))[1].extend(places)
    return found.values()
