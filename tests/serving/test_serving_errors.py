"""Refusals: each tells in OpenAI's form, by status, parameter and code, what was wrong."""

import json

import pytest
from parrot import make_app
from starlette.testclient import TestClient

from baselines.serving.limits import Access, Limits

CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def client():
    with TestClient(make_app(Limits(max_tokens=16, max_body=400_000)), raise_server_exceptions=False) as client:
        yield client


def chat(*texts, **parameters):
    """The body of a chat in which user and assistant took turns."""
    roles = ("user", "assistant")
    return {"messages": [{"role": roles[number % 2], "content": text} for number, text in enumerate(texts)], **parameters}


def refused(response, status, param=None, code=None):
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (status, param, code), error
    assert set(error) == {"message", "type", "param", "code"} and error["message"] and "\n" not in error["message"]
    assert error["type"] == ("invalid_request_error" if status in (400, 404, 405, 408, 413, 415) else error["type"])
    return error["message"]


@pytest.mark.parametrize(
    ("body", "param", "code", "words"),
    [
        (chat(""), "messages[0].content", "invalid_value", "an empty string"),
        (chat(" \t\n"), "messages[0].content", "invalid_value", "spaces or control"),
        (chat("\x00\x1b\x07\u200b"), "messages[0].content", "invalid_value", "spaces or control"),
        (chat("你好", "你好", "　"), "messages[2].content", "invalid_value", "spaces"),
        ({"messages": []}, "messages", "invalid_value", "at least 1, but got one of 0"),
        ({}, "messages", "invalid_value", "Missing required parameter: 'messages'"),
        ({"messages": "你好"}, "messages", "invalid_value", "expected an array, but got a string ('你好')"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "invalid_value", "Missing required"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content", "invalid_value", "5"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content", "invalid_value", "null"),
        ({"messages": [{"role": "system", "content": "你好"}]}, "messages[0].role", "invalid_role", "first user message"),
        ({"messages": [{"role": "tool", "content": "你好"}]}, "messages[0].role", "invalid_role", "'tool'"),
        ({"messages": [{"role": "user", "content": "你好"}] * 2}, "messages[1].role", "invalid_role", "take turns"),
        (chat("你好", "你好"), "messages[1].role", "invalid_role", "user's"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content", "invalid_value", "text only"),
        ({"messages": [{"role": "user", "content": "好", "tool_calls": [1]}]}, "messages[0]", "invalid_value", "tool_calls"),
        (chat("好", max_tokens=0), "max_tokens", "invalid_value", ">= 1, but got 0 instead"),
        (chat("好", max_tokens=-5), "max_tokens", "invalid_value", "but got -5"),
        (chat("好", max_tokens=10**9), "max_tokens", "invalid_value", "at most 16"),
        (chat("好", max_tokens=10**400), "max_tokens", "invalid_value", ""),
        (chat("好", max_tokens="8"), "max_tokens", "invalid_value", "expected an integer, but got a string ('8')"),
        (chat("好", max_tokens=3, max_completion_tokens=4), None, "invalid_value", "newer name"),
        (chat("好", temperature=2.5), "temperature", "invalid_value", "<= 2"),
        (chat("好", temperature=True), "temperature", "invalid_value", "number"),
        (chat("好", top_p=0), "top_p", "invalid_value", "> 0"),
        (chat("好", top_k=-1), "top_k", "invalid_value", ""),
        (chat("好", n=0), "n", "invalid_value", ""),
        (chat("好", n=100), "n", "invalid_value", "at most 8"),
        (chat("好", min_tokens=17), "min_tokens", "invalid_value", "at most max_tokens"),
        (chat("好", seed=2**70), "seed", "invalid_value", ""),
        (chat("好", stop=[""]), "stop", "invalid_value", "1 to 100"),
        (chat("好", stop=["好"] * 17), "stop", "invalid_value", "at most 16"),
        (chat("好", stop=5), "stop", "invalid_value", ""),
        (chat("好", stream="yes"), "stream", "invalid_value", "boolean"),
        (chat("好", stream_options={"include_usage": True}), None, "invalid_value", "only allowed when 'stream'"),
        (chat("好", presence_penalty=0.5), "presence_penalty", "invalid_value", "repetition_penalty"),
        (chat("好", frequency_penalty=1), "frequency_penalty", "invalid_value", "Unsupported value"),
        (chat("好", logit_bias={"5": 1}), "logit_bias", "invalid_value", "Unsupported value"),
        (chat("好", logprobs=True), "logprobs", "invalid_value", "Unsupported value"),
        (chat("好", tools=[{}]), "tools", "invalid_value", "Unsupported value"),
        (chat("好", response_format={"type": "json_object"}), "response_format", "invalid_value", "Unsupported value"),
        (chat("好", temprature=1), "temprature", "unknown_parameter", "Did you mean temperature?"),
        (chat("好", beam=3), "beam", "unknown_parameter", "beam"),
    ],
)
def test_a_wrong_chat_is_refused_by_parameter(client, body, param, code, words):
    assert words in refused(client.post(CHAT, json=body), 400, param, code)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "could not parse the JSON body"), (b"{", "could not parse the JSON body"), (b"[1]", "JSON object"), (b"5", "int"),
        (b'{"messages": NaN}', "NaN"), (b'{"temperature": Infinity}', "Infinity"), (b"\xff\xfe", "UTF-8"),
        (b"[" * 100_000, "levels"), (b'{"a":' * 50 + b"1" + b"}" * 50, "levels"),
        (b'{"messages": [{"role": "user", "content": "\\ud83d"}]}', "half"),
        (b'{"max_tokens": ' + b"9" * 5000 + b"}", "JSON"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_refused(client, content, words):
    response = client.post(CHAT, content=content, headers={"Content-Type": "application/json"})
    assert words in refused(response, 400, None, "invalid_json")


def test_other_types_than_json_are_refused_so_that_foreign_pages_cannot_ask(client):
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        headers = {"Content-Type": kind} if kind else {}
        refused(client.post(CHAT, content=json.dumps(chat("好")), headers=headers), 415)


def test_a_large_body_is_refused_whether_it_is_announced_or_not(client):
    body = json.dumps(chat("好" * 200_000)).encode()
    headers = {"Content-Type": "application/json"}
    assert "at most 400000 bytes" in refused(client.post(CHAT, content=body, headers=headers), 413, None, "body_too_large")
    pieces = (body[start : start + 65536] for start in range(0, len(body), 65536))
    refused(client.post(CHAT, content=pieces, headers=headers), 413, None, "body_too_large")


def test_a_hundred_thousand_characters_are_answered_from_what_fits(client):
    response = client.post(CHAT, content=json.dumps(chat("好" * 100_000), ensure_ascii=False).encode(),
                           headers={"Content-Type": "application/json"})  # fmt: skip
    assert response.status_code == 200 and response.json()["usage"]["prompt_tokens"] == 48


def test_control_characters_within_a_text_are_passed_over(client):
    found = client.post(CHAT, json=chat("你\x00好\x1b\u200b")).json()
    assert found["choices"][0]["message"]["content"] == "你好"


def test_unknown_models_and_addresses_are_404(client):
    message = refused(client.post(CHAT, json=chat("好", model="chat/parot")), 404, "model", "model_not_found")
    assert "Did you mean chat/parrot?" in message
    refused(client.post(CHAT, json=chat("好", model="")), 404, "model", "model_not_found")
    refused(client.post(CHAT, json=chat("好", model="m" * 100_000)), 404, "model", "model_not_found")
    refused(client.get("/v1/models/gpt-4"), 404, "model", "model_not_found")
    refused(client.post("/predict/nothing", json={"text": "好"}), 404, "task or run", "model_not_found")
    refused(client.get("/v2/chat"), 404, None, "unknown_url")
    refused(client.get(CHAT), 405, None, "unknown_url")


def test_no_address_header_or_prompt_reads_a_file(client):
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/..%2f..%2f..%2fetc%2fpasswd",
                 "/static/%00", "/etc/passwd", "/try/../../README.md", "/static/chat.js/..", "/static/"):  # fmt: skip
        response = client.get(path)
        assert response.status_code == 404 and "root:" not in response.text
    for name in ("../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "chat/parrot/../..", "chat/parrot\x00"):
        assert client.post(CHAT, json=chat("好", model=name)).status_code == 404
        assert client.post(f"/predict/{name}".replace("\x00", "%00"), json={"text": "好"}).status_code in (404, 405)
    answer = client.post(CHAT, json=chat("/etc/passwd 好")).json()["choices"][0]["message"]["content"]
    assert "root" not in answer


LONG = "x\x1b[31m" * 10_000


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (CHAT, chat("好", model=LONG)), (CHAT, chat("好", **{LONG: 1})), (CHAT, chat("好", metadata={LONG: 1})),
        (CHAT, chat("好", user=[LONG])), (CHAT, chat("好", temperature=LONG)), (CHAT, chat("好", stop=[LONG])),
        (CHAT, {"messages": [{"role": LONG, "content": "好"}]}), (CHAT, {"messages": [{"role": "user", "content": {LONG: 1}}]}),
        (CHAT, {"messages": [{"role": "user", "content": "好", LONG: 1}]}), (CHAT, chat("好", stream_options={LONG: 1})),
        (CHAT, chat("好", response_format={"type": LONG})), (CHAT, chat("\u0301" * 70_000)), (CHAT, chat("好", seed=10**4000)),
        ("/v1/completions", {"prompt": {LONG: 1}}), ("/v1/completions", {"prompt": "好", "suffix": LONG}),
        ("/v1/embeddings", {"input": LONG, "encoding_format": LONG}), ("/v1/embeddings", {"input": "\u0301" * 70_000}),
        ("/search", {"query": "好", "index": LONG}), ("/search", {"query": "好", "rerank": LONG}),
        ("/paraphrase", {"text": "好", "num": LONG}), ("/predict/classify", {"texts": LONG}), ("/predict/classify", {LONG: "好"}),
        ("/predict/x%1b%9b[31m" + "x" * 7000, {"text": "好"}), ("/no/%1b[31m" + "x" * 7000, {}),
    ],
)  # fmt: skip
def test_values_are_quoted_cut_and_without_control_characters(path, body):
    with TestClient(make_app(Limits(max_tokens=16), similar=True), raise_server_exceptions=False) as client:
        response = client.post(path, json=body)
    assert response.status_code in (400, 404), response.text[:300]
    assert len(response.content) < 2500
    error = response.json()["error"]
    for text in (error["message"], error["param"] or ""):
        assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text), text


