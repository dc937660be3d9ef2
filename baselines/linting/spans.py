"""Gold spans that no prediction can equal: not on the borders of tokens, cut off by max_length, or outside the text."""

import collections
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence

from baselines.linting import limits
from baselines.linting.findings import OK, WARNING, Finding, Section, Share, judge_shares, locate
from baselines.linting.measured_split import MeasuredSplit
from baselines.linting.span_ends import check_ends
from baselines.task import Example, Span
from baselines.tokenizers.normalization import is_cjk, is_mark, is_punctuation
from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.trimming import trim_lengths

LOST = {
    "outside the text, or empty": "The offsets do not belong to these texts, or a mention is not in its text.",
    "not on the borders of tokens": "Models mark whole tokens: such spans come out longer or not at all. Split words and numbers "
                                    "with spaces, mark them whole, or choose a checkpoint whose tokens are characters.",
    "cut off by max_length": "Raise --max_length, or split the texts.",
}


def check_spans(
    splits: Sequence[MeasuredSplit], spans_of: Callable[[Example], Iterable[Span]], tokenizer: Tokenizer, max_length: int
) -> Section:
    """Reports gold spans that cannot be predicted, of the splits that have gold.

    Args:
        splits: all files.
        spans_of: the task's, an example with gold -> its Spans.
        tokenizer: the checkpoint's.
        max_length: the recipe's, in tokens.
    """
    lost = {split.name: collections.defaultdict(list) for split in splits if split.has_gold}
    totals, borders, ends = collections.Counter(), collections.Counter(), {}
    for split in splits:
        if not split.has_gold:
            continue
        ends[split.name] = [(example, span) for example in split.examples if example.gold is not None for span in spans_of(example)]
        totals[split.name] = len(ends[split.name])
        borders[split.name] = sum(has_space_at_end(example, span) for example, span in ends[split.name])
        truncated = {id(example) for example, cut in zip(split.examples, split.truncated, strict=True) if cut}
        for example, reason, span in lost_spans(split.examples, spans_of, tokenizer, max_length, truncated):
            lost[split.name][reason].append((example, span))
    findings = [Finding("gold spans", dict(totals))]
    for reason, advice in LOST.items():
        values = {name: Share(len(lost[name][reason]), totals[name]) for name in lost}
        where = [locate(example, in_context(example, span)) for name in lost for example, span in lost[name][reason][:3]]
        findings.append(judge_shares(reason, values, limits.LOST_SPANS, advice, where))
    values = {name: Share(borders[name], totals[name]) for name in lost}
    findings.append(judge_shares("with a space at an end", values, limits.SPACED_SPANS, "Tokens have no spaces."))
    if any(span.name for pairs in ends.values() for _, span in pairs):  # answers to a question are alternatives
        findings.append(overlapping_spans(ends))
    return Section("spans", [*findings, check_ends(ends)])


def lost_spans(
    examples: Sequence[Example], spans_of: Callable, tokenizer: Tokenizer, max_length: int, truncated: set[int]
) -> Iterator[tuple[Example, str, Span]]:
    """Yields (example, reason, span) for the spans that no prediction can equal.

    Args:
        examples: of one split.
        spans_of: an example with gold -> its Spans.
        tokenizer: the checkpoint's.
        max_length: in tokens.
        truncated: id() of the examples of which max_length leaves only a part.
    """
    align = functools.lru_cache(maxsize=100)(tokenizer.align)           # many questions share a text
    for example in examples:
        spans = [] if example.gold is None else list(spans_of(example))
        kept = None
        if spans and id(example) in truncated:
            lengths = [len(tokenizer.ids(text)) for text in example.texts]
            kept = trim_lengths(lengths, max_length, special=tokenizer.special_count(len(lengths)))
        for span in spans:
            text = example.texts[span.text_index]
            if not 0 <= span.start < span.end <= len(text):
                yield example, "outside the text, or empty", span
            elif kept is None and tokenizer.splits_signs and between_words(text, span.start) and between_words(text, span.end, -1):
                continue
            elif (tokens := align(text).token_span(span.start, span.end)) is None:
                yield example, "not on the borders of tokens", span
            elif kept is not None and tokens[1] > kept[span.text_index]:
                yield example, "cut off by max_length", span


def between_words(text: str, place: int, inside: int = 0) -> bool:
    """Whether a token surely begins (inside 0) or ends (-1) at a place of a text. Aligning the whole text takes far longer."""
    here, beyond = text[place + inside], place - 1 - inside
    there = text[beyond] if 0 <= beyond < len(text) else " "
    if is_sign(here):
        return not is_mark(there)                                       # marks behind a sign belong to it
    return here.isalnum() and (is_sign(there) or there.isspace())


def is_sign(character: str) -> bool:
    """A character that is a word of its own."""
    return is_cjk(character) or is_punctuation(character)


def in_context(example: Example, span: Span) -> str:
    """ "…发[iPhone]1…": a span in what stands around it."""
    text = example.texts[span.text_index]
    before, after = text[max(span.start - 6, 0) : span.start], text[span.end : span.end + 6]
    return f"{before}[{text[span.start : span.end]}]{after} ({', '.join(filter(None, [span.name, f'{span.start}-{span.end}']))})"


def has_space_at_end(example: Example, span: Span) -> bool:
    inside = example.texts[span.text_index][span.start : span.end]
    return inside != inside.strip()


def overlapping_spans(pairs: dict[str, list[tuple[Example, Span]]]) -> Finding:
    """Spans that share characters with another one of their text: a sequence of tags holds only one of them."""
    values, where = {}, []
    for name, spans_of_split in pairs.items():
        by_text = collections.defaultdict(list)
        for example, span in spans_of_split:
            by_text[id(example), span.text_index].append((span.start, span.end, example, span))
        count = 0
        for spans in by_text.values():
            spans.sort(key=lambda each: each[:2])
            furthest = -1
            for start, end, example, span in spans:
                if start < furthest:
                    count += 1
                    where += [locate(example, in_context(example, span))] if len(where) < 3 else []
                furthest = max(furthest, end)
        values[name] = Share(count, len(spans_of_split))
    nested = any(value.count for value in values.values())
    advice = "A tag per token (crf) can give only one of two such spans; an entity pointer gives both."
    return Finding("overlapping another", values, WARNING if nested else OK, advice if nested else "", tuple(where))
