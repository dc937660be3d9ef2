"""Turns a parsed body into requests of a scheduler: prompts, sampling, limits, seeds."""

import asyncio
import dataclasses
import itertools

from baselines.decoding.decoder_protocol import Prompt
from baselines.decoding.generation_config import GenerationConfig
from baselines.decoding.scheduler import Request
from baselines.errors import InputError
from baselines.serving.api_error import ApiError, invalid
from baselines.serving.limits import Limits
from baselines.serving.model_registry import ServedGenerator
from baselines.serving.schemas.generation import Message, SamplingBody

MIN_TEMPERATURE = 1e-4
"""Lower temperatures are greedy, because dividing by them overflows float32."""
SAMPLING = ("temperature", "top_k", "top_p", "repetition_penalty", "no_repeat_ngram")
"""Parameters that are fields of GenerationConfig too."""
ROLES = (
    "user or assistant, because the models were trained on two speakers who take turns, without instructions. "
    "Put those into the first user message"
)


async def encode(generator: ServedGenerator, texts: list[str], max_tokens: int) -> tuple[Prompt, int]:
    """The prompt, and the number of oldest texts that were dropped. Raises ApiError if the model cannot take the texts."""
    try:
        return await asyncio.to_thread(generator.prompt, texts, max_tokens)     # a long text takes a while
    except InputError as error:
        raise ApiError(400, str(error), "messages" if generator.dialogue else "prompt", "invalid_prompt") from None


def utterances(messages: list[Message], dialogue: bool) -> list[str]:
    """The texts of messages, for a generator of dialogues or of one text. Raises ApiError for roles it was not trained with."""
    roles = [message.role for message in messages]
    for number, role in enumerate(roles):
        if role not in ("user", "assistant"):
            raise invalid(f"messages[{number}].role", ROLES, repr(role[:60]), "invalid_role")
    for number, (one, other) in enumerate(itertools.pairwise(roles), start=1):
        if one == other:
            raise invalid(f"messages[{number}].role", "user and assistant to take turns", f"two of {one}", "invalid_role")
    if roles[-1] != "user":
        raise invalid(f"messages[{len(roles) - 1}].role", "the last message to be the user's", f"the {roles[-1]}'s", "invalid_role")
    if not dialogue and len(messages) > 1:
        raise invalid("messages", "one message, because this model rewrites a text and does not hold conversations", len(messages))
    return [message.content for message in messages]


def generation_config(body: SamplingBody, default: GenerationConfig, limits: Limits, context: int) -> GenerationConfig:
    """The GenerationConfig of a body, with the run's defaults for absent parameters.

    Replies are sampled. If the run uses beam search by default, decoding is greedy, like OpenAI's temperature 0.

    Args:
        body: The parsed body.
        default: The run's own settings.
        limits: Limits of this server.
        context: Maximum number of tokens of prompt and reply together.

    Raises:
        ApiError: A length is beyond the limits.
    """
    limit, requested = max_reply_tokens(limits, context), body.requested_tokens()
    if requested is not None and requested > limit:
        raise invalid("max_tokens", f"at most {limit}, the limit of this server and model", requested)
    values = {"max_tokens": requested or min(default.max_tokens, limit), "num": 1, "beam": 0, "length_penalty": 0.0, "seed": None}
    values["min_tokens"] = min(default.min_tokens, values["max_tokens"]) if body.min_tokens is None else body.min_tokens
    if values["min_tokens"] > values["max_tokens"]:
        raise invalid("min_tokens", f"at most max_tokens, {values['max_tokens']}", body.min_tokens)
    for name in SAMPLING:
        if getattr(body, name) is not None:
            values[name] = getattr(body, name)
    greedy = default.beam > 0 or default.top_k == 1
    if values.get("temperature", 1.0) < MIN_TEMPERATURE or (greedy and not {"temperature", "top_k", "top_p"} & values.keys()):
        values |= {"temperature": 1.0, "top_k": 1}
    elif greedy:
        values.setdefault("top_k", 0)
    return dataclasses.replace(default, **values)


def max_reply_tokens(limits: Limits, context: int) -> int:
    """Maximum length of a reply in tokens. The shortest prompt has three tokens."""
    return min(limits.max_tokens, context - 3)


def requests(prompts: list[Prompt], config: GenerationConfig, n: int, seed: int | None) -> list[Request]:
    """Creates the Requests for `n` replies to each prompt. Reply number i uses the seed `seed` + i."""
    return [
        Request(
            prompt, config.sampling(), config.max_tokens, config.min_tokens, None if seed is None else (seed + number) % 2**32,
            config.constraints(),
        )
        for number, prompt in enumerate(prompt for prompt in prompts for _ in range(n))
    ]  # fmt: skip
