"""Continuous batching: texts of many requests are generated together, and a row whose text ends takes the next one.

Yu et al., 2022, "Orca" (continuous batching). Greedy and sampled texts; every one has its own settings, constraints and random
numbers, and comes out the same whatever it shares the rows with.
"""

import collections
import dataclasses
import threading
from collections.abc import Callable

import numpy as np

from baselines.decoding.constraints import MinimumLength
from baselines.decoding.decoder_protocol import Decoder, LogitsAdjustment, Prompt
from baselines.decoding.logits_processing import logits_adjustment, rescore
from baselines.decoding.sampling import Sampling, draw
from baselines.errors import InputError


class QueueFull(Exception):
    """As many texts wait as may."""


@dataclasses.dataclass(frozen=True)
class Token:
    """A token was written. The end token is not reported."""

    id: int
    log_probability: float


@dataclasses.dataclass(frozen=True)
class Finished:
    """A text is over: "stop" (it ended), "length" (it was truncated), "cancelled", or "error" with a message."""

    reason: str
    message: str = ""


@dataclasses.dataclass(frozen=True)
class Request:
    """A text to generate.

    Args:
        prompt: The Prompt.
        sampling: How tokens are sampled.
        max_tokens: Longest text, including the end token.
        min_tokens: Shortest text, including the end token.
        seed: Seed of its random numbers; None: another one each time.
        constraints: See constraints.py.
        receive: Called with each Token and, once, with Finished, in the thread that steps.
    """

    prompt: Prompt
    sampling: Sampling
    max_tokens: int
    min_tokens: int = 0
    seed: int | None = None
    constraints: tuple = ()
    receive: Callable = lambda event: None


class Ticket:
    """A text that waits or is being generated. `cancel` takes it."""

    def __init__(self, request: Request, end_id: int):
        self.request, self.written, self.row, self.cancelled = request, [], None, False
        least = (MinimumLength(request.min_tokens, end_id),) if request.min_tokens > 1 else ()
        self.constraints = (*request.constraints, *least)
        self.random = np.random.default_rng(request.seed)


