"""What a vendor's own files leave unsaid: special tokens, rows and normalization, by the class of transformers that reads them.

T5               A </s>                     <pad> 0, </s> 1, <unk> 2; 100 tokens <extra_id_99> … <extra_id_0> behind the pieces
XLM-R            <s> A </s></s> B </s>      fairseq's ids: <s> 0, <pad> 1, </s> 2, <unk> 3, pieces from 4 on, <mask> last
ALBERT, DeBERTa  [CLS] A [SEP] B [SEP]
CPM              A <eod>                    jieba's words; space and new line are ▂ and ▃
GPT-2            <|endoftext|> A <|endoftext|>, the token between its training texts
"""

import dataclasses

from baselines.errors import InputError, nearest
from baselines.tokenizers.row_format import BERT as BERT_ROW
from baselines.tokenizers.row_format import RowFormat
from baselines.tokenizers.vocabulary import Roles


@dataclasses.dataclass(frozen=True)
class Convention:
    """How one class of transformers reads its files.

    Attributes:
        roles: Names of special tokens. The padding may be missing from the vocabulary of byte-level tokenizers.
        row_format: Special tokens around texts.
        extra_ids: Tokens <extra_id_…> behind the pieces, if they are not among them and the embedding has rows for them.
        fairseq: Whether four special tokens replace the first three pieces.
        appended: Special tokens that follow the pieces if they are not among them.
        lower_case: Default of do_lower_case.
        quotes_and_accents: Whether `` and '' become " and, unless keep_accents, accents are dropped.
        comma_penalty: Taken from the score of pieces like "9,", which the original cuts in two.
        words: Name of the words that are joined by spaces first, or None.
        suffix: End of a word's last token, where tokens are of characters, not of bytes.
    """

    roles: Roles
    row_format: RowFormat
    extra_ids: int = 0
    fairseq: bool = False
    appended: tuple[str, ...] = ()
    lower_case: bool = False
    quotes_and_accents: bool = False
    comma_penalty: float = 0.0
    words: str | None = None
    suffix: str | None = None


T5 = Convention(Roles("<pad>", "<unk>", "</s>", None, None), RowFormat((), ("</s>",), ("</s>",), segments=False), extra_ids=100)
FAIRSEQ_ROW = RowFormat(("<s>",), ("</s>", "</s>"), ("</s>",), segments=False)
FAIRSEQ_ROLES = Roles("<pad>", "<unk>", "</s>", "<s>", "<mask>")
END_OF_TEXT = "<|endoftext|>"

CONVENTIONS = {
    "T5Tokenizer": T5,
    "MT5Tokenizer": dataclasses.replace(T5, extra_ids=0),
    "XLMRobertaTokenizer": Convention(FAIRSEQ_ROLES, FAIRSEQ_ROW, fairseq=True, appended=("<mask>",)),
    "AlbertTokenizer": Convention(
        Roles("<pad>", "<unk>"), BERT_ROW, lower_case=True, quotes_and_accents=True, comma_penalty=100.0
    ),
    "DebertaV2Tokenizer": Convention(Roles(), BERT_ROW, appended=("[MASK]",)),
    "CpmTokenizer": Convention(
        Roles("<pad>", "<unk>", "<eod>", None, "<mask>"), RowFormat((), ("<sep>",), ("<eod>",)),
        quotes_and_accents=True, comma_penalty=100.0, words="cpm",
    ),
    "GPT2Tokenizer": Convention(
        Roles("<|padding|>", END_OF_TEXT, END_OF_TEXT, END_OF_TEXT, None),
        RowFormat((END_OF_TEXT,), (END_OF_TEXT,), (END_OF_TEXT,), segments=False),
    ),
    "OpenAIGPTTokenizer": Convention(
        Roles("<unk>", "<unk>", "<unk>", None, None), RowFormat((), ("<unk>",), (), segments=False), suffix="</w>"
    ),
    "RobertaTokenizer": Convention(FAIRSEQ_ROLES, FAIRSEQ_ROW),
    "BartTokenizer": Convention(FAIRSEQ_ROLES, FAIRSEQ_ROW),
}  # fmt: skip
"""Name of a class without "Fast" -> its convention."""
BYTE_LEVEL = ("GPT2Tokenizer", "OpenAIGPTTokenizer", "RobertaTokenizer", "BartTokenizer")
"""Classes that read vocab.json and merges.txt."""
SENTENCEPIECE = tuple(name for name in CONVENTIONS if name not in BYTE_LEVEL)
"""Classes that read a SentencePiece model."""
FAMILIES = {
    "t5": "T5Tokenizer", "mt5": "MT5Tokenizer", "xlm-roberta": "XLMRobertaTokenizer", "albert": "AlbertTokenizer",
    "deberta-v2": "DebertaV2Tokenizer", "cpm": "CpmTokenizer", "gpt2": "GPT2Tokenizer", "roberta": "RobertaTokenizer",
    "bart": "BartTokenizer", "openai-gpt": "OpenAIGPTTokenizer",
}  # fmt: skip
"""model_type of config.json -> the class that usually reads its vocabulary."""


def convention(name: str | None, family: str | None, file: str, tokens: list[str], origin: str) -> tuple[str, Convention]:
    """(class, its convention) for a vocabulary.

    Args:
        name: tokenizer_class of tokenizer_config.json, or None.
        family: model_type of config.json, or None.
        file: Name of the vocabulary's file.
        tokens: The vocabulary.
        origin: Of the vocabulary, for the message.

    Raises:
        InputError: The class is not implemented, or nothing says which one it is.
    """
    known = BYTE_LEVEL if file.endswith(".json") else SENTENCEPIECE
    family_name = (name or "").removesuffix("Fast")
    if family_name in known:
        return family_name, CONVENTIONS[family_name]
    if name is not None and family_name not in ("PreTrainedTokenizer", "TokenizersBackend"):
        raise InputError(f"{origin}: tokenizer_class {name} is not implemented for this file. {nearest(family_name, known)}")
    guess = FAMILIES.get(family or "")
    if guess not in known:
        guess = _by_tokens(file, tokens)
    if guess is None:
        raise InputError(f"{origin}: nothing says how its special tokens are used. Set tokenizer_class in tokenizer_config.json to "
                         f"one of {', '.join(known)}.")  # fmt: skip
    return guess, CONVENTIONS[guess]


def _by_tokens(file, tokens):
    if file.endswith(".json"):
        marks = {"GPT2Tokenizer": END_OF_TEXT, "RobertaTokenizer": "<mask>", "OpenAIGPTTokenizer": "a</w>"}
        return next((name for name, needed in marks.items() if needed in tokens), None)
    if file == "sentencepiece.bpe.model":
        return "XLMRobertaTokenizer"
    marks = {"CpmTokenizer": ("<eod>", "<sep>"), "AlbertTokenizer": ("[CLS]", "<pad>"), "DebertaV2Tokenizer": ("[CLS]", "[PAD]"),
             "MT5Tokenizer": ("<pad>", "</s>")}  # fmt: skip
    return next((name for name, needed in marks.items() if all(each in tokens for each in needed)), None)
