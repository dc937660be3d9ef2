"""Vector indexes: what is found equals the obvious loop, ids stay, and what is unfit, damaged or in use is told in one line."""

import json
import multiprocessing
import shutil

import numpy as np
import pytest

from baselines.errors import InputError
from baselines.retrieval.vector_index import changing, structure, whitening
from baselines.retrieval.vector_index.format import VECTORS
from baselines.retrieval.vector_index.index import VectorIndex
from baselines.storage.array_folder import read_header
from baselines.storage.folder_lock import only_builder

SIZE, COUNT = 8, 60
RNG = np.random.default_rng(1)
MODEL = {"fingerprint": "abc", "source": "runs/simbert/1", "pooling": "first"}
CENTERS = RNG.normal(size=(7, SIZE))
DATA = (CENTERS[RNG.integers(0, 7, COUNT)] + 0.3 * RNG.normal(size=(COUNT, SIZE))).astype(np.float32) * 2


def rows(first, count):
    return [(None, {"text": f"句子{number}", "class": number % 3}) for number in range(first, first + count)]


@pytest.fixture
def folder(tmp_path):
    changing.create(tmp_path / "index", DATA, rows(0, COUNT), MODEL)
    return tmp_path / "index"


def by_loop(queries, vectors, k, metric="cosine"):
    """Places of the best scores, one comparison after the other."""
    found = []
    for query in queries:
        scores = [float(query @ each) for each in vectors]
        if metric == "cosine":
            scores = [score / np.linalg.norm(query) / np.linalg.norm(each) for score, each in zip(scores, vectors, strict=True)]
        found.append(sorted(range(len(vectors)), key=lambda place: -scores[place])[:k])
    return found


@pytest.mark.parametrize("metric", ["cosine", "ip"])
@pytest.mark.parametrize("half", [False, True])
def test_flat_search_equals_the_loop(tmp_path, metric, half):
    made = changing.create(tmp_path / "index", DATA, rows(0, COUNT), MODEL, metric=metric, half=half)
    queries = RNG.normal(size=(5, SIZE))
    scores, places = made.search(queries, 10)
    expected = by_loop(queries, made.vectors.astype(np.float32), 10, metric)
    assert places.tolist() == expected
    truth = by_loop(queries, DATA, 10, metric)
    if not half:
        assert places.tolist() == truth
    assert (np.diff(scores, axis=1) <= 0).all()
    item = made.item(places[0, 0])
    assert item.id == truth[0][0] + 1 or half
    assert item.row["class"] == (item.id - 1) % 3 and item.text == item.row["text"]


@pytest.mark.parametrize("kind", ["ivf", "hnsw"])
def test_structures_find_what_is_there(tmp_path, kind):
    made = changing.create(tmp_path / "index", DATA, rows(0, COUNT), MODEL, kind=kind, recall=0.9)
    told = made.header["structure"]
    assert told["kind"] == kind and told["recall"] >= 0.9
    queries = DATA[:20] + 0.1
    exact = made.search(queries, 5, exactly=True)
    found = made.search(queries, 5)
    shared = [len(set(a) & set(b)) / 5 for a, b in zip(exact[1].tolist(), found[1].tolist(), strict=True)]
    assert np.mean(shared) >= 0.9
    assert found[0][:, 0] == pytest.approx(exact[0][:, 0], abs=1e-6)    # scores come from the vectors, not from half precision
    changing.delete(tmp_path / "index", [1, 2, 3])
    changing.add(tmp_path / "index", DATA[:1] + 0.01, [("new", {"text": "新"})])
    again = VectorIndex.open(tmp_path / "index", verify=True)
    best = again.item(again.search(DATA[:1], 1)[1][0, 0])
    assert best.id == "new" and len(again) == COUNT - 2
    assert not {1, 2, 3} & {again.item(place).id for place in again.search(queries[:3], 40)[1].ravel().tolist() if place >= 0}


