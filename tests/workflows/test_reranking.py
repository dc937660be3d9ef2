"""A run of rerank from training to a reranked search: on the command line, in Python and served."""

import json

import pytest
from conftest import TITLES, command, refused, write_lines

from baselines.errors import InputError
from baselines.inference.reranker import Reranker
from baselines.inference.semantic_search import SemanticSearch

TEXTS = [title for titles in TITLES.values() for title in titles]


@pytest.fixture(scope="module")
def rerank_run(tiny, made_once):
    rows = [{"query": one, "text": two, "negative": [other for other in TEXTS if other not in (one, two)][:9]}
            for one, two in zip(TEXTS, TEXTS[1:], strict=False)]  # fmt: skip

    def train(folder):
        data = write_lines(tiny.folder / "candidates.jsonl", rows)
        command("train", "rerank", *tiny.flags(train=data, dev=data, epochs=1, max_length=24, output=folder, quiet=True))

    return made_once("rerank", train)


@pytest.mark.keras
def test_scores_do_not_depend_on_the_other_candidates(rerank_run):
    reranker = Reranker.from_run(rerank_run)
    scores = reranker.scores(TEXTS[0], TEXTS)
    assert len(scores) == len(TEXTS) and len(set(scores)) > 1
    assert reranker.scores(TEXTS[0], TEXTS[3:5]) == pytest.approx(scores[3:5], abs=1e-5)
    assert reranker.scores(TEXTS[0], []) == []


def test_dev_is_scored_and_files_are_ranked(rerank_run, tmp_path):
    scores = json.loads((rerank_run / "dev" / "scores.json").read_text())
    assert set(scores) == {"mrr", "ndcg_10", "map", "loss"} and 0 < scores["mrr"] <= 1
    new = write_lines(tmp_path / "new.jsonl", [{"query": TEXTS[0], "text": TEXTS[1:4]}])
    command("predict", "rerank", "--run", rerank_run, "--input", new, "--output", tmp_path / "ranked.jsonl", "--quiet")
    (line,) = map(json.loads, (tmp_path / "ranked.jsonl").read_text(encoding="utf-8").splitlines())
    assert line["prediction"] == pytest.approx(Reranker.from_run(rerank_run).scores(TEXTS[0], TEXTS[1:4]), abs=1e-5)


def test_a_search_is_put_in_the_order_of_the_scores(titles_index, rerank_run, capsys):
    reranker = Reranker.from_run(rerank_run)
    search = SemanticSearch.open(titles_index, lexical_only=True, reranker=reranker)
    found = search.search("手机芯片系统", k=4, rerank="run", by="lexical")
    candidates = [item["text"] for item in search.search("手机芯片系统", k=100, by="lexical")]
    expected = dict(zip(candidates, reranker.scores("手机芯片系统", candidates), strict=True))
    assert [item["text"] for item in found] == sorted(candidates, key=lambda text: -expected[text])[:4]
    assert [item["relevance"] for item in found] == pytest.approx([expected[item["text"]] for item in found], abs=1e-5)
    capsys.readouterr()
    command("search", titles_index, "手机芯片系统", "--lexical", "--rerank", rerank_run, "-k", 1, "--quiet")
    assert found[0]["text"] in capsys.readouterr().out


def test_other_runs_do_not_rerank(titles_index, tiny_run, tmp_path, capsys):
    told = refused(capsys, "search", titles_index, "手机", "--lexical", "--rerank", tiny_run.run)
    assert "does not rank candidates. Give a run of `train rerank`" in told
    assert "there is no run at nowhere" in refused(capsys, "search", titles_index, "手机", "--rerank", "nowhere")
    with pytest.raises(InputError, match="there is no 'run'"):
        SemanticSearch.open(titles_index, lexical_only=True).search("手机", rerank="run", by="lexical")


def test_a_server_reranks(titles_index, rerank_run, simbert_run):
    from starlette.testclient import TestClient

    from baselines.runtime.progress import Display
    from baselines.serving.app import create_app
    from baselines.serving.limits import Access, Limits
    from baselines.serving.model_loading import load_models

    display = Display(quiet=True)
    hosted = load_models([simbert_run, rerank_run], rows=1, max_queue=2, display=display, indexes=[str(titles_index)])
    with TestClient(create_app(hosted, Limits(max_queue=2), Access())) as client:
        assert client.get("/search").json()["data"][0]["rerankers"] == ["wmd", "wrd", "run"]
        data = client.post("/search", json={"query": "手机", "k": 3, "rerank": "run", "by": "hybrid"}).json()["data"]
        relevance = [item["relevance"] for item in data]
        assert len(data) == 3 and relevance == sorted(relevance, reverse=True)
    with pytest.raises(InputError, match="Add an index with --index"):
        load_models([rerank_run], rows=1, max_queue=2, display=display)


def test_hard_negatives_are_mined(titles_index, rerank_run, tmp_path, capsys):
    pairs = write_lines(tmp_path / "pairs.jsonl", [
        {"text": TEXTS[one], "text_pair": TEXTS[other]} for one, other in ((0, 1), (0, 2), (5, 6))
    ])  # fmt: skip
    asked = ["mine", "--index", titles_index, "--pairs", pairs, "--output", tmp_path / "hard.jsonl", "--quiet"]
    command(*asked, "--rerank", rerank_run, "--margin", 0, "--ranks", 1, 18, "--num", 18)
    reranker = Reranker.from_run(rerank_run)
    lines = [json.loads(line) for line in (tmp_path / "hard.jsonl").read_text(encoding="utf-8").splitlines()]
    for line in lines:
        known = {line["text"]} | ({TEXTS[1], TEXTS[2]} if line["text"] == TEXTS[0] else {TEXTS[6]})
        own, *scores = reranker.scores(line["text"], [line["text_pair"], *(text for text in TEXTS if text not in known)])
        expected = [score for score in sorted(scores, reverse=True) if score <= own]
        assert reranker.scores(line["text"], line["negative"]) == pytest.approx(expected, abs=1e-4)
        assert not known & set(line["negative"])
    search = SemanticSearch.open(titles_index)
    command(*asked, "--margin", 0, "--ranks", 2, 18, "--num", 2)
    for line in map(json.loads, (tmp_path / "hard.jsonl").read_text(encoding="utf-8").splitlines()):
        query, own, *others = search.vectors_of([line["text"], line["text_pair"], *line["negative"]])
        assert all(query @ other <= query @ own + 1e-5 for other in others) and 1 <= len(others) <= 2
    assert "Widen --ranks" in refused(capsys, *asked, "--margin", 9)
    assert "--ranks: 5 to 2 is no range" in refused(capsys, *asked, "--ranks", 5, 2)