def test_health_says_what_is_served_only_where_everyone_may_know():
    with TestClient(make_app()) as client:
        names = ["chat/parrot", "seq2seq/parrot", "classify", "tag", "read", "extract", "segment"]
        assert client.get("/health").json()["models"] == names
    with TestClient(make_app(access=Access(api_key="sesam"))) as client:
        for headers in ({}, {"Authorization": "Bearer sesam"}):
            assert client.get("/health", headers=headers).json() == {"status": "ok"}


def test_a_rewriting_model_holds_no_conversation(client):
    body = chat("你好", "你好", "再见", model="seq2seq")
    assert "does not hold conversations" in refused(client.post(CHAT, json=body), 400, "messages", "invalid_value")
    assert client.post(CHAT, json=chat("你好", model="seq2seq")).json()["choices"][0]["message"]["content"] == "你好"


def test_completions_take_texts_only(client):
    for prompt in (5, "", [], ["好", ""], [1, 2], [[1]], None, " "):
        response = client.post("/v1/completions", json={"prompt": prompt})
        assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_value"), prompt
    assert "at most 8" in refused(client.post("/v1/completions", json={"prompt": ["好"] * 9}), 400, "n", "invalid_value")


def test_a_model_that_fails_fails_this_reply_only(client):
    response = client.post(CHAT, json=chat("砸"))
    message = refused(response, 500, None, "generation_failed")
    assert "perch" not in message
    events = client.post(CHAT, json=chat("砸", stream=True)).text
    assert '"generation_failed"' in events and "[DONE]" not in events
    assert client.post(CHAT, json=chat("你好")).json()["choices"][0]["message"]["content"] == "你好"


