"""--engine ray on a local cluster of two nodes, where ray is installed (requirements-ray.txt); and without it."""

import builtins
import collections
import functools
import gzip
import json
import operator

import numpy as np
import pytest

from baselines.cli.main import main
from baselines.corpus import ray_engine
from baselines.corpus.ray_engine import draw_keys, lines_in_range, ranges
from baselines.data.packed.packed_dataset import write_records
from baselines.data.packed.text_corpus import TextCorpus
from baselines.runtime import ray_cluster
from baselines.tokenizers.tokenizer import Tokenizer


def test_ranges_hold_each_line_once(tmp_path, monkeypatch):
    monkeypatch.setattr(ray_engine, "RANGE_SIZE", 7)
    path, packed = tmp_path / "a.txt", tmp_path / "b.txt.gz"
    path.write_bytes(b"one\r\n\ntwo two two two\nx\n\n\nend")
    packed.write_bytes(gzip.compress(b"three\nfour"))
    tasks = ranges([path, packed])
    found = [[line for _, line in lines_in_range(path, task["start"], task["end"])] for task in tasks[:-1]]
    assert sum(found, []) == (path.read_bytes() + b"\n").splitlines(True) and len(tasks) == 6
    whole = path.read_bytes() + b"\n"
    assert all(whole[o:].startswith(line) for task in tasks[:-1] for o, line in lines_in_range(path, task["start"], task["end"]))
    (tmp_path / "marked").write_bytes(b"\xef\xbb\xbfone\ntwo\n")
    assert list(lines_in_range(tmp_path / "marked", 0, 2)) == [(0, b"one\n")]
    assert list(lines_in_range(tmp_path / "marked", 2, 9)) == [(7, b"two\n")]
    assert list(lines_in_range(packed, 0, -1)) == [(0, b"three\n"), (6, b"four\n")]


def test_keys_come_from_seed_and_place():
    one, two = draw_keys(1)([], [5, 6]), draw_keys(2)([], [5, 6])
    assert one == draw_keys(1)([], [5, 6]) and len({*one, *two}) == 4


def test_without_ray_a_line_says_what_to_install(tmp_path, monkeypatch, capsys):
    real = builtins.__import__

    def missing(name, *arguments, **options):
        if name.partition(".")[0] == "ray":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", missing)
    (tmp_path / "a.txt").write_bytes(b"a\n")
    words = ["shuffle", str(tmp_path / "a.txt"), "--out", str(tmp_path / "out"), "--engine", "ray", "--split", "5"]
    assert main(words) == 2
    assert "pip install -r requirements-ray.txt" in capsys.readouterr().err


@pytest.fixture(scope="module")
def cluster():
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": 100_000_000}
    nodes = Cluster(initialize_head=True, head_node_args=head)
    nodes.add_node(num_cpus=1, object_store_memory=100_000_000)
    ray.init(address=nodes.address, log_to_driver=False, logging_level="warning")
    assert len([node for node in ray.nodes() if node["Alive"]]) == 2
    yield ray
    ray.shutdown()
    nodes.shutdown()


def test_shuffle_on_two_nodes(cluster, tmp_path):
    lines = [f"第{i}行\r\n".encode() for i in range(500)] + [b"\n", b"\xff\n"]
    (tmp_path / "a.txt").write_bytes(b"".join(lines[:300]))
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(b"".join(lines[300:])))
    words = ["shuffle", str(tmp_path / "*.txt*"), "--engine", "ray", "--split", "100", "--quiet"]
    for name, seed in (("one", 7), ("two", 7), ("three", 8)):
        assert main([*words, "--out", str(tmp_path / name / "out"), "--seed", str(seed)]) == 0
    one, two, three = (
        b"".join(path.read_bytes() for path in sorted((tmp_path / name / "out").iterdir())) for name in ("one", "two", "three")
    )
    assert one == two != three
    assert collections.Counter(one.split(b"\n")) == collections.Counter(b"".join(lines).split(b"\n"))
    assert 2 <= len(list((tmp_path / "one/out").iterdir())) <= 12


def test_dedup_on_two_nodes_keeps_the_first(cluster, tmp_path):
    (tmp_path / "a.txt").write_text("".join(f"第{i % 60}行。\n" for i in range(200)), encoding="utf-8")
    (tmp_path / "b.txt").write_text("第7行\n别的\n", encoding="utf-8")
    words = ["data", "dedup", str(tmp_path / "a.txt"), str(tmp_path / "b.txt"), "--engine", "ray", "--quiet"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((tmp_path / "out").iterdir()))
    assert text == "".join(f"第{i}行。\n" for i in range(60)) + "别的\n"


def test_records_are_packed_on_two_nodes_to_the_same_bytes(cluster, tmp_path):
    (tmp_path / "a.txt").write_text("".join(f"第{i}行说了些什么。还有别的吗？\n" for i in range(1500)), encoding="utf-8")
    tokenizer = Tokenizer.from_folder("checkpoints/mini")
    for name, worked in (("here", None), ("there", ray_cluster.map_on_cluster)):
        corpora = {"train": TextCorpus((str(tmp_path / "a.txt"),))}
        counts = write_records(tmp_path / name, corpora, tokenizer, 32, held_out=7, worked=worked)
        assert counts["train_rows"] > 400 and counts["dev_rows"] > 50
    files = sorted(path.name for path in (tmp_path / "here").iterdir())
    assert len(files) == 7
    for name in files:
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()


@pytest.mark.keras
def test_vectors_are_made_on_two_nodes(cluster, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("baselines.workflows.text_encoding.EACH", 7)                # of this process, which cuts the chunks
    rows = [{"id": f"q{i}", "text": f"第{i}个问题怎么办"} for i in range(40)]
    (tmp_path / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    words = ["encode", "--init", "checkpoints/mini", "--input", str(tmp_path / "texts.jsonl"), "--quiet", "--output"]
    assert main([*words, str(tmp_path / "here.npy")]) == 0
    assert main([*words, str(tmp_path / "there.npy"), "--engine", "ray"]) == 0
    np.testing.assert_allclose(np.load(tmp_path / "here.npy"), np.load(tmp_path / "there.npy"), atol=1e-5)
    assert (tmp_path / "here.npy.ids").read_bytes() == (tmp_path / "there.npy.ids").read_bytes()

    rows[30]["text"] = "\u3000"
    (tmp_path / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert main([*words, str(tmp_path / "no.npy"), "--engine", "ray"]) == 2
    assert "texts.jsonl:31" in capsys.readouterr().err


def test_work_comes_in_order_and_its_errors_are_its_own(cluster):
    build = functools.partial(functools.partial, operator.truediv, 60)
    assert list(ray_cluster.map_on_cluster(build, [1, 2, 3, 4, 5, 6] * 5)) == [60, 30, 20, 15, 12, 10] * 5
    with pytest.raises(ZeroDivisionError):
        list(ray_cluster.map_on_cluster(build, [1, 2, 0, 4]))
