"""Which tokenizer a checkpoint folder holds: the files decide, tokenizer_config.json where they leave a choice.

vocab.txt                                     WordPiece, see wordpiece_files.py
"""

from collections.abc import Callable
from pathlib import Path

from baselines.storage.checkpoint_paths import folder_of
from baselines.tokenizers import wordpiece_files
from baselines.tokenizers.subword_model import SubwordModel
from baselines.tokenizers.wordpiece import read_wordpiece


def has_tokenizer(folder: str | Path) -> bool:
    """Whether a folder holds the files of a tokenizer."""
    return bool(wordpiece_files.vocabulary_file(folder)) or (Path(folder) / "tokenizer.json").is_file()


def read(
    folder: str | Path, lower_case: bool | None = None, pre_tokenizer: str | Callable[[str], list[str]] | None = None
) -> SubwordModel:
    """The SubwordModel of a folder, or of the TensorFlow prefix of weights in it; see `Tokenizer.from_folder`."""
    return read_wordpiece(folder_of(folder), lower_case, pre_tokenizer)
