"""Compare two texts: cosine of their vectors, distances of their tokens (WMD, WRD), and their differences.

run.py distance --run DIR "text" "other text"
"""

import dataclasses

import tyro

from baselines.cli.argument_parser import parse
from baselines.cli.encode import ModelFlags
from baselines.errors import InputError


@dataclasses.dataclass(frozen=True)
class Flags(ModelFlags):
    """Compare two texts."""

    texts: tyro.conf.Positional[tuple[str, ...]] = ()
    """The two texts, each between quotes."""


def main(argv: list[str]) -> None:
    flags = parse(Flags, argv, "run.py distance")
    if len(flags.texts) != 2 or not all(text.strip() for text in flags.texts):
        raise InputError(f"distance: {len(flags.texts)} texts are given, or one is empty. Give two texts between quotes.")
    flags.check("distance")
    embedder = flags.embedder()

    from baselines.retrieval.distances.difference import difference, marked
    from baselines.retrieval.distances.word_movers import wmd, wmd_bound
    from baselines.retrieval.distances.word_rotators import wrd, wrd_bound

    first, second = embedder.encode(flags.texts)
    x, y = embedder.token_vectors(flags.texts)
    compared = difference(*flags.texts)
    print(f"cosine  {first @ second:.4f}   of the vectors of {embedder.name} ({embedder.pooling})")
    scaled = wmd(x, y, scaled=True)
    print(f"wmd     {wmd(x, y):.4f}   at least {wmd_bound(x, y):.4f}; divided by the root of {x.shape[1]}: {scaled:.4f}")
    print(f"wrd     {wrd(x, y):.4f}   at least {wrd_bound(x, y):.4f}; similarity {1 - wrd(x, y):.4f}")
    print(f"lcs     {compared.length}   {marked(compared)}")
