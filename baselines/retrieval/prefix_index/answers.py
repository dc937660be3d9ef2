"""Answers of a knowledge index: the constraints of a question's search, and the answer that a generated key holds.

    answers = KnowledgeAnswers(index, ids)
    constraints = answers.constraints(question, prompt_ids)             # for the search of one question
    answers.answers_of(question, [(token_ids, score)])                       # [KnowledgeAnswer], best first
"""

import dataclasses
from collections.abc import Callable, Sequence

from baselines.errors import InputError, excerpt, nearest
from baselines.retrieval.prefix_index import overrides as override_file
from baselines.retrieval.prefix_index.constraint import Guided, InIndex
from baselines.retrieval.prefix_index.copying import Copying, ranked
from baselines.retrieval.prefix_index.index import Entry, PrefixIndex
from baselines.retrieval.prefix_index.look_ahead import SCOPES, LookAhead
from baselines.retrieval.prefix_index.names import folded
from baselines.retrieval.prefix_index.overrides import entries_of
from baselines.retrieval.prefix_index.steering import Rules

NO_LOOK_AHEAD = "none"


@dataclasses.dataclass(frozen=True)
class KnowledgeAnswer:
    """An answer: an entry of the index, or of an overrides file.

    Args:
        name: Subject and meaning together, as in the knowledge base.
        subject: The subject.
        predicate: The predicate.
        meaning: The meaning, or "".
        object: The first object of the key, with spaces collapsed.
        score: Log-probability of the key among all keys of the index, plus boosts; 0 for a given answer.
        why: Reasons for the answer, for people.
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
        """The answer in the format of KgCLUE's files."""
        return f"{self.name} ||| {self.predicate} ||| {self.object}"


class KnowledgeAnswers:
    """Answers questions from an index.

    Args:
        index: A PrefixIndex of knowledge.
        ids: text -> token ids without special tokens, by the tokenizer of the index.
        look_ahead: "full_key", "predicate" (look_ahead.py) or "none".
        end: See InIndex.
        overrides: Path of a file (overrides.py), or None.

    Raises:
        InputError: The index does not hold knowledge, or a value is wrong.
    """

    def __init__(
        self,
        index: PrefixIndex,
        ids: Callable[[str], Sequence[int]],
        look_ahead: str = "full_key",
        end: str = "value",
        overrides: str | None = None,
    ):
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
        """Token ids of a part of a key followed by the end token, as by KeyTokenizer."""
        end, unknown = self.index.end_id, self.index.unknown_id
        ids = [unknown if token == end else int(token) for token in self._ids(text)]
        return (*(ids or [unknown] * bool(text)), end)

    def constraints(self, question: str, question_ids: Sequence[int] | None) -> tuple:
        """Creates the constraints for the search of one question.

        Args:
            question: The question.
            question_ids: Its token ids with [CLS] and [SEP]; only look-ahead needs them.
        """
        look_ahead = None if self.look_ahead == NO_LOOK_AHEAD else LookAhead(self.index, question_ids, self.look_ahead)
        steering = self._rules.of(question)
        guided = Guided(self.tree, look_ahead, Copying(self.index, self._named(question)))
        return (guided,) if steering is None else (guided, steering)

    def answers_of(self, question: str, keys: Sequence[tuple], question_ids: Sequence[int] | None = None) -> list[KnowledgeAnswer]:
        """Looks up generated keys.

        Args:
            question: The question.
            keys: (token ids, score) pairs, best first. The last end token is optional.
            question_ids: Token ids of the question, to give reasons; None for no reasons.

        Returns:
            The answers, best first; empty if no generated text is a key.
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
        for position, token in enumerate(token_ids):
            state = self.tree.state(token_ids[:position])
            entities = guided.copying.entities(token_ids[:position])
            tokens = self.index.next(state, entities)
            gains = guided.look_ahead.gains(state, token_ids[:position], entities) if len(tokens) > 1 else None
            if gains is None:
                continue
            chosen, others = gains[tokens == token].max(), gains[tokens != token].max()
            if chosen > others:
                part, tokens = self.index.order[state.part], "token" if chosen == 1 else "tokens"
                yield f"look-ahead: this {part} leads to more of the question, {chosen} {tokens} against {others}"


def first_object(entry: Entry | None) -> str:
    """The object that is scored, with spaces collapsed; "" without an object."""
    return " ".join(entry.values[0].split()) if entry and entry.values else ""
