"""run.py chat: what is typed and what becomes of it, with a generator that repeats; and with a real run."""

import dataclasses
import io
import sys

import pytest

from baselines.cli import chat
from baselines.cli.chat import Conversation, change_config, parameters
from baselines.cli.main import main
from baselines.decoding.generation_config import GenerationConfig
from baselines.errors import InputError


@dataclasses.dataclass
class Echo:
    """Replies with the last utterance, a character at a time; stops itself as Ctrl-C would after `stop_after` of them."""

    name: str = "echo"
    stop_after: int | None = None
    longest: int = 3
    asked: list = dataclasses.field(default_factory=list)

    def prompt(self, texts, max_tokens=None):
        if not texts[-1].strip("\x07"):
            raise InputError("utterance 1 has no token")
        return None, max(0, len(texts) - self.longest)

    def stream(self, texts, config):
        self.asked.append((list(texts), config))
        for number, character in enumerate(texts[-1]):
            if number == self.stop_after:
                raise KeyboardInterrupt
            yield character


def talk(monkeypatch, capsys, lines, generator=None):
    """(Conversation, what it wrote, what it told) of lines that are typed."""
    conversation = Conversation(generator or Echo(), GenerationConfig(top_k=5, max_tokens=8))
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
    conversation.talk()
    return conversation, *capsys.readouterr()


def test_a_dialogue_is_kept_and_given_whole(monkeypatch, capsys):
    conversation, out, _ = talk(monkeypatch, capsys, ["你好", "", "吃了吗"])
    assert out == "你好\n吃了吗\n"
    assert conversation.utterances == ["你好", "你好", "吃了吗", "吃了吗"]
    assert [texts for texts, _ in conversation.generator.asked] == [["你好"], ["你好", "你好", "吃了吗"]]


def test_reset_undo_and_quit(monkeypatch, capsys):
    conversation, _, _ = talk(monkeypatch, capsys, ["一", "/reset", "二", "三", "/undo", "/quit", "四"])
    assert conversation.utterances == ["二", "二"]


def test_parameters_change_how_the_next_reply_is_drawn(monkeypatch, capsys):
    line = "/params top_k=2 temperature=0.5 max_length=4 keep_end=true"
    conversation, _, told = talk(monkeypatch, capsys, [line, "你好", "/params"])
    config = conversation.generator.asked[0][1]
    assert (config.top_k, config.temperature, config.max_tokens, config.keep_end) == (2, 0.5, 4, True)
    assert "temperature=0.5" in told


@pytest.mark.parametrize("line", ["/params top_k", "/params beam=3", "/params top_k=-1", "/params top_p=2", "/rest", "\x07"])
def test_mistakes_are_told_in_a_line_and_the_chat_goes_on(monkeypatch, capsys, line):
    conversation, out, told = talk(monkeypatch, capsys, [line, "你好"])
    assert told.count("error: ") == 1 and out == "你好\n"
    assert conversation.utterances == ["你好", "你好"]


def test_ctrl_c_stops_the_reply_and_not_the_program(monkeypatch, capsys):
    conversation, out, _ = talk(monkeypatch, capsys, ["一二三", "四五六"], Echo(stop_after=2))
    assert out == "一二 …\n四五 …\n"
    assert conversation.utterances == ["一二三", "一二", "四五六", "四五"]


def test_a_reply_that_was_stopped_before_it_began_is_no_part_of_the_dialogue(monkeypatch, capsys):
    assert talk(monkeypatch, capsys, ["一二三"], Echo(stop_after=0))[0].utterances == []


def test_what_no_longer_fits_is_told(monkeypatch, capsys):
    assert "the 2 oldest utterances" in talk(monkeypatch, capsys, ["一", "二", "三"])[2]


def test_nothing_and_zero_are_parameters_too():
    config = GenerationConfig(top_k=5, min_tokens=3, keep_end=True)
    assert change_config(config, ["top_k=0", "min_length=0", "keep_end=false"]) == GenerationConfig()


def test_changed_takes_every_parameter_that_is_shown():
    config = GenerationConfig(top_k=5)
    words = [f"{name}={value}" for name, value in parameters(config).items() if value is not None]
    assert change_config(config, words) == config


def test_wrong_flags_end_with_code_2(capsys):
    for argv in (["chat"], ["chat", "--run", "nowhere"], ["chat", "--run", "x", "--demo"], ["chat", "--run", "x", "--bem", "3"]):
        assert main(argv) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_a_run_replies(chat_run, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("球队\n/params\n"))
    assert main(["chat", "--run", str(chat_run), "--seed", "1", "--max_length", "4"]) == 0
    assert "max_length=4" in capsys.readouterr().err


def test_only_a_run_of_chat_talks(seq2seq_run, capsys):
    assert main(["chat", "--run", str(seq2seq_run)]) == 2
    assert main(["chat", "--run", str(seq2seq_run), "--beam", "3"]) == 2
    told = capsys.readouterr().err
    assert "does not hold conversations" in told and "Leave --beam and --num out" in told


def test_the_help_lists_every_command():
    assert all(name in chat.HELP for name in ("/reset", "/undo", "/params", "/quit"))