class Scheduler:
    """Generates the texts of requests in the rows of a model.

    submit, cancel and wait may be called from any thread; step and abort from one.

    Args:
        rows: A Decoder with a width of 1.
        max_queue: Maximum number of waiting texts; `submit` rejects more.
    """

    def __init__(self, rows: Decoder, max_queue: int = 64):
        self.rows, self.max_queue = rows, max_queue
        self._waiting, self._active = collections.deque(), {}           # {row: Ticket}
        self._changed = threading.Condition()
        shape = (1, 1, rows.vocab_size)
        self._anything, self._nothing = np.ones(shape, bool), np.zeros(shape, bool)

    def submit(self, request: Request) -> Ticket:
        """Queues a text. Raises InputError if it does not fit a row, and QueueFull if the queue is full."""
        length, least, most = len(request.prompt.token_ids), request.min_tokens, request.max_tokens
        if most < 1 or not 0 <= least <= most:
            raise InputError(
                f"min_tokens {least} and max_tokens {most} are out of range. "
                "Give 0 <= min_tokens <= max_tokens, and max_tokens of at least 1."
            )
        if length + most > self.rows.capacity:
            raise InputError(
                f"A prompt of {length} tokens and max_tokens {most} exceed {self.rows.capacity} tokens. Shorten one of them."
            )
        ticket = Ticket(request, self.rows.end_id)
        with self._changed:
            if len(self._waiting) >= self.max_queue:
                raise QueueFull(f"{len(self._waiting)} texts wait already")
            self._waiting.append(ticket)
            self._changed.notify_all()
        return ticket

    def cancel(self, ticket: Ticket) -> None:
        """Ends a text at the next step; one that is over stays so."""
        with self._changed:
            ticket.cancelled = True
            self._changed.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Sleeps until there is something to step. Returns whether there is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting or self._active, timeout)

    @property
    def counts(self) -> tuple[int, int]:
        """Texts that are generated, and texts that wait."""
        return len(self._active), len(self._waiting)

    def step(self) -> bool:
        """Starts waiting texts where rows are free, adds a token to every running one. Returns whether there was any."""
        for ticket in [ticket for ticket in self._active.values() if ticket.cancelled]:
            self._finish(ticket, Finished("cancelled"))
        started = self._begin()
        any_left = bool(started or self._active)
        if self._active:
            count = max(self._active) + 1
            tokens = np.zeros((count, 1), np.int32)
            for row, ticket in self._active.items():
                tokens[row] = ticket.written[-1]
            tickets = [self._active.get(row) for row in range(count)]
            self._choose(tickets, lambda adjust: self.rows.step(tokens, None, adjust))
        return any_left

    def drain(self) -> None:
        """Steps until nothing is left to generate."""
        while self.step():
            pass

    def abort(self, message: str) -> None:
        """Ends everything that runs or waits with an error."""
        with self._changed:
            waiting, self._waiting = list(self._waiting), collections.deque()
        for ticket in [*self._active.values(), *waiting]:
            self._finish(ticket, Finished("error", message))

    def _begin(self):
        """Puts waiting texts into free rows, the lowest first: a step costs as many rows as the highest that is used."""
        with self._changed:
            free = [row for row in range(self.rows.num_rows) if row not in self._active]
            dropped = [ticket for ticket in self._waiting if ticket.cancelled]
            waiting = [ticket for ticket in self._waiting if not ticket.cancelled]
            started, self._waiting = waiting[: len(free)], collections.deque(waiting[len(free) :])
            for row, ticket in zip(free, started, strict=False):
                ticket.row = row
                self._active[row] = ticket
        for ticket in dropped:
            self._finish(ticket, Finished("cancelled"))
        if started:
            rows, prompts = [ticket.row for ticket in started], [ticket.request.prompt for ticket in started]
            self._choose(started, lambda adjust: self.rows.prefill(rows, prompts, adjust))
        return started or dropped

    def _choose(self, tickets, ask):
        """The next token of each text; None stands for a row that holds none."""
        prefixes = [[ticket.written if ticket else None] for ticket in tickets]
        samplings = [ticket.request.sampling if ticket else None for ticket in tickets]
        constraints = [ticket.constraints if ticket else () for ticket in tickets]
        penalties = [sampling.penalty if sampling else 1.0 for sampling in samplings]
        temperatures = [sampling.temperature if sampling else 1.0 for sampling in samplings]
        adjust = logits_adjustment(prefixes, constraints, penalties, temperatures, self.rows.vocab_size, self.rows.end_id)
        scores = rescore(ask(self._whole(adjust, len(tickets))), prefixes, constraints, self.rows.end_id)
        uniforms = [ticket.random.random() if ticket else 0.0 for ticket in tickets]
        normalized = [not group for group in constraints]
        tokens, log_probabilities = draw(scores, samplings, uniforms, self.rows.end_id, normalized)
        for ticket, token, log_probability in zip(tickets, tokens.tolist(), log_probabilities.tolist(), strict=True):
            if ticket:
                self._write(ticket, token, log_probability)

    def _whole(self, adjust, count):
        """An LogitsAdjustment with all its arrays, so that one compiled step serves any settings."""
        adjust = adjust or LogitsAdjustment()
        ones = np.ones(count, np.float32)
        return LogitsAdjustment(
            allowed=np.repeat(self._anything, count, axis=0) if adjust.allowed is None else adjust.allowed,
            seen=np.repeat(self._nothing, count, axis=0) if adjust.seen is None else adjust.seen,
            penalty=ones if adjust.penalty is None else adjust.penalty,
            temperature=ones if adjust.temperature is None else adjust.temperature,
        )

    def _write(self, ticket, token, log_probability):
        if token == self.rows.end_id:
            return self._finish(ticket, Finished("stop"))
        ticket.written.append(token)
        ticket.request.receive(Token(token, log_probability))
        if len(ticket.written) == ticket.request.max_tokens:
            self._finish(ticket, Finished("length"))

    def _finish(self, ticket, finished):
        if ticket.row is not None:
            del self._active[ticket.row]
            self.rows.free([ticket.row])
        ticket.request.receive(finished)
