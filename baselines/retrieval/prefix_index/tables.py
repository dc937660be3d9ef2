"""The strings of an index: subjects as a trie of their tokens, names in the order of these, predicates and meanings sorted."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from baselines.retrieval.prefix_index.mentions import build_table
from baselines.retrieval.prefix_index.names import is_unbalanced, split_name
from baselines.retrieval.prefix_index.string_table import KeyTokenizer, StringTable
from baselines.retrieval.prefix_index.trie import build_trie, lexicographic_order
from baselines.storage.array_folder import ArrayFolderWriter
from baselines.storage.ragged_array import RaggedArray


@dataclasses.dataclass(frozen=True)
class Names:
    """Names in the order of the index, where they are called entities.

    Args:
        entity_of_name: uint32 (names,), from the order of the file to that of the index.
        spelling_of_entity: int64 (names,), ascending. Entities with the same number have subjects of the same tokens.
        spelling_with_meaning: The same for subject and meaning together.
    """

    entity_of_name: np.ndarray
    spelling_of_entity: np.ndarray
    spelling_with_meaning: np.ndarray


def write_names(
    writer: ArrayFolderWriter, names: Sequence[str], whole: bool, spelling: KeyTokenizer, report: Callable
) -> tuple[Names, dict[str, int]]:
    """Writes the tables of names.

    Args:
        writer: Writer of the index folder.
        names: Names in the order of the file.
        whole: Whether a name is a complete key, without a meaning.
        spelling: KeyTokenizer of the index.
        report: Called with (stage, done, total).

    Returns:
        (Names, counts for the header).
    """
    subjects, meanings = StringTable(), StringTable()
    pairs = [(name, "") for name in names] if whole else list(map(split_name, names))
    subject_of_name = subjects.numbers([subject for subject, _ in pairs])
    meaning_of_name = meanings.numbers([meaning for _, meaning in pairs])
    del pairs
    subjects = list(subjects)
    sequences = spelling.sequences(subjects, report)
    report("sorting", 0, 3)
    spelling_of_subject, counts = _write_trie(writer, sequences, spelling.vocab_size)
    spelling_of_name = spelling_of_subject[subject_of_name]
    rank, spelling_of_meaning = np.zeros(len(names), np.int64), np.zeros(1, np.int64)
    if not whole:
        ranks, spelling_of_meaning, meaning_sequences = _sorted(list(meanings), spelling, report)
        writer.ragged("meaning_tokens", meaning_sequences)
        rank = ranks[meaning_of_name]
        counts |= {"meanings": len(meanings), "unbalanced_names": sum(map(is_unbalanced, names))}
    order = np.lexsort((rank, spelling_of_name))            # entity -> name; the first in the file first
    writer.array("entity_meaning", rank[order].astype(np.uint32))
    writer.ragged("entity_text", RaggedArray.of_texts([names[name] for name in order.tolist()]))
    counts["unknown_subjects"] = _write_unknown(writer, sequences, subjects, subject_of_name[order], spelling.unknown_id)
    entity_of_name = np.empty(len(names), np.uint32)
    entity_of_name[order] = np.arange(len(names), dtype=np.uint32)
    spelling_of_entity, of_meaning = spelling_of_name[order], spelling_of_meaning[rank[order]]
    is_new = (spelling_of_entity[1:] != spelling_of_entity[:-1]) | (of_meaning[1:] != of_meaning[:-1])
    result = Names(entity_of_name, spelling_of_entity, np.cumsum(np.concatenate([[0], is_new])))
    return result, {"names": len(names), "subjects": len(subjects), **counts}


def write_predicates(
    writer: ArrayFolderWriter, predicates: Sequence[str], spelling: KeyTokenizer, report: Callable
) -> tuple[np.ndarray, np.ndarray]:
    """Writes the tables of predicates.

    Returns:
        (uint32, rank by token ids of each predicate in the order of the file; int64, number of the spelling of each rank).
    """
    ranks, spellings, sequences = _sorted(predicates, spelling, report)
    writer.ragged("predicate_tokens", sequences)
    writer.ragged("predicate_text", RaggedArray.of_texts([predicates[row] for row in np.argsort(ranks).tolist()]))
    return ranks.astype(np.uint32), spellings


def _write_trie(writer, sequences, vocab_size):
    """(number of each sequence's spelling, in the order of the leaves; counts)."""
    trie, ends = build_trie(sequences, vocab_size)
    leaves, spelling_of_sequence = np.unique(ends, return_inverse=True)
    writer.array("trie_labels", trie.labels)
    writer.array("trie_children", trie.children)
    writer.array("subject_leaves", leaves.astype(trie.children.dtype))
    return spelling_of_sequence, {"spellings": len(leaves), "nodes": len(trie.labels)}


def _sorted(texts, spelling, report):
    """Texts in the order of their token ids: (rank of each; per rank the number of its spelling; per rank its ids, ragged)."""
    sequences = spelling.sequences(texts, report)
    order, spellings = lexicographic_order(sequences)
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    return ranks, spellings, sequences.take(order)


def _write_unknown(writer, sequences, subjects, subject_of_entity, unknown_id):
    """The table of names that the vocabulary cannot spell. Returns how many."""
    unknown = np.flatnonzero(sequences.values == unknown_id)
    is_unknown = np.zeros(len(sequences), bool)
    is_unknown[np.searchsorted(sequences.offsets, unknown, side="right") - 1] = True
    entities = np.flatnonzero(is_unknown[subject_of_entity])
    result = subject_of_entity[entities]
    table, numbers, tokens = build_table([subjects[row] for row in result], entities, sequences.take(result))
    writer.array("unknown_hashes", table)
    writer.array("unknown_entities", numbers.astype(np.uint32))
    writer.ragged("unknown_tokens", tokens)
    return len(table)
