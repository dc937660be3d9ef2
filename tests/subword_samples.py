"""Small unigram and byte-pair tokenizers for tests: a writer of SentencePiece's files, and models trained on a few lines."""

import json
import struct
from pathlib import Path

import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from baselines.storage.protocol_buffers import Fixed32, message
from baselines.tokenizers.sentencepiece_file import BYTE, CONTROL, NORMAL, UNKNOWN, USER_DEFINED

LINES = [
    "今天天气真好，我们去公园散步。", "北京是中国的首都，上海是最大的城市。", "他在大学学习自然语言处理。",
    "hello world, the weather is good today.", "天气预报说明天有雨。",
    "我们在北京大学学习。", "the city of Beijing, the city of Shanghai", "公园里的天气很好 很好",
]  # fmt: skip
WORDS = ("▁", "▁今天", "天气", "今天", "北京", "的", "气", "天", "好", "今", "▁a", "a", "b", "▁ab", "ab", "，",
         "(", ")", "株", "é", "e")  # fmt: skip


def model_proto(
    pieces: list[tuple[str, float, int]], kind: int = 1, charsmap: bytes = b"", prefix: bool = True, single: bool = True
) -> bytes:
    """The bytes of a ModelProto with (piece, score, kind) and a model type (1 unigram, 2 bpe, 3 word, 4 char)."""
    data = b""
    for piece, score, piece_kind in pieces:
        bits = Fixed32(struct.unpack("<I", struct.pack("<f", score))[0])
        data += message({1: message({1: piece.encode(), 2: bits, 3: piece_kind})})
    normalizer = {3: int(prefix), 4: int(single)} | ({2: charsmap} if charsmap else {})
    return data + message({2: message({3: kind})}) + message({3: message(normalizer)})


def scored(words: tuple[str, ...] = WORDS) -> list[tuple[str, float, int]]:
    """Ordinary pieces; the longer, the likelier."""
    return [(word, -10.0 - number / 8 + 2 * len(word), NORMAL) for number, word in enumerate(words)]


SPECIAL = {
    "t5": [("<pad>", 0.0, CONTROL), ("</s>", 0.0, CONTROL), ("<unk>", 0.0, UNKNOWN)],
    "xlm_roberta": [("<unk>", 0.0, UNKNOWN), ("<s>", 0.0, CONTROL), ("</s>", 0.0, CONTROL)],
    "albert": [("<pad>", 0.0, CONTROL), ("<unk>", 0.0, UNKNOWN), *((name, 0.0, CONTROL) for name in ("[CLS]", "[SEP]", "[MASK]"))],
    "deberta": [("[PAD]", 0.0, CONTROL), ("[CLS]", 0.0, CONTROL), ("[SEP]", 0.0, CONTROL), ("[UNK]", 0.0, UNKNOWN)],
    "cpm": [("<unk>", 0.0, UNKNOWN),
            *((name, 0.0, CONTROL) for name in ("<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>", "<eod>")),
            ("\u2582", 0.0, USER_DEFINED), ("\u2583", 0.0, USER_DEFINED)],
}  # fmt: skip
BYTES = [(f"<0x{byte:02X}>", -12.0, BYTE) for byte in range(256)]


def sentencepiece_folder(
    folder: Path, vendor: str, file: str, config: dict | None = None, pieces: list | None = None, **arguments: object
) -> Path:
    """A folder with a SentencePiece model of a vendor's special tokens, and tokenizer_config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_bytes(model_proto([*SPECIAL[vendor], *(scored() if pieces is None else pieces)], **arguments))
    if config is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def byte_level(vocab_size: int = 400) -> tokenizers.Tokenizer:
    """A byte-level BPE tokenizer, trained on LINES."""
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, special_tokens=["<|endoftext|>"], show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))  # fmt: skip
    tokenizer.train_from_iterator(LINES * 3, trainer)
    return tokenizer


def gpt2_folder(folder: Path) -> Path:
    """vocab.json and merges.txt, as OpenAI published GPT-2's."""
    folder.mkdir(parents=True, exist_ok=True)
    model = json.loads(byte_level().to_str())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False), encoding="utf-8")
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]), encoding="utf-8")
    return folder
