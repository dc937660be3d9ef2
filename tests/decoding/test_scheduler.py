"""Continuous batching: every text comes out as if it were alone, with its own settings, and is over exactly once."""

import random
import threading

import numpy as np
import pytest
from toy_chain import END, ToyRows, greedy, prompt, prompts, random_table, toy

from baselines.decoding.beam import beam_search
from baselines.decoding.constraints import BannedSequences, ForcedPrefix
from baselines.decoding.sampling import Sampling
from baselines.decoding.scheduler import Finished, QueueFull, Request, Scheduler, Token
from baselines.errors import InputError

GREEDY = Sampling(top_k=1)
TABLE = random_table(3, 6, sharpness=0.8)


class Received:
    """All events of a text."""

    def __init__(self):
        self.events = []

    def __call__(self, event):
        assert not any(isinstance(each, Finished) for each in self.events), "an event behind the end"
        self.events.append(event)

    @property
    def ids(self):
        return [event.id for event in self.events if isinstance(event, Token)]

    @property
    def reason(self):
        return self.events[-1].reason if self.events and isinstance(self.events[-1], Finished) else None


def ask(scheduler, given, sampling=GREEDY, max_tokens=8, **settings):
    """(ticket, its events)."""
    received = Received()
    return scheduler.submit(Request(given, sampling, max_tokens, receive=received, **settings)), received


def one(table, given, sampling=GREEDY, max_tokens=8, **settings):
    """A text written alone: (ids, reason)."""
    scheduler = Scheduler(ToyRows(table))
    _, received = ask(scheduler, given, sampling, max_tokens, **settings)
    scheduler.drain()
    return received.ids, received.reason


def varied(number):
    """Settings of their own for each text."""
    return {
        "sampling": Sampling(1 + 0.3 * (number % 3), number % 4, 1 - 0.1 * (number % 2), 1 + 0.5 * (number % 2), number % 5 == 0),
        "max_tokens": 3 + number % 7,
        "min_tokens": number % 3,
        "seed": number // 2,
        "constraints": (BannedSequences(((4,),)),) if number % 3 == 1 else (ForcedPrefix((1, 0)),) if number % 3 == 2 else (),
    }


@pytest.mark.parametrize("num_rows", [1, 3])
def test_greedy_is_a_beam_of_one(num_rows):
    some = prompts(7)
    scheduler = Scheduler(ToyRows(TABLE, num_rows, candidates=2))
    texts = [ask(scheduler, given)[1] for given in some]
    scheduler.drain()
    beams = beam_search(ToyRows(TABLE, num_rows), some, beam=1, max_tokens=8)
    for given, text, (best,) in zip(some, texts, beams, strict=True):
        assert tuple(text.ids) == best.token_ids == greedy(TABLE, (given.token_ids[0],), 8)[0]
        assert text.reason == ("stop" if best.finished else "length")
        total = sum(event.log_probability for event in text.events[:-1])
        assert total >= best.log_probability - 1e-6


@pytest.mark.parametrize("num_rows, order", [(4, 0), (1, 1), (3, 2), (20, 3)])
def test_a_text_is_the_same_whatever_it_shares_the_rows_with(num_rows, order):
    some, numbers = prompts(16), [*range(16)]
    alone = [one(TABLE, some[number], **varied(number)) for number in numbers]
    random.Random(order).shuffle(numbers)
    scheduler, texts = Scheduler(ToyRows(TABLE, num_rows, candidates=2)), {}
    for place, number in enumerate(numbers):
        texts[number] = ask(scheduler, some[number], **varied(number))[1]
        if place % 3 == order % 3:                                      # some arrive while others are written
            scheduler.step()
    scheduler.drain()
    assert [(texts[number].ids, texts[number].reason) for number in range(16)] == alone
    assert len({tuple(ids) for ids, _ in alone}) > 10


