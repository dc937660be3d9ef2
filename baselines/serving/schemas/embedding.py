"""Parameters of /v1/embeddings, /search and /paraphrase."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from baselines.serving.schemas.generation import Drawing, Strict, readable

MOST_INPUTS, MOST_FOUND, MOST_SAMPLES = 2048, 1000, 128
"""Texts of a request, items of an answer, and texts that are drawn for a paraphrase, at most."""
Text = Annotated[str, AfterValidator(readable)]


def inputs(value):
    """A list of one text or several. Raises ValueError for token ids, which another vocabulary than the model's may have made."""
    texts = [value] if isinstance(value, str) else value
    if not (isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts)):
        raise ValueError("expected a text or a list of texts: token ids are not taken.")
    if len(texts) > MOST_INPUTS:
        raise ValueError(f"expected at most {MOST_INPUTS} texts. Received: {len(texts)}.")
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
    k: Annotated[int, Field(ge=1, le=MOST_FOUND)] = 10
    rerank: str | None = None


class ParaphraseBody(Drawing):
    """The body of /paraphrase: `samples` texts are drawn, and the `num` most similar ones returned."""

    text: Text
    num: Annotated[int, Field(ge=1, le=MOST_SAMPLES)] = 10
    samples: Annotated[int, Field(ge=1, le=MOST_SAMPLES)] | None = None
