"""A spelling by characters without case, and indices of a few lines: what the tests of the index share."""

from baselines.retrieval.prefix_index.builder import build
from baselines.retrieval.prefix_index.index import PrefixIndex
from baselines.retrieval.prefix_index.string_table import KeyTokenizer

END, UNKNOWN = 2, 1
SPELLED = "abcdefghij中国人民刘晓华主要讲课程成就广东工业大学教授什么啊？明天下雨会午开放假年见今夕是何月几时有更好去哪里玩"
IDS = {character: number for number, character in enumerate(SPELLED, start=3)}


def ids(text):
    """Token ids of a text: one a character, capitals as small letters, no spaces."""
    return [IDS.get(character, UNKNOWN) for character in text.lower() if not character.isspace()]


def spelling(fingerprint="small"):
    return KeyTokenizer(lambda texts: [ids(text) for text in texts], fingerprint, 3 + len(SPELLED), UNKNOWN, END)


def key(*parts):
    """Token ids of a key, without its last end."""
    return [token for part in parts for token in [*ids(part), END]][:-1]


def index_of(folder, lines, format="knowledge", **options):
    """An open index of lines."""
    source = folder / "source.txt"
    source.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    build(source, folder / "index", spelling(), format, **options)
    return PrefixIndex.open(folder / "index", "small", verify=True)