def test_seeds():
    assert one(TABLE, prompt(), Sampling(), seed=5) == one(TABLE, prompt(), Sampling(), seed=5)
    assert len({tuple(one(TABLE, prompt(), Sampling(), seed=seed)[0]) for seed in range(20)}) > 5
    assert len({tuple(one(TABLE, prompt(), Sampling())[0]) for _ in range(20)}) > 5


def test_lengths_count_the_end():
    def never(given, written):
        return (0.9, 0.1, 0.0)

    def always(given, written):
        return (0.2, 0.1, 0.7)

    assert one(never, prompt(), max_tokens=3) == ([0, 0, 0], "length")
    assert one(always, prompt(), max_tokens=1) == ([], "stop")
    assert one(always, prompt(), max_tokens=9, min_tokens=1) == ([], "stop")
    assert one(always, prompt(), max_tokens=9, min_tokens=4) == ([0, 0, 0], "stop")
    assert one(always, prompt(), max_tokens=4, min_tokens=4) == ([0, 0, 0], "stop")


def test_each_row_has_its_own_constraints_and_penalty():
    scheduler = Scheduler(ToyRows(lambda *_: (0.5, 0.3, 0.15, 0.05), 4))
    plain = ask(scheduler, prompt(), max_tokens=3)[1]
    banned = ask(scheduler, prompt(), max_tokens=3, constraints=(BannedSequences(((0,),)),))[1]
    forced = ask(scheduler, prompt(), max_tokens=3, constraints=(ForcedPrefix((3, 1)),))[1]
    penalized = ask(scheduler, prompt(), Sampling(top_k=1, penalty=9.0), max_tokens=3)[1]
    scheduler.drain()
    assert [each.ids for each in (plain, banned, forced)] == [[0, 0, 0], [1, 1, 1], [3, 1, 0]]
    assert penalized.ids == [0, 1] and penalized.reason == "stop"       # every other token was said before


def test_a_row_is_free_as_soon_as_its_text_is_over():
    rows = ToyRows(TABLE, 2)
    scheduler = Scheduler(rows)
    texts = [ask(scheduler, given, max_tokens=length)[1] for given, length in zip(prompts(5), (9, 1, 1, 1, 1), strict=True)]
    while not all(text.reason for text in texts[1:]):
        scheduler.step()
    assert rows.calls < 6 and scheduler.counts[1] == 0
    scheduler.drain()
    assert [text.reason is not None for text in texts] == [True] * 5


def test_a_full_queue_takes_no_more():
    scheduler = Scheduler(ToyRows(TABLE, 1), max_queue=2)
    ask(scheduler, prompt(), max_tokens=50, min_tokens=50)
    scheduler.step()
    tickets = [ask(scheduler, prompt())[0] for _ in range(2)]
    assert scheduler.counts == (1, 2)
    with pytest.raises(QueueFull, match="2 texts wait"):
        ask(scheduler, prompt())
    scheduler.cancel(tickets[1])
    scheduler.step()
    ask(scheduler, prompt())                                            # the place of the cancelled one, though not the first


def test_cancelled_texts_end_at_the_next_step():
    scheduler = Scheduler(ToyRows(TABLE, 1))
    (active, written), (_, second), (waiting, never) = (ask(scheduler, given, max_tokens=20, min_tokens=20) for given in prompts(3))
    scheduler.step()
    scheduler.cancel(waiting)
    assert never.events == []
    scheduler.step()
    assert never.events == [Finished("cancelled")] and written.reason is None
    scheduler.cancel(active)
    scheduler.step()
    assert written.reason == "cancelled" and len(written.ids) == 3 and second.ids        # its row went to the next at once
    scheduler.drain()
    scheduler.cancel(active)
    scheduler.step()
    assert written.events.count(Finished("cancelled")) == 1 and second.reason == "length"


