"""Stop strings in text that comes in pieces: the same as to look for them in the whole."""

from hypothesis import given
from hypothesis import strategies as st

from baselines.serving.stop_strings import StopStrings

letters = st.text(alphabet="ab好", max_size=12)
stops = st.lists(st.text(alphabet="ab好", min_size=1, max_size=4), max_size=3)


@given(st.lists(letters, max_size=6), stops)
def test_pieces_end_where_the_whole_does(pieces, stops):
    text, whole = StopStrings(stops), "".join(pieces)
    given = "".join(map(text.add, pieces))
    assert whole.startswith(given)
    given += text.finish()
    places = [place for place in map(whole.find, stops) if place >= 0]
    assert (given, text.stopped) == ((whole[: min(places)], True) if places else (whole, False))


def test_only_what_may_begin_a_stop_string_is_held_back():
    text = StopStrings(["再见", "再说一遍"])
    assert [text.add(piece) for piece in ("明天", "再", "说", "吧", "再", "见了", "好")] == ["明天", "", "", "再说吧", "", "", ""]
    assert text.stopped and text.finish() == ""
