"""Settings of a server: limits of requests, and access."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Limits:
    """Limits of a request.

    Args:
        max_body: Bytes of its body.
        max_tokens: Tokens of a reply.
        max_replies: Replies to one request.
        timeout: Seconds from its arrival to the end of its reply, including waiting.
        body_seconds: Seconds for its body to arrive.
        max_queue: Requests that may wait for a predictor or embedder; generators have the queue of their scheduler.
    """

    max_body: int = 1_000_000
    max_tokens: int = 256
    max_replies: int = 8
    timeout: float = 120.0
    body_seconds: float = 20.0
    max_queue: int = 64


@dataclasses.dataclass(frozen=True)
class Access:
    """Who may use the server.

    Args:
        api_key: Key that clients must send; None: nobody needs one.
        origins: Web sites whose pages may use the API, besides our own.
    """

    api_key: str | None = None
    origins: tuple[str, ...] = ()
