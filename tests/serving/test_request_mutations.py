"""Any body at any endpoint is answered or refused in OpenAI's form, in few characters: no mistake of a client is the server's."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from parrot import make_app
from starlette.testclient import TestClient

from baselines.serving.limits import Limits

BODIES = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "你好"}], "max_tokens": 4, "temperature": 0.5, "n": 1,
                             "stop": ["吗"], "seed": 3, "stream": False},
    "/v1/completions": {"prompt": ["你好", "今天"], "max_tokens": 4, "top_p": 0.9, "min_tokens": 1},
    "/v1/embeddings": {"input": ["你好"], "encoding_format": "base64", "model": "simbert"},
    "/search": {"query": "你好", "k": 2, "index": "faq", "rerank": "length"},
    "/paraphrase": {"text": "你好", "num": 2, "samples": 4, "top_k": 3},
    "/predict/classify": {"text": "你好"},
    "/predict/read": {"question": "哪年？", "passage": "1923年"},
}  # fmt: skip
TEXTS = st.text(st.characters(exclude_characters="砸", exclude_categories=["Cs"]), max_size=8)
"""砸 breaks the model."""
NUMBERS = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.sampled_from([10**400, "", " ", "x" * 70_000]) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@pytest.fixture(scope="module")
def client():
    with TestClient(make_app(Limits(max_tokens=16), similar=True), raise_server_exceptions=False) as client:
        yield client


def check(response):
    assert response.status_code in (200, 400, 404, 413), (response.status_code, response.text[:300])
    if response.status_code != 200:
        error = response.json()["error"]
        assert set(error) == {"message", "type", "param", "code"} and error["type"] == "invalid_request_error"
        assert 0 < len(error["message"]) <= 601 and len(error["param"] or "") <= 101
        assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in error["message"] + (error["param"] or ""))


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(sorted(BODIES)), changes=st.lists(st.tuples(st.integers(0, 9), VALUES), min_size=1, max_size=3))
def test_a_body_with_other_values_is_answered_or_refused(client, path, changes):
    body = dict(BODIES[path])
    for number, value in changes:
        names = [*body, "unknown", "model"]
        body[names[number % len(names)]] = value
    if body.get("stream") is True:
        body["stream"] = False                                          # a stream's errors are events
    check(client.post(path, content=json.dumps(body).encode(), headers={"Content-Type": "application/json"}))


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(sorted(BODIES)),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 6), st.binary(max_size=4)), max_size=3),
)
@example("/search", [(0.0, 0, b"[" * 4)])
@example("/search", [(0.3, 0, b"\xed\xa0\x80")])
def test_a_body_with_other_bytes_is_answered_or_refused(client, path, cuts):
    data = json.dumps(BODIES[path], ensure_ascii=False).encode()
    for share, length, piece in cuts:
        at = int(share * len(data))
        data = data[:at] + piece + data[at + length :]
    check(client.post(path, content=data, headers={"Content-Type": "application/json"}))
