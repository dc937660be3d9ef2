"""Stop strings in text that comes in pieces: the same as to look for them in the whole."""

from hypothesis import example, given
from hypothesis import strategies as st

from baselines.serving.stop_strings import StopStrings

letters = st.text(alphabet="ab好", max_size=12)
stops = st.lists(st.text(alphabet="ab好", min_size=1, max_size=4), max_size=3)


@given(st.lists(letters, max_size=6), stops)
@example(["ba", "a"], ["a", "baa"])
def test_pieces_end_where_the_whole_does(pieces, stops):
    text, whole = StopStrings(stops), "".join(pieces)
    given = "".join(map(text.add, pieces))
    assert whole.startswith(given)
    given += text.finish()
    ends = [whole[:end] for end in range(len(whole) + 1) if any(whole[:end].endswith(stop) for stop in stops)]
    expected = min((ends[0].removesuffix(stop) for stop in stops if ends[0].endswith(stop)), key=len) if ends else whole
    assert (given, text.stopped) == (expected, bool(ends))


def test_only_what_may_begin_a_stop_string_is_held_back():
    text = StopStrings(["再见", "再说一遍"])
    assert [text.add(piece) for piece in ("明天", "再", "说", "吧", "再", "见了", "好")] == ["明天", "", "", "再说吧", "", "", ""]
    assert text.stopped and text.finish() == ""
