"""Any damage to an index is its content or one line: never another error, never content that nobody wrote."""

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from index_damage import copy_of, mutate, mutations, vouch

from baselines.errors import InputError
from baselines.retrieval.prefix_index.builder import build
from baselines.retrieval.prefix_index.format import INDEX
from baselines.retrieval.prefix_index.index import PrefixIndex
from baselines.retrieval.prefix_index.string_table import KeyTokenizer
from baselines.retrieval.vector_index import changing
from baselines.retrieval.vector_index.format import VECTORS
from baselines.retrieval.vector_index.index import VectorIndex
from baselines.storage import array_folder

EXAMPLES = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TOKENIZER = KeyTokenizer(lambda texts: [[ord(letter) % 40 + 3 for letter in text] for text in texts], "letters", 60, 1, 2)


def read_keys(folder, verify):
    """All that an index of keys can be asked for."""
    index = PrefixIndex.open(folder, verify=verify)
    entries = [index.entry(key) for key in range(min(len(index), 20))]
    state, walked = index.root(), []
    for _ in range(8):
        tokens = index.next(state)
        walked.append(tokens.tolist())
        if not len(tokens):
            break
        state = index.advance(state, tokens[-1]) or index.root()
    index.next_batch([state, None, index.root()]), index.mask([index.root()])
    if index.parts == 3:
        index.predicates([5, 2]), index.leaves_with_only([0])
    return entries, walked, [mention.subject for mention in index.mentions("abc")], index.lookup([5, 2])


def read_vectors(folder, verify):
    """All that an index of vectors can be asked for."""
    index = VectorIndex.open(folder, verify=verify)
    scores, positions = index.search(np.ones((1, index.size), np.float32), k=4)
    items = [index.item(position) for position in positions[0].tolist() if position >= 0]
    return scores.tolist(), items, index.positions([1, "q"]), index.ids(10), len(index), index.metric


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """{kind of index: (folder, what the folder is, how it is read)}."""
    root = tmp_path_factory.mktemp("sound")
    knowledge, lines = root / "knowledge.txt", root / "lines.jsonl"
    knowledge.write_text("ab（c）\tde\tf\nab\tde\tg\nb\th\ti\nq\t㛃\tk\n", encoding="utf-8")
    lines.write_text('{"key": "abc", "value": {"x": 1}}\n{"key": "ab"}\n{"key": "b", "value": [1, "二"]}\n', encoding="utf-8")
    build(knowledge, root / "knowledge", TOKENIZER)
    build(lines, root / "lines", TOKENIZER, "jsonl")
    model = {"fingerprint": "f", "source": "s", "pooling": "mean", "max_length": 8}
    vectors = np.random.default_rng(0).normal(size=(6, 3))
    rows = [(None if number % 2 else f"q{number}", {"text": "字" * number, "n": number}) for number in range(6)]
    changing.create(root / "vectors", vectors, rows, model)
    return {
        "knowledge": (root / "knowledge", INDEX, read_keys), "lines": (root / "lines", INDEX, read_keys),
        "vectors": (root / "vectors", VECTORS, read_vectors),
    }  # fmt: skip


def one_line(error):
    return "\n" not in str(error) and len(str(error)) < 1200


@EXAMPLES
@given(kind=st.sampled_from(["knowledge", "lines", "vectors"]), mutation=mutations(), verify=st.booleans())
def test_damage_is_the_content_or_one_line(sound, tmp_path, kind, mutation, verify):
    folder, _, read = sound[kind]
    content = read(folder, verify)
    damaged = copy_of(folder, tmp_path / "damaged")
    mutate(damaged, mutation)
    try:
        assert read(damaged, verify) == content
    except InputError as error:
        assert one_line(error)


@EXAMPLES
@given(kind=st.sampled_from(["knowledge", "lines", "vectors"]), damage=st.lists(mutations(), min_size=1, max_size=3))
def test_damage_that_no_checksum_tells_is_no_other_error(sound, tmp_path, monkeypatch, kind, damage):
    """As in a large index that is opened without verifying, or one whose header was written anew."""
    monkeypatch.setattr(array_folder, "VERIFIED_BYTES", -1)
    folder, header, read = sound[kind]
    damaged = copy_of(folder, tmp_path / "damaged")
    for mutation in damage:
        mutate(damaged, mutation)
        vouch(damaged, header)
    try:
        read(damaged, False)
    except InputError as error:
        assert one_line(error)


def test_the_two_folders_that_once_were_tracebacks(sound, tmp_path, monkeypatch):
    """Bytes of each file in turn, where nobody looks at checksums: JSON, UTF-8, offsets and NumPy's own headers."""
    monkeypatch.setattr(array_folder, "VERIFIED_BYTES", -1)
    refused = 0
    for folder, header, read in sound.values():
        names = sorted(path.name for path in folder.iterdir() if path.name != header.header)
        for number, share in itertools.product(range(len(names)), (0.0, 0.3, 0.999)):
            damaged = copy_of(folder, tmp_path / "damaged")
            for at in range(4):
                path = damaged / names[number]
                data = bytearray(path.read_bytes())
                data[min(int(share * len(data)) + at, len(data) - 1)] ^= 0xA5
                path.write_bytes(data)
            vouch(damaged, header)
            try:
                read(damaged, False)
            except InputError as error:
                refused += one_line(error)
    assert refused > 30
