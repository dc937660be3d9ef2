"""Bad cases repaired by hand, in a YAML or JSON file: names in use, what is preferred or never answered, whole answers.

    aliases: {北航: 北京航空航天大学}
    subjects: {boost: {小城: 2}, ban: [大山]}
    predicates: {boost: {人口: 1.5}, ban: [面积]}
    answers: {大山有多高: 大山（东城） ||| 高度}
"""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from baselines.errors import InputError, excerpt, nearest
from baselines.retrieval.prefix_index.index import PrefixIndex
from baselines.retrieval.prefix_index.names import folded, split_name
from baselines.storage.text_files import read_text

SEPARATOR = "|||"
SECTIONS = ("aliases", "subjects", "predicates", "answers")
PREFERENCES = ("boost", "ban")
SILENT = "？?。.！!，, "


@dataclasses.dataclass(frozen=True)
class Preferences:
    """Preferences among subjects, or among predicates.

    Args:
        boost: {string: log-probability that is added to it}.
        ban: Strings that are never part of an answer.
    """

    boost: Mapping[str, float] = dataclasses.field(default_factory=dict)
    ban: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Overrides:
    """The content of a file.

    Args:
        aliases: {name that questions use: subject of the knowledge base}.
        subjects: Preferences among subjects.
        predicates: Preferences among predicates.
        answers: {question, see `normalize_question`: (name, predicate) or (name, predicate, object)}.
    """

    aliases: Mapping[str, str] = dataclasses.field(default_factory=dict)
    subjects: Preferences = Preferences()
    predicates: Preferences = Preferences()
    answers: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    def answer(self, question: str) -> tuple | None:
        """The columns that are given for a question, or None."""
        return self.answers.get(normalize_question(question))

    def aliases_in(self, question: str) -> dict[str, str]:
        """{alias: subject} of those that stand in a question; one within a longer one does not count."""
        text, result = folded(question), {}
        for alias in sorted(self.aliases, key=lambda alias: -len(folded(alias))):
            if folded(alias) in text:
                result[alias] = self.aliases[alias]
                text = text.replace(folded(alias), "\n")
        return result


def normalize_question(question: str) -> str:
    """What equal questions have in common: no case, no spaces, no punctuation at the end."""
    return folded(question).rstrip(SILENT)


def read(path: str | Path, index: PrefixIndex, ids: Callable[[str], tuple]) -> Overrides:
    """Reads a file of overrides.

    Args:
        path: The file.
        index: The PrefixIndex that they are for; names that it does not hold are an error.
        ids: text -> the token ids of a text in that index, the end token included.

    Raises:
        InputError: Something is wrong; the message names the file, the line and the key.
    """
    try:
        text = read_text(path)
        root = yaml.compose(text.replace("\t", " "), Loader=yaml.SafeLoader)        # JSON may be indented by tabs, YAML not
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else path
        reason = excerpt(getattr(error, "problem", None) or error, 200)
        raise InputError(f"{where} is neither YAML nor JSON: {reason}. Correct the line.") from None
    except (ValueError, OverflowError, RecursionError) as error:        # an escape of no character, and brackets without end
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is neither YAML nor JSON: {excerpt(error)}. Correct the file.") from None
    return _Reader(path, index, ids).overrides(root)


