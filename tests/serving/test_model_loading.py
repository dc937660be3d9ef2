"""Runs of every kind from their folders to a server: what is written and predicted is what the run itself gives."""

import json

import pytest

from baselines.cli.main import main

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def runs(tiny, tiny_run, chat_run, tmp_path_factory):
    """{task: run folder}, each trained for two epochs or less."""
    folder = tmp_path_factory.mktemp("runs")
    article = {"context": "雪山徒步三日路线发布", "qas": [
        {"id": "q", "question": "几日路线", "answers": [{"text": "三日", "answer_start": 4}]}]}  # fmt: skip
    (folder / "read.json").write_text(json.dumps({"data": [{"paragraphs": [article]}]}, ensure_ascii=False), encoding="utf-8")
    data = folder / "read.json"
    flags = tiny.flags(output=folder / "read", train=data, dev=data, epochs=1, max_length=32, quiet=True)
    assert main(["train", "read", *flags]) == 0
    return {"clue/tnews": tiny_run.run, "chat": chat_run, "read": folder / "read"}


@pytest.fixture(scope="module")
def client(runs):
    """A client of a server of all of them."""
    from starlette.testclient import TestClient

    from baselines.runtime.progress import Display
    from baselines.serving.app import create_app
    from baselines.serving.limits import Access, Limits
    from baselines.serving.model_loading import load_models

    hosted = load_models(runs.values(), rows=2, max_queue=4, display=Display(quiet=True))
    with TestClient(create_app(hosted, Limits(), Access())) as client:
        yield client


def test_runs_are_named_by_task_and_folder(client):
    assert [(model["id"], model["kind"]) for model in client.get("/v1/models").json()["data"]] == [("chat/chat", "chat")]
    found = {each["id"]: (each["task"], each["kind"], each["texts"]) for each in client.get("/predict").json()["data"]}
    assert found == {
        "clue/tnews/run": ("clue/tnews", "label", ["text"]),
        "read/read": ("read", "answer", ["question", "passage"]),
    }


def test_a_prediction_is_that_of_the_run(client, runs, capsys):
    text = "国足公布集训名单"
    assert main(["predict", "--run", str(runs["clue/tnews"]), text]) == 0
    expected = json.loads(capsys.readouterr().out)
    found = client.post("/predict/tnews", json={"text": text}).json()
    assert found["prediction"] == expected["prediction"]
    assert found["confidence"] == pytest.approx(expected["confidence"], abs=1e-4)


def test_answers_tell_where_they_stand(client):
    passage = "雪山徒步三日路线发布"
    found = client.post("/predict/read", json={"question": "几日路线", "passage": passage}).json()
    start, end = found["span"]
    assert found["prediction"] == passage[start:end] != ""


def test_a_greedy_reply_is_that_of_the_generator(client, runs):
    from baselines.decoding.generation_config import GenerationConfig
    from baselines.inference.text_generator import TextGenerator

    texts = ["国足今晚主场迎战", "球迷早早排队入场", "机票"]
    expected = TextGenerator.from_run(runs["chat"]).generate([texts], GenerationConfig(top_k=1, max_tokens=12))[0][0].text
    messages = [{"role": ("user", "assistant")[number % 2], "content": text} for number, text in enumerate(texts)]
    asked = {"model": "chat", "messages": messages, "temperature": 0, "max_tokens": 12}
    assert client.post("/v1/chat/completions", json=asked).json()["choices"][0]["message"]["content"] == expected
    events = client.post("/v1/chat/completions", json={**asked, "stream": True}).text.split("\n\n")[:-2]
    pieces = [json.loads(event.removeprefix("data: "))["choices"][0]["delta"].get("content", "") for event in events]
    assert "".join(pieces) == expected


def test_the_demo_trains_only_what_is_not_there(tmp_path, monkeypatch):
    from baselines.runtime.progress import Display
    from baselines.workflows import demo_chat

    trained = []
    monkeypatch.setattr(demo_chat, "train", lambda name, arguments, command: trained.append((name, arguments.flags)))
    (tmp_path / "chat-1").mkdir()                                       # one that was not finished
    path = demo_chat.demo_run(Display(quiet=True), tmp_path)
    ((name, flags),) = trained
    assert (name, flags.demo, flags.output) == ("chat", True, str(path)) and path.parent == tmp_path
    (tmp_path / "chat-1" / "summary.json").touch()
    assert demo_chat.demo_run(Display(quiet=True), tmp_path) == tmp_path / "chat-1" and len(trained) == 1


def test_a_run_is_served_once(runs):
    from baselines.errors import InputError
    from baselines.runtime.progress import Display
    from baselines.serving.model_loading import load_models

    with pytest.raises(InputError, match="two runs have the name"):
        load_models([runs["clue/tnews"], runs["clue/tnews"]], 2, 4, Display(quiet=True))
