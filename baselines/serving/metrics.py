"""What Prometheus may ask: requests, tokens, waiting and writing replies, how long the first token and the whole took."""

import time

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class ServingMetrics:
    """Counts of one server, in a registry of its own."""

    def __init__(self):
        self.registry = CollectorRegistry()
        make = {"namespace": "baselines", "registry": self.registry}
        timed = {**make, "buckets": SECONDS}
        self.requests = Counter("requests", "HTTP requests", ["route", "status"], **make)
        self.request_seconds = Histogram("request_seconds", "From request to the end of its response", ["route"], **timed)
        self.replies = Counter("replies", "Replies by how they ended", ["model", "finish"], **make)
        self.first_token_seconds = Histogram("first_token_seconds", "From request to the first token", ["model"], **timed)
        self.prompt_tokens = Counter("prompt_tokens", "Tokens of prompts", ["model"], **make)
        self.reply_tokens = Counter("reply_tokens", "Tokens written", ["model"], **make)
        self.predictions = Counter("predictions", "Examples predicted", ["model"], **make)
        self.embeddings = Counter("embeddings", "Texts made into vectors", ["model"], **make)
        self.searches = Counter("searches", "Searches of an index", ["index"], **make)
        self.paraphrases = Counter("paraphrases", "Paraphrases told", ["model"], **make)
        self.now = Gauge("open", "Replies, examples and texts that wait or are worked on now", ["model", "state"], **make)
        ProcessCollector(registry=self.registry)

    def watch(self, engines, predictors, embedders):
        """Lets the gauge ask these, {name: …}, whenever it is read."""
        for name, engine in engines.items():
            self.now.labels(name, "writing").set_function(lambda engine=engine: engine.counts[0])
            self.now.labels(name, "waiting").set_function(lambda engine=engine: engine.counts[1])
        for name, thread in predictors.items():
            self.now.labels(name, "waiting").set_function(lambda thread=thread: thread.waiting)

        for name, thread in embedders.items():
            self.now.labels(name, "embedding").set_function(lambda thread=thread: thread.waiting)

    def count_replies(self, model, replies, prompt_tokens, arrived, outcome):
        """Takes account of a request's Replies; those that are not finished ended by `outcome`."""
        for index in range(len(replies.requests)):
            self.replies.labels(model, replies.finished.get(index, outcome)).inc()
        self.reply_tokens.labels(model).inc(replies.num_tokens)
        if replies.first_token is not None:
            self.prompt_tokens.labels(model).inc(prompt_tokens)
            self.first_token_seconds.labels(model).observe(replies.first_token - arrived)

    def count_request(self, route, status, started):
        self.requests.labels(route, str(status)).inc()
        self.request_seconds.labels(route).observe(time.monotonic() - started)

    def text(self):
        """(bytes of Prometheus' text format, their content type)."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
