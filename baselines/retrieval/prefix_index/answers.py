"""Questions to answers of a knowledge index: what may be written for each question, and what a written key says.

    answers = KnowledgeAnswers(index, ids)
    constraints = answers.constraints(question, prompt_ids)             # of one question's search
    answers.answers_of(question, [(token_ids, score)])                       # [KnowledgeAnswer], best first
"""

import dataclasses
from collections.abc import Sequence

from baselines.errors import InputError, excerpt, nearest
from baselines.retrieval.prefix_index import overrides as override_file
from baselines.retrieval.prefix_index.constraint import Guided, InIndex
from baselines.retrieval.prefix_index.copying import Copying, ranked
from baselines.retrieval.prefix_index.look_ahead import SCOPES, LookAhead
from baselines.retrieval.prefix_index.names import folded
from baselines.retrieval.prefix_index.overrides import entries_of
from baselines.retrieval.prefix_index.steering import Rules

NO_LOOK_AHEAD = "none"


@dataclasses.dataclass(frozen=True)
class KnowledgeAnswer:
    """One entry of the index, or what an overrides file says.

    name    subject and meaning together, as in the knowledge base
    object  the first one of the key, spaces collapsed; annotators kept that
    score   log-probability of the key among the keys of the index, boosts on top; 0 for a given answer
    why     what speaks for it, for people
    """

    name: str
    subject: str
    predicate: str
    meaning: str
    object: str
    score: float
    why: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """As KgCLUE's files have it."""
        return f"{self.name} ||| {self.predicate} ||| {self.object}"


class KnowledgeAnswers:
    """An index ready for questions, shared by all of them.

    ids         text -> token ids without special tokens, as the index was built with
    look_ahead  "full_key", "predicate" (look_ahead.py) or "none"
    end         see InIndex
    overrides   path of a file (overrides.py), or None
    """

    def __init__(self, index, ids, look_ahead="full_key", end="value", overrides=None):
        if index.parts != 3:
            raise InputError(f"{index.folder} has format {index.header['layout']}. Build an index with --format knowledge.")
        known = (NO_LOOK_AHEAD, *SCOPES)
        if look_ahead not in known:
            raise InputError(f"look_ahead: there is no {excerpt(look_ahead)!r}. {nearest(str(look_ahead), known)}")
        self.index, self.tree, self.look_ahead = index, InIndex(index, end), look_ahead
        self._ids = ids
        self.overrides = override_file.read(overrides, index, self.part_ids) if overrides else override_file.Overrides()
        self._rules = Rules(self.overrides, self.tree, self.part_ids)

    def part_ids(self, text: str) -> tuple:
        """Token ids of a part of a key with the end behind them, as KeyTokenizer makes them."""
        end, unknown = self.index.end_id, self.index.unknown_id
        ids = [unknown if token == end else int(token) for token in self._ids(text)]
        return (*(ids or [unknown] * bool(text)), end)

    def constraints(self, question: str, question_ids: Sequence[int] | None) -> tuple:
        """A tuple for the search of one question; `question_ids` with [CLS] and [SEP]."""
        look_ahead = None if self.look_ahead == NO_LOOK_AHEAD else LookAhead(self.index, question_ids, self.look_ahead)
        steering = self._rules.of(question)
        guided = Guided(self.tree, look_ahead, Copying(self.index, self._named(question)))
        return (guided,) if steering is None else (guided, steering)

    def answers_of(self, question: str, keys: Sequence[tuple], question_ids: Sequence[int] | None = None) -> list[KnowledgeAnswer]:
        """[KnowledgeAnswer] of written keys, best first; none where none is a key.

        keys           [(token ids, the last end may be left out; score)], best first
        question_ids   to tell why, too; the search itself does not need it
        """
        given = self._given(question)
        answers = [given] if given else []
        for token_ids, score in keys:
            entries = [entry for entry in self.index.lookup(token_ids) if entry.subject not in self.overrides.subjects.ban]
            entries = ranked(entries, self._named(question))
            if not entries:
                continue
            why = self._why(question, question_ids, token_ids, entries) if question_ids is not None else ()
            answers += [self._answer(entry, score + self._rules.taken, why) for entry in entries]
        return answers

    def _named(self, question):
        """The question, and the subjects that it means by an alias."""
        return "\n".join([question, *self.overrides.aliases_in(question).values()])

    def _given(self, question):
        columns = self.overrides.answer(question)
        if columns is None:
            return None
        entry = next(iter(entries_of(self.index, self.part_ids, *columns[:2])), None)
        subject, meaning = override_file.split_name(columns[0])
        object_ = columns[2] if len(columns) == 3 else first_object(entry)
        why = ("given in the overrides for this question",)
        return KnowledgeAnswer(columns[0], subject, columns[1], meaning, object_, 0.0, why)

    def _answer(self, entry, score, why):
        return KnowledgeAnswer(entry.name, entry.subject, entry.predicate, entry.meaning, first_object(entry), float(score), why)

    def _why(self, question, question_ids, token_ids, entries):
        """The reasons that led to a key, as sentences."""
        why, entry, (guided, *_) = [], entries[0], self.constraints(question, question_ids)
        for alias, subject in self.overrides.aliases_in(question).items():
            if subject == entry.subject:
                why.append(f"alias {alias}, from the overrides")
        for kind, text in (("subjects", entry.subject), ("predicates", entry.predicate)):
            preferences = getattr(self.overrides, kind)
            if text in preferences.boost:
                why.append(f"{text} has a boost of {preferences.boost[text]:g} in the overrides")
            banned = [name for name in preferences.ban if folded(name) in folded(question)]
            why += [f"{name} is banned by the overrides" for name in banned]
        if any(mention.subject == entry.subject for mention in guided.copying.mentions):
            why.append(f"{entry.subject} appears in the question; copied, because the vocabulary lacks some of its characters")
        elif folded(entry.subject) in folded(question):
            why.append(f"{entry.subject} appears in the question")
        if len(entries) > 1:
            why.append(f"{len(entries)} entries are spelled alike, ordered by what they share with the question")
        if guided.look_ahead:
            why += self._preferred(guided, token_ids)
        return tuple(why)

    def _preferred(self, guided, token_ids):
        """Yields a reason for each step where look-ahead preferred the generated token to all others."""
        token_ids = [*map(int, token_ids)]
        for place, token in enumerate(token_ids):
            state = self.tree.state(token_ids[:place])
            entities = guided.copying.entities(token_ids[:place])
            tokens = self.index.next(state, entities)
            gains = guided.look_ahead.gains(state, token_ids[:place], entities) if len(tokens) > 1 else None
            if gains is None:
                continue
            chosen, others = gains[tokens == token].max(), gains[tokens != token].max()
            if chosen > others:
                part, tokens = self.index.order[state.part], "token" if chosen == 1 else "tokens"
                yield f"look-ahead: this {part} leads to more of the question, {chosen} {tokens} against {others}"


def first_object(entry):
    """The object that answers are scored by, spaces collapsed; "" of an entry without any."""
    return " ".join(entry.values[0].split()) if entry and entry.values else ""
