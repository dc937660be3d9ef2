"""Search by words and by both: from the command line, tuned on pairs, and refused where the index has no words."""

import json
import shutil

import numpy as np
import pytest
from conftest import TITLES, command, refused, write_lines

from baselines.inference.semantic_search import SemanticSearch
from baselines.retrieval.fusion import fuse
from baselines.retrieval.lexical_index.terms import terms_of

TEXTS = [title for titles in TITLES.values() for title in titles]


def test_both_rankings_are_fused(titles_index):
    search, query = SemanticSearch.open(titles_index), "国足主场赢球"
    rankings = [rows[0] for rows in search.rankings([query], 100).values()]
    assert rankings[1] == search.index.lexical.search(terms_of(query), 100)[1].tolist()
    expected = [search.index.item(position).text for position, _ in fuse(rankings, [1, 1], 4)]
    found = search.search(query, k=4, by="hybrid")
    assert [item["text"] for item in found] == expected
    for item in found:
        ranks = [row.index(item["id"] - 1) + 1 if item["id"] - 1 in row else None for row in rankings]
        assert list(item["ranks"].values()) == ranks
    assert search.search_many([query], 4, by="hybrid")[0] == found


def test_words_need_no_model(titles_index, tmp_path, capsys):
    moved = shutil.copytree(titles_index, tmp_path / "index")
    header = json.loads((moved / "vectors.json").read_text(encoding="utf-8"))
    assert SemanticSearch.open(moved, lexical_only=True).model == header["model"]["source"]
    capsys.readouterr()
    command("search", moved, "手机", "--lexical", "-k", 3, "--quiet")
    assert TEXTS.index("新手机下周发布") + 1 == int(capsys.readouterr().out.split("\n")[0].split()[1])
    command("search", moved, "？！", "--lexical", "--quiet")
    assert "nothing found" in capsys.readouterr().out
    command("search", moved, "古镇", "--hybrid", "-k", 1, "--quiet")
    assert "lexical 1" in capsys.readouterr().out


def test_weights_are_tuned_and_stored(titles_index, tmp_path, capsys):
    moved = shutil.copytree(titles_index, tmp_path / "index")
    pairs = write_lines(tmp_path / "pairs.jsonl", [{"text": text[:3], "text_pair": text} for text in TEXTS] + [
        {"text": "没有", "text_pair": "不在索引里"}
    ])  # fmt: skip
    command("index", "--out", moved, "--tune", pairs, "--quiet")
    told = capsys.readouterr()
    assert "from 18 pairs" in told.out + told.err
    weights = SemanticSearch.open(moved).weights
    assert sum(weights.values()) == pytest.approx(1) and weights["lexical"] > 0.5     # a tiny model's vectors find nothing
    table = dict(line.rsplit("  MRR ", 1) for line in (told.out + told.err).splitlines() if "MRR" in line)
    assert max(table.values()) == [value for name, value in table.items() if name.startswith("both, 0")][0]
    command("index", "--out", moved)
    assert f"{weights['vectors']:g} vectors" in capsys.readouterr().err
    write_lines(pairs, [{"text": "没有", "text_pair": "不在索引里"}])
    assert "none of its 1 texts to find is in the index" in refused(capsys, "index", "--out", moved, "--tune", pairs)
    write_lines(pairs, [{"text": "没有"}])
    assert "text_pair" in refused(capsys, "index", "--out", moved, "--tune", pairs)


def test_an_index_without_words(titles_index, simbert_run, tmp_path, capsys):
    made = tmp_path / "index"
    command("index", "--run", simbert_run, "--input", simbert_run.parent / "titles.jsonl", "--out", made, "--no_lexical", "--quiet")
    told = refused(capsys, "search", made, "手机", "--hybrid")
    assert told.endswith(f"Run `run.py index --out {made} --add_lexical`.")
    assert SemanticSearch.open(made).ways == ("vectors",)
    command("index", "--out", made, "--add_lexical", "--quiet")
    assert np.array_equal(SemanticSearch.open(made).index.lexical.counts, SemanticSearch.open(titles_index).index.lexical.counts)
    assert "has its words counted" in refused(capsys, "index", "--out", made, "--add_lexical")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["search", "INDEX", "好", "--hybrid", "--lexical"], "--hybrid and --lexical exclude each other"),
        (["index", "--out", "INDEX", "--add_lexical", "--delete", "1"], "--delete and --add_lexical exclude each other"),
        (["index", "--out", "INDEX", "--tune", "nothing.jsonl"], "nothing.jsonl"),
    ],
)
def test_bad_flags_are_one_line(titles_index, capsys, words, line):
    assert line in refused(capsys, *(titles_index if word == "INDEX" else word for word in words))


def test_a_run_is_scored_on_a_suite(simbert_run, tmp_path, capsys):
    run = shutil.copytree(simbert_run, tmp_path / "run")
    write_lines(tmp_path / "pairs.jsonl", [{"text": text, "text_pair": text[:-1]} for text in TEXTS])
    (tmp_path / "corpus.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    (tmp_path / "suite.yaml").write_text("Titles: {retrieval: pairs.jsonl, corpus: corpus.txt}\n", encoding="utf-8")
    command("evaluate", "simbert", "--run", run, "--suite", tmp_path / "suite.yaml", "--quiet")
    assert "BM25" in capsys.readouterr().out
    found = json.loads((run / "evaluate" / "suite.json").read_text(encoding="utf-8"))
    assert found["BM25"]["Titles"]["recall_1"] > 0.9 and len(found) == 4
    assert "--suite and --input exclude" in refused(capsys, "evaluate", "--run", run, "--suite", "a", "--input", "b")
