"""Parameters of /v1/embeddings, /search and /paraphrase."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from baselines.serving.schemas.generation import SamplingBody, Strict, readable

MAX_INPUTS, MAX_ITEMS, MAX_SAMPLES = 2048, 1000, 128
"""Maximum number of texts per request, items per result, and samples per paraphrase request."""
Text = Annotated[str, AfterValidator(readable)]


def inputs(value: Any) -> list[str]:
    """A list of one text or several. Raises ValueError for token ids, whose vocabulary may not be the model's."""
    texts = [value] if isinstance(value, str) else value
    if not (isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts)):
        raise ValueError("expected a string or an array of strings; token ids are not supported.")
    if len(texts) > MAX_INPUTS:
        raise ValueError(f"expected at most {MAX_INPUTS} texts, but got {len(texts)} instead.")
    return [readable(text) for text in texts]


class EmbeddingBody(Strict):
    """The body of /v1/embeddings: OpenAI's."""

    input: Annotated[list[str], BeforeValidator(inputs)]
    model: str | None = None
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Field(ge=1)] | None = None
    user: str | None = None


class SearchBody(Strict):
    """The body of /search."""

    query: Text
    index: str | None = None
    k: Annotated[int, Field(ge=1, le=MAX_ITEMS)] = 10
    rerank: str | None = None
    by: Literal["vectors", "lexical", "hybrid"] = "vectors"


class ParaphraseBody(SamplingBody):
    """The body of /paraphrase, which samples `samples` texts and returns the `num` most similar."""

    text: Text
    num: Annotated[int, Field(ge=1, le=MAX_SAMPLES)] = 10
    samples: Annotated[int, Field(ge=1, le=MAX_SAMPLES)] | None = None
