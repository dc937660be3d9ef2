"""Unknown characters, against the vocabulary."""

import dataclasses

from lint_samples import finding, split, tokenizer

from baselines.linting import characters
from baselines.linting.findings import ERROR, OK, WARNING, Share


def test_unknown_characters_are_counted_and_named_most_frequent_first():
    section = characters.check_characters([split("春囧天囧", "\ue000夏 囧"), split("春天", name="dev")], tokenizer())
    assert finding(section, "characters not").values == {"train": Share(4, 7), "dev": Share(0, 2)}
    assert finding(section, "different").values == {"train": 2, "dev": 0}
    assert finding(section, "most frequent").values == {"train": "囧 3, '\\ue000' 1", "dev": "-"}


def test_a_letter_that_only_longer_words_know_is_no_unknown_character_of_theirs():
    assert characters.is_unknown("p", tokenizer()) and not characters.is_unknown("i", tokenizer())


def test_the_rate_of_unknown_tokens_gives_the_verdict():
    verdicts = []
    for count in (0, 4, 6, 30):
        one = dataclasses.replace(split("春"), unknown=Share(count, 1000))
        verdicts.append(finding(characters.check_characters([one], tokenizer()), "[UNK]").verdict)
    assert verdicts == [OK, OK, WARNING, ERROR]
