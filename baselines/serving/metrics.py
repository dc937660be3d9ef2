"""Metrics for Prometheus: requests, tokens, pending and running replies, seconds to the first token and to the end."""

import time

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from baselines.serving.replies import Replies

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class ServingMetrics:
    """Metrics of one server, with their own registry."""

    def __init__(self):
        self.registry = CollectorRegistry()
        make = {"namespace": "baselines", "registry": self.registry}
        timed = {**make, "buckets": SECONDS}
        self.requests = Counter("requests", "HTTP requests", ["route", "status"], **make)
        self.request_seconds = Histogram("request_seconds", "From request to the end of its response", ["route"], **timed)
        self.replies = Counter("replies", "Replies by how they ended", ["model", "finish"], **make)
        self.first_token_seconds = Histogram("first_token_seconds", "From request to the first token", ["model"], **timed)
        self.prompt_tokens = Counter("prompt_tokens", "Tokens of prompts", ["model"], **make)
        self.reply_tokens = Counter("reply_tokens", "Tokens generated", ["model"], **make)
        self.predictions = Counter("predictions", "Examples predicted", ["model"], **make)
        self.embeddings = Counter("embeddings", "Texts embedded", ["model"], **make)
        self.searches = Counter("searches", "Searches of an index", ["index"], **make)
        self.paraphrases = Counter("paraphrases", "Paraphrases returned", ["model"], **make)
        self.now = Gauge("open", "Replies, examples and requests that wait or are being computed", ["model", "state"], **make)
        ProcessCollector(registry=self.registry)

    def watch(self, generation: dict, prediction: dict, embedding: dict) -> None:
        """Makes the gauge read the queues of these workers, {name: worker}."""
        for name, worker in generation.items():
            self.now.labels(name, "writing").set_function(lambda worker=worker: worker.counts[0])
            self.now.labels(name, "waiting").set_function(lambda worker=worker: worker.counts[1])
        for state, workers in (("waiting", prediction), ("embedding", embedding)):
            for name, worker in workers.items():
                self.now.labels(name, state).set_function(lambda worker=worker: len(worker.queue))

    def count_replies(self, model: str, replies: Replies, prompt_tokens: int, arrived: float, outcome: str) -> None:
        """Counts the replies to a request. Unfinished ones count as `outcome`.

        Args:
            model: Name of the model.
            replies: The Replies.
            prompt_tokens: Number of tokens in the prompts.
            arrived: Arrival of the request, by time.monotonic.
            outcome: How unfinished replies ended, such as "timeout".
        """
        for index in range(len(replies.requests)):
            self.replies.labels(model, replies.finished.get(index, outcome)).inc()
        self.reply_tokens.labels(model).inc(replies.num_tokens)
        if replies.first_token is not None:
            self.prompt_tokens.labels(model).inc(prompt_tokens)
            self.first_token_seconds.labels(model).observe(replies.first_token - arrived)

    def count_request(self, route: str, status: int, started: float) -> None:
        """Counts a request that arrived at `started`, in time.monotonic's seconds."""
        self.requests.labels(route, str(status)).inc()
        self.request_seconds.labels(route).observe(time.monotonic() - started)

    def text(self) -> tuple[bytes, str]:
        """(bytes of Prometheus' text format, their content type)."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
