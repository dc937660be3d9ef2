"""Parameters of /v1/chat/completions and /v1/completions: OpenAI's, and top_k, repetition_penalty, no_repeat_ngram, min_tokens.

Null means that a parameter is absent. OpenAI's parameters that this server does not support are accepted with the value that has
no effect, and rejected with any other.
"""

import unicodedata
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from baselines.errors import excerpt
from baselines.serving.schemas.complaints import Unsupported

MAX_STOPS, MAX_STOP_LENGTH = 16, 100


def readable(text: str) -> str:
    """Returns the text. Raises ValueError if it has only spaces and control characters."""
    if not any(unicodedata.category(letter)[0] not in "CZ" for letter in text):
        what = "an empty string" if not text else "spaces or control characters only"
        raise ValueError(f"expected a text, but got {what} instead.")
    return text


def joined_parts(content: Any) -> Any:
    """The text of a message whose content is a text or OpenAI's list of {"type": "text", "text": …}."""
    if not isinstance(content, list):
        return content
    for part in content:
        if not (isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)):
            raise ValueError('this server reads text only. Send parts such as {"type": "text", "text": "…"}.')
    return "".join(part["text"] for part in content)


def stop_strings(stop: Any) -> tuple[str, ...]:
    """A tuple of stop strings from a string, an array or None. Raises ValueError for anything else."""
    stops = () if stop is None else (stop,) if isinstance(stop, str) else stop
    fits = isinstance(stops, list | tuple) and len(stops) <= MAX_STOPS
    if not (fits and all(isinstance(stop, str) and 0 < len(stop) <= MAX_STOP_LENGTH for stop in stops)):
        raise ValueError(f"expected a string or an array of at most {MAX_STOPS}, of 1 to {MAX_STOP_LENGTH} characters each.")
    return tuple(stops)


def prompts(prompt: Any) -> list[str]:
    """A list of one text or several. Raises ValueError for anything else."""
    texts = [prompt] if isinstance(prompt, str) else prompt
    if not (isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts)):
        raise ValueError("expected a string or an array of strings; token ids are not supported.")
    return [readable(text) for text in texts]


def unsupported(*neutral: Any, instead: str = "") -> Any:
    """The type of a parameter that this server does not support.

    Args:
        *neutral: Accepted values, which have no effect.
        instead: Advice in the error message.
    """

    def check(value):
        if value is not None and not any(value == each and type(value) is type(each) for each in neutral):
            advice = f"Only {' or '.join(map(repr, neutral))} is supported." if neutral else "Leave it out."
            raise Unsupported(advice + instead)
        return value

    return Annotated[Any, AfterValidator(check)]


class Strict(BaseModel):
    """A body without type conversion: 1 is not true, and "1" is not a number."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class StreamOptions(Strict):
    """OpenAI's options of a stream."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class Message(BaseModel):
    """An utterance of a dialogue."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)
    role: str
    content: Annotated[str, BeforeValidator(joined_parts), AfterValidator(readable)]
    name: str | None = None

    @model_validator(mode="after")
    def check_rest(self) -> Self:
        """Rejects extra fields with a value. A reply that a client sends back may have null fields such as tool_calls."""
        extra = [name for name, value in (self.model_extra or {}).items() if value not in (None, [], {})]
        if extra:
            raise ValueError(f"this server takes role and content only, but got '{excerpt(extra[0], 50)}' too. Leave it out.")
        return self


class SamplingBody(Strict):
    """Parameters of sampling."""

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

    def requested_tokens(self) -> int | None:
        """The requested length in tokens."""
        return self.max_tokens


class GenerationBody(SamplingBody):
    """The shared parameters of OpenAI's completions and chat completions."""

    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Field(ge=1)] | None = None
    stop: Annotated[tuple[str, ...], BeforeValidator(stop_strings)] = ()
    presence_penalty: unsupported(0, 0.0, instead=" Use repetition_penalty.") = None
    frequency_penalty: unsupported(0, 0.0, instead=" Use repetition_penalty.") = None
    logit_bias: unsupported({}) = None

    @model_validator(mode="after")
    def check_options(self) -> Self:
        if self.stream_options and not self.stream:
            raise ValueError("The 'stream_options' parameter is only allowed when 'stream' is enabled. Leave it out.")
        return self


class ChatBody(GenerationBody):
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
    def check_lengths(self) -> Self:
        if None not in (self.max_tokens, self.max_completion_tokens) and self.max_tokens != self.max_completion_tokens:
            raise ValueError("'max_tokens' and its newer name 'max_completion_tokens' differ. Give the newer one only.")
        return self

    def requested_tokens(self) -> int | None:
        """The requested length in tokens, from either parameter."""
        return self.max_completion_tokens or self.max_tokens


class CompletionBody(GenerationBody):
    """The body of /v1/completions: a prompt, or a list of prompts."""

    prompt: Annotated[list[str], BeforeValidator(prompts)]
    suffix: unsupported() = None
    echo: unsupported(False) = None
    best_of: unsupported(1) = None
    logprobs: unsupported() = None
