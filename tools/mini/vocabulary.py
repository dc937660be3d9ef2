"""Builds vocabulary and configuration of checkpoints/mini and mini_unilm. Run: python -m tools.mini.vocabulary

The order follows Google's Chinese BERT: [PAD], [unused1..99], the other special tokens, ASCII, punctuation, Chinese
characters by code point, full-width forms, English pieces, ## pieces. Characters are ranked by the word frequencies of
jieba's dict.txt (MIT).
"""

import collections
import importlib.util
import itertools
import json
import pathlib

FOLDERS = [pathlib.Path(__file__).parents[2] / "checkpoints" / name for name in ("mini", "mini_unilm")]
FOLDER = FOLDERS[0]
NUM_CHARACTERS = 5800
SPECIAL = ["[PAD]", *(f"[unused{i}]" for i in range(1, 100)), "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ASCII = [chr(code) for code in range(0x21, 0x7F) if not chr(code).isupper()]
SYMBOLS = list("£§°±²³·×÷αβγδελμπσω–—―‖‘’“”•…‰′″※€℃№™←↑→↓∈∏∑√∞∠∧∨∩∪∫∴≈≠≡≤≥①②③④⑤⑥⑦⑧⑨⑩─■□▲△●○★☆♀♂♥♪")
CJK_PUNCTUATION = list("、。〇〈〉《》「」『』【】〔〕〖〗")
FULL_WIDTH = [chr(code) for code in range(0xFF01, 0xFF5F) if not chr(code).isupper()] + ["￥"]
VOWELS, CONSONANTS = "aeiou", "bcdfghjklmnpqrstvwxyz"
BIGRAMS = sorted(a + b for pair in ((CONSONANTS, VOWELS), (VOWELS, CONSONANTS)) for a, b in itertools.product(*pair))
TWO_DIGITS = [f"{i:02d}" for i in range(100)]
YEARS = [str(year) for year in range(1990, 2031)]
WORDS = """
a about after all also am an and api app apple are as ask at back be best beta big blog book box bug but buy by call
can card cat chat check city class cloud club code come cool copy cpu css data date day demo diy do dog down dvd edit
email end english excel eye fan file find first fly for free from game get gift girl give go good google gps gpu group
happy hard hello help hi high hot how html http https id if in info ios ip is it java job just key kg km know lab
learn led left life like line link linux list live local log long look love mac mail make man map max me menu mini mm
mobile model more movie music my nba net new news next nice no not note now of off office ok old on one online only
open or order our out page party pay pc pdf phone photo pk play plus pm pop post power pro python qq read real red
right run sale school search see server set shop show sim size sky smart so soft song sql star start stop store sun
super team test text thank that the they this time tip to today top toy travel tv two up usb use user very video vip
want watch we web week well what when who why wifi will win with word work world xml year yes you your
""".split()
SUFFIXES = "able al ed er est ful ing ion ism ist ity ive less ly ment ness ous ship tion ware".split()


def characters() -> list[str]:
    """The most frequent Chinese characters of jieba's dictionary, by code point."""
    dictionary = pathlib.Path(importlib.util.find_spec("jieba").origin).parent / "dict.txt"
    counts = collections.Counter()
    for line in dictionary.read_text(encoding="utf-8").splitlines():
        word, frequency, _ = line.split(" ")
        for character in word:
            if "\u4e00" <= character <= "\u9fff":
                counts[character] += int(frequency)
    ranked = sorted(counts, key=lambda character: (-counts[character], character))
    return sorted(ranked[:NUM_CHARACTERS])


def vocabulary() -> list[str]:
    """All tokens, in the order of their ids."""
    pieces = TWO_DIGITS + YEARS + BIGRAMS
    words = sorted(set(WORDS + pieces) - set(ASCII))
    inner = [c for c in ASCII if c.isalnum()] + sorted({*TWO_DIGITS, *BIGRAMS, *SUFFIXES})
    own = SPECIAL + ASCII + SYMBOLS + CJK_PUNCTUATION + characters() + FULL_WIDTH + words
    return own + ["##" + piece for piece in inner]


def configuration(vocab_size: int) -> dict:
    return {
        "architectures": ["BertForMaskedLM"],
        "attention_probs_dropout_prob": 0.1,
        "directionality": "bidi",
        "dtype": "float32",
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": 256,
        "initializer_range": 0.02,
        "intermediate_size": 1024,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": 512,
        "model_type": "bert",
        "num_attention_heads": 4,
        "num_hidden_layers": 4,
        "pad_token_id": 0,
        "type_vocab_size": 2,
        "vocab_size": vocab_size,
    }


TOKENIZER = {
    "cls_token": "[CLS]",
    "do_lower_case": True,
    "mask_token": "[MASK]",
    "model_max_length": 512,
    "pad_token": "[PAD]",
    "sep_token": "[SEP]",
    "strip_accents": None,
    "tokenize_chinese_chars": True,
    "tokenizer_class": "BertTokenizer",
    "unk_token": "[UNK]",
}


def generate() -> dict[str, str]:
    """{file name: its text}."""
    tokens = vocabulary()
    return {
        "vocab.txt": "".join(token + "\n" for token in tokens),
        "config.json": json.dumps(configuration(len(tokens)), indent=2) + "\n",
        "tokenizer_config.json": json.dumps(TOKENIZER, indent=2) + "\n",
    }


if __name__ == "__main__":
    for (name, text), folder in itertools.product(generate().items(), FOLDERS):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        print(f"{folder / name}: {len(text.splitlines())} lines")