def test_the_kind_follows_the_size_with_a_reason():
    counts = (10, structure.MAX_FLAT, structure.MAX_FLAT + 1, structure.MAX_GRAPH + 1)
    assert [structure.choose("auto", count).kind for count in counts] == ["flat", "flat", "hnsw", "ivf"]
    assert "misses none" in structure.choose("auto", 10).reason
    with pytest.raises(InputError, match="Did you mean hnsw"):
        structure.choose("hnws", 10)


def test_more_than_there_are_and_none(folder):
    index = VectorIndex.open(folder)
    scores, places = index.search(DATA[:2], 10_000)
    assert places.shape == (2, COUNT) and set(places[0].tolist()) == set(range(COUNT))
    assert index.search(np.zeros((0, SIZE)), 3)[1].shape == (0, 3)
    with pytest.raises(InputError, match="at least 1"):
        index.search(DATA[:1], 0)


def test_ids_stay_when_texts_come_and_go(folder):
    first = VectorIndex.open(folder)                                    # goes on reading the old files
    changing.delete(folder, [2, 5])
    changing.add(folder, DATA[:2], [(None, {"text": "a"}), ("x7", {"text": "b"})])
    index = VectorIndex.open(folder, verify=True)
    assert len(index) == COUNT and index.header["counts"] == {"texts": COUNT, "deleted": 2}
    assert [index.item(place).id for place in (0, 2, COUNT, COUNT + 1)] == [1, 3, COUNT + 1, "x7"]
    changing.delete(folder, list(range(10, 30)))                        # more than a quarter: places are given anew
    compact = VectorIndex.open(folder, verify=True)
    assert compact.header["counts"] == {"texts": COUNT - 20, "deleted": 0}
    ids = {compact.item(place).id for place in range(len(compact))}
    assert ids == ({*range(1, COUNT + 2)} | {"x7"}) - {2, 5} - {*range(10, 30)}
    best = compact.search(DATA[39:40], 1)[1][0, 0]
    assert compact.item(best).id == 40
    assert len(first) == COUNT and first.item(1).id == 2
    changing.add(folder, DATA[:1], [(2, {"text": "again"})])            # an id that was deleted is free


def test_unknown_ids_are_told(folder):
    with pytest.raises(InputError, match=r"no text with the id 99, 'x'"):
        changing.delete(folder, [1, 99, "x"])
    with pytest.raises(InputError, match="It has"):
        changing.delete(folder, ["1"])
    with pytest.raises(InputError, match="Remove the folder"):
        changing.delete(folder, range(1, COUNT + 1))
    assert len(VectorIndex.open(folder)) == COUNT


@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        (np.full((1, SIZE), np.nan), "row 0: the vector holds NaN"),
        (np.zeros((1, SIZE)), "row 0: a vector of zeros"),
        (np.ones((1, SIZE + 1)), r"\(N, 8\)"),
    ],
)
def test_unfit_vectors_leave_the_index_as_it_was(folder, vectors, words):
    with pytest.raises(InputError, match=words):
        changing.add(folder, vectors, [(None, {"text": "a"})])
    with pytest.raises(InputError, match=words.replace("row 0", "queries, row 0")):
        VectorIndex.open(folder).search(vectors, 1)
    assert len(VectorIndex.open(folder, verify=True)) == COUNT
    assert sorted(path.name for path in folder.parent.iterdir()) == ["index"]


def test_an_id_that_is_there_is_refused(folder):
    with pytest.raises(InputError, match="The id 7 occurs twice, for the items 7 and 61"):
        changing.add(folder, DATA[:1], [(7, {"text": "a"})])


def test_another_models_vectors_are_refused(folder):
    index = VectorIndex.open(folder)
    index.require_model("abc", "runs/simbert/1")
    with pytest.raises(InputError, match="runs/simbert/2 has other weights"):
        index.require_model("abd", "runs/simbert/2")


