"""Templates with masks: the order of the parts, what is cut, the places of prompts, and what is refused."""

import pytest

from baselines.errors import InputError
from baselines.prompts.label_words import Pattern, Prompts, word_ids
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

TOKENIZER = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"很好坏。，甲乙丙丁"]))


def shown(template, texts, max_length=20, masks=1, prompts=()):
    ids = Pattern(template).row(texts, TOKENIZER, masks, max_length, prompts)["token_ids"]
    return "".join({2: "^", 3: "$", 4: "_"}.get(token, TOKENIZER.surface(int(token))) for token in ids)


@pytest.mark.parametrize("template, texts, options, expected", [
    ("很{label}", ["甲乙"], {}, "^很_。甲乙$"),
    ("{text}很{label}。", ["甲乙"], {"masks": 2}, "^甲乙很__。$"),
    ("{text_pair}，{label}，{text}", ["甲", "乙"], {}, "^乙，_，甲$"),
    ("{label}", ["甲", "乙"], {}, "^_。甲，乙$"),
    ("{text}很{label}。", ["甲乙丙丁"], {"max_length": 7}, "^甲乙很_。$"),
    ("{text}，{label}，{text_pair}", ["甲乙丙丁", "丁"], {"max_length": 8}, "^甲乙，_，丁$"),
    ("很{label}。{text}", ["甲"], {"prompts": (1, 1, 1)}, None),
    ("{text}{label}", ["{label}"], {}, None),
])
def test_rows(template, texts, options, expected):
    if expected:
        assert shown(template, texts, **options) == expected
    elif "prompts" in options:
        ids = Pattern(template).row(texts, TOKENIZER, 1, 20, (2, 2, 2))["token_ids"].tolist()
        assert ids == [2, 5, 2, 2, 4, 2, 8, 10, 3]
    else:
        ids = Pattern(template).row(texts, TOKENIZER, 1, 20)["token_ids"].tolist()
        assert ids.count(4) == 1, "a text is no template"


@pytest.mark.parametrize("make, part", [
    (lambda: Pattern("很好"), "has no place for the label"),
    (lambda: Pattern("{label}{txt}"), "{txt} is no place"),
    (lambda: shown("{label}{text}", ["甲", "乙"]), "examples have 2 texts. Write {text} and {text_pair}"),
    (lambda: shown("很好很好很{label}{text}", ["甲"], max_length=8), "leaves no room for a text"),
    (lambda: word_ids(["好", "很坏"], TOKENIZER, "--few.words"), "labels of different numbers of tokens (好 1, 很坏 2)"),
    (lambda: word_ids(["好", " "], TOKENIZER, "--few.words"), "' ' has no tokens"),
    (lambda: Prompts(["好", ""]), "one label is empty"),
])
def test_what_is_refused(make, part):
    with pytest.raises(InputError) as raised:
        make()
    assert part in str(raised.value)
