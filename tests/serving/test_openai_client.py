"""The official client against a server on this machine: whole and streamed, plain and asynchronous, and how it takes refusals."""

import asyncio

import pytest
from parrot import make_app, serving

from baselines.serving.limits import Access, Limits

openai = pytest.importorskip("openai", reason="openai is not installed: pip install -r requirements-dev.txt")
HELLO = [{"role": "user", "content": "你好"}]


@pytest.fixture(scope="module")
def settings():
    with serving(make_app(Limits(max_tokens=16), Access(api_key="sesam"))) as address:
        yield {"base_url": f"{address}/v1", "api_key": "sesam", "max_retries": 0}


@pytest.fixture(scope="module")
def client(settings):
    with openai.OpenAI(**settings) as client:
        yield client


def test_models_are_listed_and_found(client):
    assert [model.id for model in client.models.list()] == ["chat/parrot", "seq2seq/parrot"]
    assert client.models.retrieve("chat/parrot").owned_by == "baselines"


def test_a_chat_goes_on(client):
    first = client.chat.completions.create(model="chat/parrot", messages=HELLO)
    assert first.choices[0].message.content == "你好" and first.choices[0].finish_reason == "stop"
    assert (first.usage.prompt_tokens, first.usage.completion_tokens, first.usage.total_tokens) == (4, 2, 6)
    history = [*HELLO, first.choices[0].message, {"role": "user", "content": [{"type": "text", "text": "今天"}]}]
    second = client.chat.completions.create(model="chat/parrot", messages=history, max_completion_tokens=1)
    assert second.choices[0].message.content == "今" and second.choices[0].finish_reason == "length"
    assert second.id != first.id and second.dropped_messages == 0


def test_a_stream_gives_the_same_text_in_pieces(client):
    asked = {"model": "chat/parrot", "messages": [{"role": "user", "content": "今天天气很不错"}]}
    chunks = list(client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    assert chunks[0].choices[0].delta.role == "assistant"
    pieces = [chunk.choices[0].delta.content for chunk in chunks[1:-1] if chunk.choices[0].delta.content]
    assert len(pieces) == 7 and "".join(pieces) == "今天天气很不错"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens == 7
    assert len({chunk.id for chunk in chunks}) == 1
    with client.chat.completions.stream(**asked) as stream:
        assert stream.get_final_completion().choices[0].message.content == "今天天气很不错"


def test_several_replies_have_seeds_of_their_own(client):
    def roll(seed, n=3, **parameters):
        asked = {"model": "chat/parrot", "messages": [{"role": "user", "content": "掷骰子"}], "seed": seed, "n": n, **parameters}
        return [choice.message.content for choice in client.chat.completions.create(**asked).choices]

    rolls = roll(5)
    assert rolls == roll(5) and len(set(rolls)) == 3
    assert roll(6, n=1) == rolls[1:2] != roll(5, n=1)
    assert len({*roll(5, temperature=0), *roll(9, temperature=0)}) == 1
    assert roll(5, n=1, extra_body={"top_k": 1}) == roll(8, n=1, temperature=0)
    assert roll(None) != roll(None)
    streamed = ["", "", ""]
    asked = {"model": "chat/parrot", "messages": [{"role": "user", "content": "掷骰子"}], "seed": 5, "n": 3, "stream": True}
    for chunk in client.chat.completions.create(**asked):
        streamed[chunk.choices[0].index] += chunk.choices[0].delta.content or ""
    assert streamed == rolls


def test_stop_strings_end_a_reply_and_are_no_part_of_it(client):
    def ask(stop, stream):
        asked = {"model": "chat/parrot", "messages": [{"role": "user", "content": "一二三四五六七"}], "stop": stop}
        if not stream:
            (choice,) = client.chat.completions.create(**asked).choices
            return choice.message.content, choice.finish_reason
        choices = [chunk.choices[0] for chunk in client.chat.completions.create(**asked, stream=True)]
        return "".join(choice.delta.content or "" for choice in choices), choices[-1].finish_reason

    for stream in (False, True):
        assert ask("四五", stream) == ("一二三", "stop")
        assert ask(["七八", "六"], stream) == ("一二三四五", "stop")
        assert ask(["七八"], stream) == ("一二三四五六七", "stop")
        assert ask("一", stream) == ("", "stop")


def test_extensions_reach_the_search(client):
    asked = {"model": "chat/parrot", "messages": [{"role": "user", "content": "一一一一"}], "temperature": 0}
    assert client.chat.completions.create(**asked).choices[0].message.content == "一一一一"
    others = client.chat.completions.create(**asked, extra_body={"no_repeat_ngram": 2}).choices[0].message.content
    assert others.startswith("一一") and others != "一一一一"
    longer = client.chat.completions.create(**asked, extra_body={"min_tokens": 10, "repetition_penalty": 1.5})
    assert longer.usage.completion_tokens >= 9


def test_completions_answer_each_prompt(client):
    found = client.completions.create(model="seq2seq/parrot", prompt=["你好", "再见"], n=2)
    assert [choice.text for choice in found.choices] == ["你好", "你好", "再见", "再见"]
    assert [choice.index for choice in found.choices] == [0, 1, 2, 3]
    pieces = client.completions.create(model="seq2seq/parrot", prompt="今天", stream=True)
    assert "".join(piece.choices[0].text for piece in pieces) == "今天"


def test_refusals_are_the_clients_exceptions(client, settings):
    for kind, asked in (
        (openai.BadRequestError, {"model": "chat/parrot", "messages": []}),
        (openai.BadRequestError, {"model": "chat/parrot", "messages": HELLO, "extra_body": {"beam": 3}}),
        (openai.NotFoundError, {"model": "gpt-4", "messages": HELLO}),
        (openai.InternalServerError, {"model": "chat/parrot", "messages": [{"role": "user", "content": "砸"}]}),
    ):
        with pytest.raises(kind) as caught:
            client.chat.completions.create(**asked)
        assert caught.value.body["message"]
    with pytest.raises(openai.APIError, match="could not generate"):
        list(client.chat.completions.create(model="chat/parrot", messages=[{"role": "user", "content": "砸"}], stream=True))
    with pytest.raises(openai.AuthenticationError), openai.OpenAI(**{**settings, "api_key": "other"}) as stranger:
        stranger.models.list()


def test_asynchronous_clients_share_the_rows(settings):
    async def ask(client, number):
        text = "一二三四五六七八九十"[: number % 10 + 1]
        asked = {"model": "chat/parrot", "messages": [{"role": "user", "content": text}]}
        stream = await client.chat.completions.create(**asked, stream=True)
        found = [chunk.choices[0].delta.content or "" async for chunk in stream]
        whole = await client.chat.completions.create(**asked)
        return "".join(found) == text == whole.choices[0].message.content

    async def ask_all():
        async with openai.AsyncOpenAI(**{**settings, "max_retries": 8}) as client:
            return await asyncio.gather(*(ask(client, number) for number in range(10)))

    assert all(asyncio.run(ask_all()))