def test_damage_is_found(folder, tmp_path):
    for name, change, words in [
        ("vectors.npy", lambda data: data[:-1], "has .* bytes, not"),
        ("vectors.json", lambda data: data.replace(b"abc", b"abd"), "changed after it was written"),
        ("vectors.json", lambda data: data.replace(b'"version": 1', b'"version": 2'), "has version 2 of the format, not 1"),
    ]:
        copy = shutil.copytree(folder, tmp_path / f"copy{len(list(tmp_path.iterdir()))}")
        (copy / name).write_bytes(change((copy / name).read_bytes()))
        with pytest.raises(InputError, match=words):
            VectorIndex.open(copy)
    copy = shutil.copytree(folder, tmp_path / "flipped")
    data = bytearray((copy / "rows_values.npy").read_bytes())
    data[-3] ^= 1
    (copy / "rows_values.npy").write_bytes(data)
    with pytest.raises(InputError, match="checksum"):
        VectorIndex.open(copy, verify=True)
    with pytest.raises(InputError, match="is not a vector index"):
        VectorIndex.open(tmp_path / "nothing")


def test_something_else_is_not_replaced(tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").touch()
    with pytest.raises(InputError, match="exists and is not a vector index"):
        changing.create(tmp_path / "precious", DATA, rows(0, COUNT), MODEL)


def hold(folder, held, leave):
    with only_builder(folder):
        held.set()
        leave.wait(120)


def test_a_killed_writer_leaves_the_index_and_its_lock_free(folder):
    context = multiprocessing.get_context("spawn")
    held, leave = context.Event(), context.Event()
    process = context.Process(target=hold, args=(folder, held, leave))
    process.start()
    assert held.wait(120)
    with pytest.raises(InputError, match="another process"), only_builder(folder):
        pass
    process.kill()
    process.join()
    (folder.parent / ".index.building").mkdir()                         # what a killed writer had begun
    with only_builder(folder):
        changing.delete(folder, [1])
    assert len(VectorIndex.open(folder)) == COUNT - 1
    assert [path.name for path in folder.parent.iterdir() if path.is_dir()] == ["index"]


def test_whitening_gives_independent_numbers_of_one_variance(tmp_path):
    mixed = RNG.normal(size=(500, SIZE)) @ RNG.normal(size=(SIZE, SIZE)) + 3
    found = whitening.fit(mixed, 5)
    made = found(mixed)
    assert made.mean(0) == pytest.approx(np.zeros(5), abs=1e-3)
    assert np.cov(made, rowvar=False, bias=True) == pytest.approx(np.eye(5), abs=1e-2)
    values, vectors = np.linalg.eig(np.cov(mixed, rowvar=False, bias=True))     # the paper's code, in other words: up to signs
    best = np.argsort(-values)[:5]
    paper = (mixed - mixed.mean(0)) @ (vectors[:, best] / np.sqrt(values[best]))
    assert np.abs(made) == pytest.approx(np.abs(paper), abs=1e-2)
    index = changing.create(tmp_path / "index", made, rows(0, 500), MODEL, whitening=found)
    assert VectorIndex.open(tmp_path / "index", verify=True).whitening(mixed) == pytest.approx(made)
    assert index.size == 5


def test_whitening_asks_for_texts_that_vary():
    with pytest.raises(InputError, match="these 3 vectors vary in 2 directions only"):
        whitening.fit(DATA[:3], 4)
    with pytest.raises(InputError, match="Choose 1 to 8, the numbers of a vector"):
        whitening.fit(DATA, 9)


def test_the_header_tells_what_is_inside(folder):
    header = read_header(folder, VECTORS)
    assert (header["metric"], header["text"], header["model"]) == ("cosine", "text", MODEL)
    assert header["structure"]["kind"] == "flat" and header["structure"]["recall"] == 1
    assert json.loads((folder / "vectors.json").read_text())["counts"] == {"texts": COUNT, "deleted": 0}
