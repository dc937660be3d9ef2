"""From a parsed body to what a scheduler takes: prompts, sampling, limits, seeds."""

import asyncio
import dataclasses
import itertools

from baselines.decoding.scheduler import Request
from baselines.errors import InputError
from baselines.serving.api_error import ApiError, wrong

COLDEST = 1e-4
"""Temperatures below it are greedy: dividing by them leaves the range of float32."""
DRAWN = ("temperature", "top_k", "top_p", "repetition_penalty", "no_repeat_ngram")
"""Parameters that are fields of Writing too."""
SPEAKERS = (
    "user or assistant: the models learned from two speakers who take turns and know no instructions besides. "
    "Put those into the first user message"
)


async def encode(writer, texts, max_tokens):
    """(Prompt, how many of the oldest texts were left out). Raises ApiError for what the model cannot take."""
    try:
        return await asyncio.to_thread(writer.prompt, texts, max_tokens)    # a long text takes a while: others go on meanwhile
    except InputError as error:
        raise ApiError(400, str(error), "messages" if writer.kind == "chat" else "prompt", "invalid_prompt") from None


def utterances(messages, kind):
    """The texts of a chat for a writer of this kind. Raises ApiError for roles it was not trained on."""
    roles = [message.role for message in messages]
    for number, role in enumerate(roles):
        if role not in ("user", "assistant"):
            raise wrong(f"messages[{number}].role", SPEAKERS, repr(role[:20]), "invalid_role")
    for number, (one, other) in enumerate(itertools.pairwise(roles), start=1):
        if one == other:
            raise wrong(f"messages[{number}].role", "user and assistant to take turns", f"two of {one}", "invalid_role")
    if roles[-1] != "user":
        raise wrong(f"messages[{len(roles) - 1}].role", "the last message to be the user's", roles[-1], "invalid_role")
    if kind != "chat" and len(messages) > 1:
        raise wrong("messages", "one message, for this model rewrites a text and holds no conversation", len(messages))
    return [message.content for message in messages]


def writing(body, usual, limits, context):
    """The Writing that a body asks for, and for what it leaves open the run's usual one. Raises ApiError beyond the limits.

    Replies are drawn: where a run usually searches with beams, the likeliest token is taken, as OpenAI's temperature 0 does.
    """
    most, asked = most_tokens(limits, context), body.most_tokens()
    if asked is not None and asked > most:
        raise wrong("max_tokens", f"at most {most}, the limit of this server and model", asked)
    given = {"max_tokens": asked or min(usual.max_tokens, most), "num": 1, "beam": 0, "length_penalty": 0.0, "seed": None}
    given["min_tokens"] = min(usual.min_tokens, given["max_tokens"]) if body.min_tokens is None else body.min_tokens
    if given["min_tokens"] > given["max_tokens"]:
        raise wrong("min_tokens", f"at most max_tokens, {given['max_tokens']}", body.min_tokens)
    for name in DRAWN:
        if getattr(body, name) is not None:
            given[name] = getattr(body, name)
    greedy = usual.beam > 0 or usual.top_k == 1
    if given.get("temperature", 1.0) < COLDEST or (greedy and not {"temperature", "top_k", "top_p"} & given.keys()):
        given |= {"temperature": 1.0, "top_k": 1}
    elif greedy:
        given.setdefault("top_k", 0)
    return dataclasses.replace(usual, **given)


def most_tokens(limits, context):
    """Of a reply; the least prompt has three."""
    return min(limits.max_tokens, context - 3)


def requests(prompts, chosen, n, seed):
    """[Request] for `n` replies to each prompt by a Writing; reply number i of a seed has the random numbers of seed + i."""
    return [
        Request(
            prompt, chosen.sampling(), chosen.max_tokens, chosen.min_tokens, None if seed is None else (seed + number) % 2**32,
            chosen.constraints(),
        )
        for number, prompt in enumerate(prompt for prompt in prompts for _ in range(n))
    ]  # fmt: skip
