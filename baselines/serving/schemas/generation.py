"""Parameters of /v1/chat/completions and /v1/completions: OpenAI's, and top_k, repetition_penalty, no_repeat_ngram, min_tokens.

Null means the same as to leave a parameter out. Those of OpenAI's that this server does not have are accepted with the value
that changes nothing, and refused with any other: a client learns at once that its wish would not be heard.
"""

import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MOST_STOPS, LONGEST_STOP = 16, 100


def readable(text):
    """The text itself. Raises ValueError if nothing in it could be read: spaces and control characters only."""
    if not any(unicodedata.category(letter)[0] not in "CZ" for letter in text):
        what = "an empty one" if not text else "spaces or control characters only"
        raise ValueError(f"expected a text. Received: {what}.")
    return text


def joined_parts(content):
    """The text of a message whose content is a text or OpenAI's list of {"type": "text", "text": …}."""
    if not isinstance(content, list):
        return content
    for part in content:
        if not (isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)):
            raise ValueError('expected parts such as {"type": "text", "text": "…"}: this server reads text only.')
    return "".join(part["text"] for part in content)


def stop_strings(stop):
    """A tuple of stop strings, of one, several or None."""
    stops = () if stop is None else (stop,) if isinstance(stop, str) else stop
    fits = isinstance(stops, list | tuple) and len(stops) <= MOST_STOPS
    if not (fits and all(isinstance(stop, str) and 0 < len(stop) <= LONGEST_STOP for stop in stops)):
        raise ValueError(f"expected a text, or a list of at most {MOST_STOPS}, of 1 to {LONGEST_STOP} characters each.")
    return tuple(stops)


def prompts(prompt):
    """A list of one text or several."""
    texts = [prompt] if isinstance(prompt, str) else prompt
    if not (isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts)):
        raise ValueError("expected a text or a list of texts: token ids are not taken.")
    return [readable(text) for text in texts]


def unsupported(*neutral, instead=""):
    """The type of a parameter that this server does not have; `neutral` values ask for nothing."""

    def check(value):
        if value is not None and not any(value == each and type(value) is type(each) for each in neutral):
            allowed = " or ".join(map(repr, neutral)) or "to leave it out"
            raise ValueError(f"this server does not have it; expected {allowed}.{instead}")
        return value

    return Annotated[Any, AfterValidator(check)]


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class StreamOptions(Strict):
    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class Message(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)
    role: str
    content: Annotated[str, BeforeValidator(joined_parts), AfterValidator(readable)]
    name: str | None = None

    @model_validator(mode="after")
    def check_rest(self):
        """A reply that a client sends back has fields such as tool_calls, which are null."""
        asked = [name for name, value in (self.model_extra or {}).items() if value not in (None, [], {})]
        if asked:
            raise ValueError(f"expected role and content only. Received also: {asked[0][:50]}.")
        return self


class Drawing(Strict):
    """How a text is drawn."""

    model: str | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    min_tokens: Annotated[int, Field(ge=0)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=0)] | None = None
    repetition_penalty: Annotated[float, Field(gt=0, le=10)] | None = None
    no_repeat_ngram: Annotated[int, Field(ge=0, le=100)] | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    user: str | None = None

    def most_tokens(self):
        return self.max_tokens


class Generation(Drawing):
    """What both kinds of OpenAI's requests share."""

    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Field(ge=1)] | None = None
    stop: Annotated[tuple[str, ...], BeforeValidator(stop_strings)] = ()
    presence_penalty: unsupported(0, 0.0, instead=" See repetition_penalty.") = None
    frequency_penalty: unsupported(0, 0.0, instead=" See repetition_penalty.") = None
    logit_bias: unsupported({}) = None

    @model_validator(mode="after")
    def check_options(self):
        if self.stream_options and not self.stream:
            raise ValueError("stream_options: expected only together with stream.")
        return self


class ChatBody(Generation):
    """The body of /v1/chat/completions."""

    messages: Annotated[list[Message], Field(min_length=1)]
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    metadata: dict[str, str] | None = None
    store: unsupported(False) = None
    logprobs: unsupported(False) = None
    top_logprobs: unsupported(0) = None
    tools: unsupported([]) = None
    tool_choice: unsupported("none", "auto") = None
    parallel_tool_calls: unsupported(False, True) = None
    functions: unsupported([]) = None
    function_call: unsupported("none", "auto") = None
    response_format: unsupported({"type": "text"}) = None
    modalities: unsupported(["text"]) = None
    audio: unsupported() = None
    prediction: unsupported() = None
    reasoning_effort: unsupported() = None
    verbosity: unsupported() = None
    web_search_options: unsupported() = None
    service_tier: unsupported("auto", "default") = None

    @model_validator(mode="after")
    def check_lengths(self):
        if None not in (self.max_tokens, self.max_completion_tokens) and self.max_tokens != self.max_completion_tokens:
            raise ValueError("max_tokens: expected not to be given together with max_completion_tokens, its newer name.")
        return self

    def most_tokens(self):
        return self.max_completion_tokens or self.max_tokens


class CompletionBody(Generation):
    """The body of /v1/completions: a prompt, or a list of them."""

    prompt: Annotated[list[str], BeforeValidator(prompts)]
    suffix: unsupported() = None
    echo: unsupported(False) = None
    best_of: unsupported(1) = None
    logprobs: unsupported() = None
