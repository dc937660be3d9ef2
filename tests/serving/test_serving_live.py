"""A server under way: clients that vanish, full queues, time limits, what is told in logs and metrics, and its end."""

import asyncio
import contextlib
import http.client
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from parrot import make_app, serving

from baselines.serving import server
from baselines.serving.limits import Limits
from baselines.serving.watch import JsonLines

CHAT, JSON = "/v1/chat/completions", {"Content-Type": "application/json"}
PARROT = Path(__file__).with_name("parrot.py")


@pytest.fixture
def served():
    """Call it with an application: the address at which it is served until the test ends."""
    with contextlib.ExitStack() as stack:
        yield lambda app: stack.enter_context(serving(app))


def post(address, body, path=CHAT):
    """(status, headers, body text) of one request on a connection of its own."""
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    try:
        connection.request("POST", path, json.dumps(body), JSON)
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode()
    finally:
        connection.close()


def say(text, **parameters):
    return {"messages": [{"role": "user", "content": text}], **parameters}


def open_request(address, body):
    """A socket on which a request was sent."""
    place, content = urlsplit(address), json.dumps(body).encode()
    found = socket.create_connection((place.hostname, place.port), timeout=60)
    head = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    found.sendall(head.encode() + content)
    return found


def until(condition, seconds=60.0):
    """Whether the condition came true in time. A busy machine has plenty of it."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("stream", [False, True])
def test_what_a_vanished_client_asked_for_is_not_written(served, stream):
    app = make_app(Limits(max_tokens=48), pause=0.25)
    address, scheduler = served(app), app.state.parrot.scheduler
    client = open_request(address, say("永远", stream=stream))
    assert until(lambda: scheduler.counts == (1, 0))
    if stream:
        assert b"200 OK" in client.recv(4096)
    client.close()
    assert until(lambda: scheduler.counts == (0, 0))
    assert app.state.parrot.rows.steps < 40
    assert until(lambda: 'finish="cancelled",model="chat/parrot"} 1.0' in metrics(address))


def test_a_vanished_client_leaves_the_queue(served):
    app = make_app(Limits(max_tokens=16), rows=1)
    address, scheduler, going = served(app), app.state.parrot.scheduler, app.state.parrot.rows.going
    going.clear()
    first = open_request(address, say("永远"))
    assert until(lambda: scheduler.counts == (1, 0))
    second = open_request(address, say("永永"))
    assert until(lambda: scheduler.counts == (1, 1))
    second.close()
    going.set()
    assert post(address, say("你好"))[0] == 200
    first.close()


def test_a_full_queue_says_when_to_come_again(served):
    app = make_app(Limits(max_tokens=16), rows=1, max_queue=2)
    address, found = served(app), []
    app.state.parrot.rows.going.clear()
    threads = [threading.Thread(target=lambda: found.append(post(address, say("永远")))) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert until(lambda: len(found) >= 5)                               # refused: one is written, and two wait
    app.state.parrot.rows.going.set()
    for thread in threads:
        thread.join()
    statuses = [status for status, _, _ in found]
    assert statuses[:5] == [429] * 5 and 2 <= statuses.count(200) <= 3 and statuses.count(200) + statuses.count(429) == 8
    _, headers, body = next(each for each in found if each[0] == 429)
    assert headers["Retry-After"] == "1" and json.loads(body)["error"]["code"] == "queue_full"
    assert app.state.parrot.scheduler.counts == (0, 0)
    assert post(address, say("你好", n=4))[0] == 429, "as one: 4 replies for 1 row and 2 places"
    assert until(lambda: app.state.parrot.scheduler.counts == (0, 0))
    assert post(address, say("你好"))[0] == 200


def test_a_predictor_has_a_queue_too(served):
    app = make_app(Limits(max_queue=2))
    address, found = served(app), []
    app.state.lengths.going.clear()
    threads = [threading.Thread(target=lambda: found.append(post(address, {"text": "好"}, "/predict/classify"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    assert until(lambda: len(found) >= 3)
    app.state.lengths.going.set()
    for thread in threads:
        thread.join()
    statuses = [status for status, _, _ in found]
    assert statuses[:3] == [429] * 3 and 2 <= statuses.count(200) <= 3 and statuses.count(200) + statuses.count(429) == 6


def test_a_reply_that_takes_too_long_is_given_up(served):
    app = make_app(Limits(max_tokens=48, timeout=0.5), pause=0.05)
    address = served(app)
    status, _, body = post(address, say("永远"))
    assert status == 504 and json.loads(body)["error"]["code"] == "timeout"
    status, _, body = post(address, say("永远", stream=True))
    assert status == 200 and '"code": "timeout"' in body.split("\n\n")[-2] and "[DONE]" not in body
    assert until(lambda: app.state.parrot.scheduler.counts == (0, 0))


def test_a_body_that_does_not_come_is_not_waited_for(served):
    address = urlsplit(served(make_app(Limits(body_seconds=0.3))))
    with socket.create_connection((address.hostname, address.port), timeout=60) as slow:
        slow.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
        assert slow.recv(100).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("path", [CHAT, "/v1/completions", "/v1/embeddings", "/search", "/paraphrase", "/predict/classify"])
def test_a_client_that_hangs_up_while_it_sends_is_no_error(served, path, caplog):
    address = served(make_app(similar=True))
    place = urlsplit(address)
    with caplog.at_level(logging.INFO):
        for sent in (b"", b'{"messages": [', b"{" * 70_000):
            client = socket.create_connection((place.hostname, place.port), timeout=60)
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
            client.sendall(head.encode() + sent)
            client.close()
        route = path if path.count("/") < 2 or path.startswith("/v1") else "/predict/{name:path}"
        assert until(lambda: f'requests_total{{route="{route}",status="499"}} 3.0' in metrics(address)), metrics(address)
    assert 'status="500"' not in metrics(address)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING or record.exc_info]


def test_a_history_that_does_not_fit_loses_its_oldest_turns_and_says_so(served):
    address = served(make_app())
    turns = [{"role": ("user", "assistant")[number % 2], "content": "今天天气不错"} for number in range(20)]
    status, headers, body = post(address, {"messages": [*turns, {"role": "user", "content": "再见"}]})
    found = json.loads(body)
    assert status == 200 and found["choices"][0]["message"]["content"] == "再见"
    assert found["dropped_messages"] == int(headers["X-Dropped-Messages"]) == 14
    assert found["usage"]["prompt_tokens"] == 1 + 6 * 7 + 3
    _, headers, body = post(address, {"messages": [*turns, {"role": "user", "content": "再见"}], "stream": True})
    assert headers["X-Dropped-Messages"] == "14" and body.count('"dropped_messages":14') >= 3


def test_a_thousand_requests_leave_no_memory_behind(served):
    psutil = pytest.importorskip("psutil")
    app = make_app(Limits(max_tokens=16), max_queue=64)
    place = urlsplit(served(app))
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    memory = {}
    for number in range(1, 1001):
        stream = number % 2 == 0
        content = "砸" if number % 50 == 0 else f"你好{number}"
        connection.request("POST", CHAT, json.dumps(say(content, stream=stream)), JSON)
        connection.getresponse().read()
        if number % 20 == 0:
            open_request(f"http://{place.netloc}", say("永远")).close()
        if number in (100, 1000):
            memory[number] = psutil.Process().memory_info().rss
    connection.close()
    assert memory[1000] < 1.05 * memory[100]
    assert until(lambda: app.state.parrot.scheduler.counts == (0, 0))


def test_a_thousand_requests_at_once_are_answered_or_told_to_wait(process):
    _, port = process(0)
    server.allow_connections()
    content = json.dumps(say("你好")).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"

    async def ask():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + content)
        answer = await reader.read()
        writer.close()
        head_lines, _, body = answer.partition(b"\r\n\r\n")
        return int(head_lines.split()[1]), json.loads(body)

    async def ask_all():
        return await asyncio.gather(*(ask() for _ in range(1000)))

    found = asyncio.run(ask_all())
    answered = [body for status, body in found if status == 200]
    refused = [body for status, body in found if status == 429]
    assert len(answered) + len(refused) == 1000 and len(answered) >= 12
    assert all(body["choices"][0]["message"]["content"] == "你好" for body in answered)
    assert all(body["error"]["code"] == "queue_full" for body in refused)
    assert post(f"http://127.0.0.1:{port}", say("你好"))[0] == 200


def metrics(address):
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    connection.request("GET", "/metrics")
    response = connection.getresponse()
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    return response.read().decode()


def test_metrics_count_what_was_asked_and_written(served):
    address = served(make_app())
    for stream in (False, True):
        post(address, say("你好", stream=stream))
    post(address, say("你好", max_tokens=0))
    post(address, {"text": "你好"}, "/predict/classify")
    found = metrics(address)
    for line in (
        'baselines_requests_total{route="/v1/chat/completions",status="200"} 2.0',
        'baselines_requests_total{route="/v1/chat/completions",status="400"} 1.0',
        'baselines_replies_total{finish="stop",model="chat/parrot"} 2.0',
        'baselines_reply_tokens_total{model="chat/parrot"} 4.0',
        'baselines_prompt_tokens_total{model="chat/parrot"} 8.0',
        'baselines_first_token_seconds_count{model="chat/parrot"} 2.0',
        'baselines_open{model="chat/parrot",state="waiting"} 0.0',
        'baselines_predictions_total{model="classify"} 1.0',
    ):
        assert line in found, line
    assert post(address, say("好"), "/no/such/页"[:9])[0] == 404
    assert "such" not in metrics(address), "labels are of routes, not of what clients think of"


@pytest.mark.parametrize("log_text", [False, True])
def test_logs_are_lines_of_json_with_text_only_if_told(log_text):
    lines = []

    class Kept(logging.Handler):
        def emit(self, record):
            lines.append(JsonLines().format(record))

    logger, handler = logging.getLogger("baselines.serving"), Kept()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with serving(make_app(log_text=log_text)) as address:
            status, headers, _ = post(address, say("今天天气"))
            post(address, say("今天天气", stream=True))
            post(address, {"text": "今天天气"}, "/predict/classify")
            post(address, say("今天天气", temprature=1))
            post(address, say("今天天气"), "/no/%E4%BB%8A%E5%A4%A9")
            post(address, say("砸"))
    finally:
        logger.removeHandler(handler)
    told = [json.loads(line) for line in lines]
    requests = [line for line in told if line["event"] == "request"]
    assert [line["status"] for line in requests] == [200, 200, 200, 400, 404, 500]
    first = requests[0]
    assert first["request"] == headers["X-Request-Id"] and re.fullmatch(r"[0-9a-f]{32}", first["request"])
    assert (first["model"], first["prompt_tokens"], first["reply_tokens"], first["finish"]) == ("chat/parrot", 6, 4, ["stop"])
    assert (first["texts"], first["replies"]) == ([["今天天气"]], ["今天天气"]) if log_text else "texts" not in first
    assert any("今天" in line for line in lines) == log_text
    assert any("perch" in line.get("traceback", "") for line in told)


@pytest.fixture
def process():
    """Call it with seconds per step: (process, port) of a server of its own; `lines` has what it logged."""
    started, drains, lines = [], [], []

    def start(pause):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        running = subprocess.Popen([sys.executable, PARROT, str(port), str(pause)], stderr=subprocess.PIPE, text=True)
        drains.append(threading.Thread(target=lambda: lines.extend(running.stderr), daemon=True))
        drains[-1].start()
        started.append(running)
        assert until(lambda: answers(port))
        return running, port

    start.lines = lines
    yield start
    for running, drain in zip(started, drains, strict=True):
        running.kill()
        running.wait()
        drain.join()
        running.stderr.close()


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(os.name == "nt", reason="no SIGTERM")
def test_sigterm_lets_replies_end_and_refuses_new_ones(process):
    running, port = process(0.1)
    client = open_request(f"http://127.0.0.1:{port}", say("永远", stream=True))
    received = client.recv(4096)
    running.send_signal(signal.SIGTERM)
    assert until(lambda: not answers(port))
    while part := client.recv(4096):
        received += part
    assert received.count("永".encode()) == 8 and b"[DONE]" in received
    assert running.wait(60) == 0
    lines = [json.loads(line) for line in process.lines]
    assert any(line.get("finish") == ["length"] for line in lines) and not any("traceback" in line for line in lines)


@pytest.mark.skipif(os.name == "nt", reason="no SIGTERM")
def test_sigterm_does_not_wait_for_ever(process):
    running, port = process(2.0)                                        # 16 tokens take 32 seconds; 3 are granted
    client = open_request(f"http://127.0.0.1:{port}", say("永远", stream=True))
    received = client.recv(4096)
    begun = time.monotonic()
    running.send_signal(signal.SIGTERM)
    while part := client.recv(4096):
        received += part
    assert b"the server is shutting down" in received and b"[DONE]" not in received
    assert running.wait(60) == 0 and 2.5 < time.monotonic() - begun < 25
    assert not any("traceback" in line for line in process.lines)
    client.close()