def test_prediction_bodies_are_checked(client):
    for body, param, code in (
        ({}, "text", "invalid_value"), ({"text": ""}, "text", "invalid_value"), ({"txt": "好"}, "txt", "unknown_parameter"),
        ({"text": "好", "texts": ["好"]}, "text", "invalid_value"), ({"texts": []}, "texts", "invalid_value"),
        ({"texts": ["好", "好"]}, "texts", "invalid_value"), ({"text": 5}, "text", "invalid_value"),
        ({"texts": [" "]}, "texts[0]", "invalid_value"),
    ):  # fmt: skip
        refused(client.post("/predict/classify", json=body), 400, param, code)
    refused(client.post("/predict/read", json={"question": "哪年？"}), 400, "passage", "invalid_value")


def test_a_key_is_asked_for_everywhere_but_on_the_pages():
    with TestClient(make_app(access=Access(api_key="sesam"))) as client:
        for headers in ({}, {"Authorization": "Bearer sesa"}, {"Authorization": "Bearer sesam2"}, {"Authorization": "Basic sesam"},
                        {"Authorization": "sesam"}, {"Authorization": "Bearer Ä".encode("latin-1")}):  # fmt: skip
            refused(client.post(CHAT, json=chat("好"), headers=headers), 401, None, "invalid_api_key")
            refused(client.get("/metrics", headers=headers), 401, None, "invalid_api_key")
            refused(client.get("/v1/models", headers=headers), 401, None, "invalid_api_key")
            refused(client.get("/no/such", headers=headers), 401, None, "invalid_api_key")
        good = {"Authorization": "Bearer sesam"}
        assert client.post(CHAT, json=chat("你好"), headers=good).status_code == 200
        assert client.get("/metrics", headers=good).status_code == 200
        for open_to_all in ("/", "/try", "/health", "/static/style.css"):
            assert client.get(open_to_all).status_code == 200


def test_other_sites_may_ask_only_if_they_are_named():
    ask = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    with TestClient(make_app()) as client:
        assert "access-control-allow-origin" not in client.options(CHAT, headers=ask).headers
        response = client.post(CHAT, json=chat("好"), headers={"Origin": "https://example.org"})
        assert "access-control-allow-origin" not in response.headers
    with TestClient(make_app(access=Access(api_key="sesam", origins=("https://example.org",)))) as client:
        assert client.options(CHAT, headers=ask).headers["access-control-allow-origin"] == "https://example.org"
        refusal = client.post(CHAT, json=chat("好"), headers={"Origin": "https://example.org"})
        assert refusal.status_code == 401 and refusal.headers["access-control-allow-origin"] == "https://example.org"
        other = client.options(CHAT, headers={**ask, "Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
