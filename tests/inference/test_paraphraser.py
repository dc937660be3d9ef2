"""paraphrase and augment, by a tiny SimBERT: ranked, new, the same again for a seed, and never of what is held out."""

import csv
import dataclasses
import gzip
import json

import pytest
from conftest import TITLES, command, refused, write_lines

from baselines.inference.paraphraser import Paraphraser

TEXTS = [title for titles in TITLES.values() for title in titles]


@pytest.fixture(scope="module")
def paraphraser(simbert_run):
    return Paraphraser.from_run(simbert_run)


@pytest.mark.keras
def test_paraphrases_are_ranked_new_and_the_same_again(paraphraser):
    texts = [TEXTS[0], TEXTS[7]]
    found = paraphraser.paraphrase(texts, num=4, samples=8, seed=3)
    assert any(found)
    for text, some in zip(texts, found, strict=True):
        assert len(some) <= 4 and [each.score for each in some] == sorted((each.score for each in some), reverse=True)
        assert len({each.text for each in some} | {text}) == len(some) + 1
        vectors = paraphraser.embedder.encode([text, *(each.text for each in some)])
        assert [each.score for each in some] == pytest.approx((vectors[1:] @ vectors[0]).tolist(), abs=1e-4)
    assert paraphraser.paraphrase(texts, num=4, samples=8, seed=3) == found
    best = found[0][0].score
    assert all(each.score >= best for each in paraphraser.paraphrase(texts[:1], num=4, samples=8, seed=3, min_score=best)[0])


def test_a_file_of_texts_is_paraphrased_line_by_line(simbert_run, tmp_path, monkeypatch, paraphraser):
    monkeypatch.setattr(Paraphraser, "from_run", classmethod(lambda cls, folder: paraphraser))
    data = write_lines(tmp_path / "texts.jsonl", [{"id": f"q{n}", "text": text} for n, text in enumerate(TEXTS[:3])])
    output = tmp_path / "out.jsonl"
    words = ["--num", 4, "--samples", 8, "--seed", 3, "--quiet"]
    command("paraphrase", "--run", simbert_run, "--input", data, "--output", output, *words)
    rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [(row["id"], row["text"]) for row in rows] == [(f"q{n}", text) for n, text in enumerate(TEXTS[:3])]
    found = paraphraser.paraphrase(TEXTS[:3], num=4, samples=8, seed=3)
    assert [row["paraphrases"] for row in rows] == [[dataclasses.asdict(each) for each in some] for some in found]


def test_augmentation_keeps_every_column_and_what_is_held_out(simbert_run, tmp_path, capsys, monkeypatch, paraphraser):
    monkeypatch.setattr(Paraphraser, "from_run", classmethod(lambda cls, folder: paraphraser))
    path = tmp_path / "train.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "title", "label"], *([n, text, f"类,{n}"] for n, text in enumerate(TEXTS[:3]))])
    words = ["augment", path, "--run", simbert_run, "--text", "title", "--factor", 2, "--samples", 6, "--seed", 1]
    words += ["--threshold", -1]
    command(*words, "--out", tmp_path / "more.csv")
    assert "3 rows and" in capsys.readouterr().err
    with open(tmp_path / "more.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert 3 < len(rows) <= 9 and [row["title"] for row in rows if "-" not in row["id"]] == TEXTS[:3]
    assert all(row["label"] == f"类,{row['id'][0]}" for row in rows)
    assert len({row["id"] for row in rows}) == len({row["title"] for row in rows}) == len(rows)
    made = [row["title"] for row in rows if "-" in row["id"]]
    dev = write_lines(tmp_path / "dev.jsonl", [{"title": made[0]}])
    command(*words, "--out", tmp_path / "less.jsonl.gz", "--held_out", dev)
    with gzip.open(tmp_path / "less.jsonl.gz", "rt", encoding="utf-8") as file:
        assert made[0] not in [json.loads(line)["title"] for line in file]
    path.rename(tmp_path / "dev.csv")
    words[1] = tmp_path / "dev.csv"
    assert "is named like a dev set" in refused(capsys, *words, "--out", tmp_path / "x.csv")
    (tmp_path / "dev.csv").rename(path)
    words[1] = path
    assert "has an unknown format" in refused(capsys, *words, "--out", tmp_path / "x.doc")
    words[5] = "titel"
    assert "Did you mean title" in refused(capsys, *words, "--out", tmp_path / "x.csv")
