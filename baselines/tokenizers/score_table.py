"""Score tables of unigram models: {piece: log-probability}, from SentencePiece's files or from lines `piece<TAB>score`."""

from pathlib import Path

from baselines.errors import InputError, excerpt
from baselines.tokenizers.sentencepiece_file import NORMAL, UNIGRAM, read_sentencepiece


def read_scores(path: str | Path) -> dict[str, float]:
    """The scores of a file.

    Args:
        path: A SentencePiece model of type unigram (*.model), or a text file, such as SentencePiece's *.vocab.

    Raises:
        InputError: The file cannot be read, or a line is no piece with a score.
    """
    path = Path(path)
    if path.suffix == ".model":
        model = read_sentencepiece(path)
        if model.model_type != UNIGRAM:
            raise InputError(f"{path}: a {model.model_type} model has no log-probabilities. Choose a unigram model.")
        pieces = zip(model.pieces, model.scores, model.kinds, strict=True)
        return {piece: score for piece, score, kind in pieces if kind == NORMAL}
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8: {error}. Check the path.") from None
    return dict(_entry(line, f"{path}:{number}") for number, line in enumerate(lines, start=1) if line)


def _entry(line, origin):
    piece, _, score = line.rstrip("\r").rpartition("\t")
    try:
        if piece:
            return piece, float(score)
    except ValueError:
        pass
    raise InputError(f"{origin}: no piece, tab and score in {excerpt(repr(line))}. Correct the line.")
