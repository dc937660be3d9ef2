"""What a client may ask for, and what a server is told when it starts."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Limits:
    """Bounds of a request.

    max_body       bytes              max_tokens    of a reply           max_replies   to one request
    timeout        seconds from the arrival of a request to the end of its reply, waiting included
    body_seconds   for the body to arrive
    max_queue      examples that wait for a predictor; writers have the queue of their scheduler
    """

    max_body: int = 1_000_000
    max_tokens: int = 256
    max_replies: int = 8
    timeout: float = 120.0
    body_seconds: float = 20.0
    max_queue: int = 64


@dataclasses.dataclass(frozen=True)
class Access:
    """Who may ask: `api_key` None for anyone; `origins` are web sites whose pages may, besides our own."""

    api_key: str | None = None
    origins: tuple[str, ...] = ()
