"""Makes goldens.json and vocab.txt beside this file: what bert4keras' Tokenizer says of hard strings.

Run with bert4keras 0.11.5 (pip install tensorflow-cpu tf-keras, then pip install --no-deps bert4keras==0.11.5):
    TF_KERAS=1 TF_USE_LEGACY_KERAS=1 python tests/goldens/tokenizer/make.py
Texts, vocabulary and random numbers are made here. Random code points are of Unicode 3.2: any Python gives the same.
"""

# ruff: noqa: E501 - tables of strings
import hashlib
import json
import pathlib
import random
import re
import sys
import unicodedata

from bert4keras.tokenizers import Tokenizer, load_vocab

HERE = pathlib.Path(__file__).parent
SPECIAL = ["[PAD]", *[f"[unused{i}]" for i in range(1, 10)], "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
COMMON = (
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起还发成事"
    "只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部"
    "正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市北京价格元"
)
WORDS = (
    "hello world wor the cafe re resume naive bert keras token ize covid iphone windows http https www com cn html json python gb ghz km kg "
    "api cpu gpu app vip pro max mini plus china beijing shang ##hai ##ld ##s ##ed ##ing ##er ##ize ##ization ##keras ##19 ##5 ##30 12 100 2020 "
    "19 °c ℃ ™ ❤ 😀 ##😀 n°5 ½ ② αβγ привет 한국 ᄒ ##ᅡ ##ᆫ ᄀ ##ᅮ ##ᆨ か な カ ナ ##カ ##ナ ー 々 〇 北京 大学 北京大学 ##的 ##价"
).split()
HANDWRITTEN = [
    "", " ", "\t\n\r ", "\u3000\u3000", "\u00a0", "Café  N°5 价格12.5元", "今天天气真好", "hello world", "HELLO World!", "I'm fine, it's 3.14.",
    "北京大学", "我用 iPhone12 Pro Max 看 https://www.example.com/a_b?c=1&d=2#x", "ＡＢＣａｂｃ１２３", "（全角）【括号】《书名》“引号”‘单’……——、。",
    "résumé naïve Ångström", "re\u0301sume\u0301", "e\u0301\u0302\u0323x", "\u0301leading mark", "İstanbul IĞDIR ı", "ΑΒΓ ΟΔΥΣΣΕΥΣ σς", "ΣΑΣ, ΑΣ", "Straße ẞ ß",
    "Привет ЙЁ", "한국어 한국", "ᄒ\u1161\u11ab국", "ひらがな カタカナ ガギグ ｶﾞｷﾞ ー々〇〆", "😀😀 👍🏽 👨‍👩‍👧 ❤️ 🇨🇳 ☺️a", "a\u200bb\u200cc\u200dd\ufeffe",
    "a\0b\0", "a\ufffdb", "\x01\x02\x7f\x80\x9f", "a\x0bb\x0cc\x1cd\x1ee\x85f", "line\u2028sep\u2029para", "\u202eright-to-left\u202c", "soft\u00adhyphen",
    "𠀀𠮷𪚥", "𫝀𫠠𬺡", "𠮷野家在北京", "豈更車賈滑 丽丸", "㐀䶵", "a𠮷b𫠠c𬺰d", "\ue000\uf8ff私", "①②③Ⅳⅷ㈱㊣½", "℃℉™®©№℡", "ﬁﬂﬀ ﷺ", "กำแพง น้ำ", "हिन्दी क्षि",
    "שָׁלוֹם עליכם", "السلام عليكم ١٢٣", "tiếng Việt Nguyễn", "a-b_c+d=e/f\\g|h~i^j`k", "$100 ￥100 €5 £3 ¢", "<html>&nbsp;</html>", "[CLS] [SEP] [MASK] [UNK] [PAD] [unused1]",
    "##5 ## #的", "[x]", "a b\tc\nd\re", "  前后空格  ", "http://a.cn/北京?x=价格", "12.5 1,000 3:4 5% 1/2 -1 +1", "2020-12-31 23:59", "a.b@c.com", "x²+y³=z⁴ H₂O", "ℌℍ 𝐀𝐁 𝟏𝟐",
    "Å Å Ω K", "\u1e9b\u0323", "\u0344\u0345", "か\u3099は\u309a", "ǅ ǆ Ǆ ŉ ǰ ΐ", "covid19 COVID-19 bertkeras tokenization tokenizers", "shanghai Beijing", "python3.11",
    "\ud800", "a\ud800b", "价\udfff格", "\ud83d 和", "zzzzqqqq 的q价", "……——～·", "a，b。c！d？e；f：g", "“he said”", "don't can't we're you've I'll he'd", "{[()]}",
]  # fmt: skip
MAX_LENGTHS = (3, 4, 5, 6, 7, 8, 9, 12, 20, 64)
IDEOGRAPHS = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


def stable(code):
    """True for characters that Unicode 3.2 had and that have been what they are ever since."""
    character = chr(code)
    category = unicodedata.ucd_3_2_0.category(character)
    return category not in ("Cn", "Cs") and category == unicodedata.category(character)


def one_of_each_category(random_):
    by_category = {}
    for code in filter(stable, range(0x30000)):
        by_category.setdefault(unicodedata.category(chr(code)), []).append(code)
    for _, codes in sorted(by_category.items()):
        for code in sorted(random_.sample(codes, min(5, len(codes)))):
            yield f"a{chr(code)}b"
    for first, last in IDEOGRAPHS:
        yield f"a{chr(first - 1)}b{chr(first)}c{chr(last)}d{chr(last + 1)}e"


def mixed(random_, count):
    wide = [chr(code) for code in range(0x80, 0x30000) if stable(code)]
    pools = (COMMON, "abcdefgXYZ", "0123456789", " \t,.!?-'\"", "，。！？、“”（）", "éÀüñİΣ한か", "\u0301\u200b\u3000\0", wide)
    for _ in range(count):
        yield "".join(random_.choice(random_.choice(pools)) for _ in range(random_.randint(2, 24)))


def vocabulary():
    letters = "abcdefghijklmnoprstuvwxyz0123456789"  # no q: words with one are unknown
    punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~，。！？、；：“”‘’（）《》【】…—·～￥"
    continued = [f"##{c}" for c in letters]
    return list(dict.fromkeys([*SPECIAL, *punctuation, *letters, *continued, *COMMON, *"𠮷㐀豈车", *WORDS, "##的", "##我"]))


def pre_tokenize(text):
    """A stand-in for jieba that the tests repeat."""
    return re.findall(r"北京大学|北京|大学|\[SEP\]|##5|[a-z]+|.", text, re.S)


def attempt(function, *arguments):
    """The result, or the name of what bert4keras raises."""
    try:
        return function(*arguments)
    except Exception as error:  # whatever it raises is the golden
        return type(error).__name__


def row(text, lower, cased):
    tokens = lower.tokenize(text)
    ids = lower.tokens_to_ids(tokens)
    return {
        "text": text,
        "tokens": tokens[1:-1],
        "ids": ids[1:-1],
        "cased_ids": cased.encode(text)[0][1:-1],
        "decoded": attempt(lower.decode, ids),
        "characters": attempt(lower.rematch, text, tokens[1:-1]),
    }


def long_texts(lower):
    for part, times in (("今天天气真好", 20000), ("hello world, ", 8000), ("a", 200), ("a", 201), ("é", 300), ("价", 100000), ("x1", 101)):
        ids = lower.encode(part * times)[0][1:-1]
        yield {"part": part, "times": times, "count": len(ids), "sha256": hashlib.sha256(json.dumps(ids).encode()).hexdigest()}


def pairs(lower, random_):
    texts = [text for text in HANDWRITTEN if lower.tokenize(text)[1:-1]]
    for max_length in MAX_LENGTHS:
        for _ in range(6):
            first, second = random_.sample(texts, 2)
            yield {"first": first, "second": second, "max_length": max_length, "encoded": lower.encode(first, second, maxlen=max_length)}
            yield {"first": first, "second": None, "max_length": max_length, "encoded": lower.encode(first, maxlen=max_length)}


def main():
    random_ = random.Random(2020)
    (HERE / "vocab.txt").write_text("".join(f"{token}\n" for token in vocabulary()), encoding="utf-8", newline="\n")
    path = str(HERE / "vocab.txt")
    lower, cased = Tokenizer(path, do_lower_case=True), Tokenizer(path, do_lower_case=False)
    words = [Tokenizer(path, do_lower_case=flag, pre_tokenize=pre_tokenize) for flag in (True, False)]
    texts = [*HANDWRITTEN, *one_of_each_category(random_), *mixed(random_, 250)]
    segmented = ["北京大学在北京", "我在北京 hello", "Café北京", "价##5格", "a[SEP]b", "[sep]北京大学", "北\u200b京", "한국北京"]
    _, simplified = load_vocab(path, simplified=True, startswith=["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    goldens = {
        "rows": [row(text, lower, cased) for text in texts],
        "long": list(long_texts(lower)),
        "pairs": list(pairs(lower, random_)),
        "pre_tokenized": [{"text": t, "ids": words[0].encode(t)[0][1:-1], "cased_ids": words[1].encode(t)[0][1:-1]} for t in segmented],
        "decoded": [{"tokens": t, "text": attempt(lower.decode, lower.tokens_to_ids(t), t)} for t in (["##s", "的"], ["[unused1]", "的"], ["的", "[", "x", "]"])],
        "simplified": simplified,
        "too_short": [{"max_length": n, "outcome": attempt(lower.encode, "的", None, n)} for n in (2, 1, 0)],
    }
    with open(HERE / "goldens.json", "w", encoding="utf-8", newline="\n") as file:
        lines = []
        for name, entries in goldens.items():
            items = [json.dumps(entry, separators=(",", ":")) for entry in (entries if name != "simplified" else [entries])]
            lines.append(f'"{name}":[\n' + ",\n".join(items) + "\n]")
        file.write("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"{len(texts)} texts, {len(vocabulary())} tokens, Python {sys.version.split()[0]}, Unicode {unicodedata.unidata_version}")


if __name__ == "__main__":
    main()