class _Reader:
    """Nodes of the file to Overrides; a node knows its line."""

    def __init__(self, path, index, ids):
        self.path, self.index, self.ids = path, index, ids

    def overrides(self, root):
        result = self.mapping(root, "the file", SECTIONS) if root is not None else {}
        subjects = self.preferences(result.get("subjects"), "subjects", self.check_subject)
        predicates = self.preferences(result.get("predicates"), "predicates", self.check_predicate)
        aliases, answers = {}, {}
        for alias, node in self.section(result, "aliases").items():
            where = f"aliases: {alias}"
            aliases[alias] = subject = self.text(node, where)
            self.check_subject(subject, node, where)
            if subject in subjects.ban:
                raise self.wrong(node, where, "a subject that is not banned", subject)
        for question, node in self.section(result, "answers").items():
            answers[normalize_question(question)] = self.columns(node, f"answers: {question}")
        return Overrides(aliases, subjects, predicates, answers)

    def section(self, result, name):
        return self.mapping(result[name], name) if name in result else {}

    def preferences(self, node, name, check):
        if node is None:
            return Preferences()
        result, boosts, bans = self.mapping(node, name, PREFERENCES), {}, []
        for text, value in (self.mapping(result["boost"], f"{name}: boost") if "boost" in result else {}).items():
            check(text, value, f"{name}: boost")
            boosts[text] = self.number(value, f"{name}: boost: {text}")
        for value in self.items(result["ban"], f"{name}: ban") if "ban" in result else ():
            bans.append(self.text(value, f"{name}: ban"))
            check(bans[-1], value, f"{name}: ban")
            if bans[-1] in boosts:
                raise self.wrong(value, f"{name}: ban", "either boost or ban for a name", bans[-1])
        return Preferences(boosts, tuple(bans))

    def items(self, node, where):
        if not isinstance(node, yaml.SequenceNode):
            raise self.wrong(node, where, "a list", self.kind_of(node))
        return node.value

    def mapping(self, node, where, known=None):
        """{key: node of its value}, in order."""
        if not isinstance(node, yaml.MappingNode):
            raise self.wrong(node, where, f"keys {', '.join(known)}" if known else "lines of NAME: VALUE", self.kind_of(node))
        result = {}
        for key, value in node.value:
            name = self.text(key, where)
            if known and name not in known:
                raise self.wrong(key, where, f"keys {', '.join(known)}", f"{name}. {nearest(name, known)}".rstrip("."))
            if name in result:
                raise self.wrong(key, where, "every key once", f"{name} again")
            result[name] = value
        return result

    def text(self, node, where):
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise self.wrong(node, where, "a text that is not empty", self.kind_of(node))
        return node.value.strip()

    def number(self, node, where):
        try:
            value = float(self.text(node, where))
        except ValueError:
            value = 0.0
        if not 0 < value <= 100:
            raise self.wrong(node, where, "a number above 0, at most 100", self.kind_of(node))
        return value

    def columns(self, node, where):
        """(name, predicate) of the index, or (name, predicate, object) as given."""
        text = self.text(node, where)
        columns = tuple(column.strip() for column in text.split(SEPARATOR))
        if len(columns) not in (2, 3) or not all(columns):
            raise self.wrong(node, where, f"NAME {SEPARATOR} PREDICATE, and {SEPARATOR} OBJECT if you like", text)
        if len(columns) == 2 and not entries_of(self.index, self.ids, *columns):
            raise self.wrong(node, where, f"a key of {self.index.folder}, or {SEPARATOR} and an object", text)
        return columns

    def check_subject(self, subject, node, where):
        token_ids = self.ids(subject)
        if self.index.unknown_id in token_ids:                              # others are spelled alike
            known = any(mention.subject == subject for mention in self.index.mentions(subject))
        else:
            known = self.index.walk(token_ids) is not None
        if not known:
            raise self.wrong(node, where, f"a subject of {self.index.folder}", subject)

    def check_predicate(self, predicate, node, where):
        if not self.index.predicates(self.ids(predicate)):
            raise self.wrong(node, where, f"a predicate of {self.index.folder}", predicate)

    def wrong(self, node, where, expected, received):
        line = node.start_mark.line + 1
        received = excerpt(received, 200)
        return InputError(f"{self.path}:{line}: {excerpt(where)}: expected {expected}, but got {received}. Correct the line.")

    def kind_of(self, node):
        kinds = {yaml.SequenceNode: "a list", yaml.MappingNode: "a mapping"}
        return kinds.get(type(node)) or node.value or "nothing"


def entries_of(index: PrefixIndex, ids: Callable, name: str, predicate: str) -> list:
    """Entries of an index that have this name and predicate."""
    subject, meaning = split_name(name)
    result = index.lookup(index.key(ids(subject), ids(predicate), ids(meaning)))
    return [one for one in result if (one.name, one.predicate) == (name, predicate)]