def test_abort_ends_all_and_the_scheduler_goes_on():
    rows = ToyRows(TABLE, 2)
    scheduler = Scheduler(rows)
    texts = [ask(scheduler, given, max_tokens=20, min_tokens=20)[1] for given in prompts(4)]
    scheduler.step()
    scheduler.abort("out of memory")
    assert [text.events[-1] for text in texts] == [Finished("error", "out of memory")] * 4
    assert scheduler.counts == (0, 0) and not scheduler.step() and rows.prompts == [None, None]
    assert one(TABLE, prompt())[1] and ask(scheduler, prompt())[1].events == []
    assert scheduler.step()


def test_a_model_that_fails_leaves_its_texts_to_abort():
    class Failing(ToyRows):
        def prefill(self, *given):
            raise RuntimeError("no memory")

    scheduler = Scheduler(Failing(TABLE, 2))
    texts = [ask(scheduler, given)[1] for given in prompts(3)]
    with pytest.raises(RuntimeError):
        scheduler.step()
    scheduler.abort("no memory")
    assert [text.events for text in texts] == [[Finished("error", "no memory")]] * 3 and scheduler.counts == (0, 0)


@pytest.mark.parametrize(
    "length, max_tokens, min_tokens, told",
    [
        (5, 6, 0, "prompt of 5 tokens and max_tokens 6 exceed 10"), (5, 0, 0, "max_tokens of at least 1"),
        (5, 3, 4, "min_tokens 4 and max_tokens 3 are out of range"), (5, 3, -1, "-1"),
    ],
)
def test_what_does_not_fit_is_a_users_mistake(length, max_tokens, min_tokens, told):
    scheduler = Scheduler(ToyRows(TABLE, capacity=10))
    with pytest.raises(InputError, match=told):
        ask(scheduler, prompt(*range(length)), max_tokens=max_tokens, min_tokens=min_tokens)
    ask(scheduler, prompt(*range(5)), max_tokens=5)
    scheduler.drain()


def test_many_threads_ask_and_cancel_and_each_text_is_over_once():
    scheduler, over = Scheduler(ToyRows(toy, 3), max_queue=1000), threading.Event()
    found, failures = [], []

    def steps():
        try:
            while not over.is_set() or any(scheduler.counts):
                if scheduler.wait(0.01):
                    scheduler.step()
        except BaseException as error:
            failures.append(error)

    def asks(number):
        generator = random.Random(number)
        for _ in range(30):
            ticket, received = ask(scheduler, prompt(), Sampling(), generator.randint(1, 6), seed=generator.randint(0, 9))
            found.append(received)
            if generator.random() < 0.3:
                scheduler.cancel(ticket)

    stepping = threading.Thread(target=steps)
    askers = [threading.Thread(target=asks, args=(number,)) for number in range(4)]
    for thread in (stepping, *askers):
        thread.start()
    for thread in askers:
        thread.join()
    over.set()
    stepping.join(60)
    assert not failures and not stepping.is_alive()
    assert len(found) == 120 and {text.reason for text in found} <= {"stop", "length", "cancelled"}
    assert all(len([event for event in text.events if isinstance(event, Finished)]) == 1 for text in found)


def test_waiting_ends_with_a_text_from_another_thread_or_with_time():
    scheduler = Scheduler(ToyRows(toy))
    assert not scheduler.wait(0.01)
    thread = threading.Timer(0.05, lambda: ask(scheduler, prompt()))
    thread.start()
    assert scheduler.wait(30)
    thread.join()
    scheduler.drain()
    assert not scheduler.wait(0)


def test_the_end_is_not_reported_and_probabilities_are_those_of_the_model():
    _, received = ask(scheduler := Scheduler(ToyRows(toy)), prompt(), Sampling(top_k=2), seed=1)
    scheduler.drain()
    written = ()
    for event in received.events[:-1]:
        assert event.id != END
        assert np.exp(event.log_probability) == pytest.approx(toy(None, written)[event.id], abs=1e-6)
        written = (*written, event.id)
