"""Valid files changed a little, for tests that whatever a file holds gives its content or one line that says what is wrong."""

import json

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from baselines.errors import InputError

bounded = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
"""A second or so for each loader; `pytest --hypothesis-seed` and a larger number look further."""
NUMBERS = st.integers() | st.sampled_from([2**31, 2**63, 10**30, 1e300, -0.5, float("nan"), float("inf")])
VALUES = st.none() | st.booleans() | NUMBERS | st.text(max_size=5) | st.sampled_from(
    ["7", "\ud800", "x" * 3000, "../x", "/etc/passwd", "\0", "none", [], {}, [1], [[1]], {"a": 1}]
)  # fmt: skip
BROKEN = [b"[" * 100_000, b"9" * 5000, b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\n\n", b"{", b'"', b"NaN"]


@st.composite
def changed_json(draw, value):
    """A JSON value with one part replaced, removed or added."""
    if isinstance(value, dict | list) and value and draw(st.integers(0, 3)):
        changed = value.copy()
        place = draw(st.sampled_from(list(value) if isinstance(value, dict) else range(len(value))))
        kind = draw(st.integers(0, 4))
        if kind == 0:
            del changed[place]
        elif kind == 1 and isinstance(value, dict):
            changed[draw(st.text(max_size=3))] = draw(VALUES)
        else:
            changed[place] = draw(changed_json(value[place]))
        return changed
    return draw(VALUES)


@st.composite
def changed_bytes(draw, content):
    """Bytes with one place overwritten, cut out, cut off or filled in."""
    place = draw(st.integers(0, max(len(content) - 1, 0)))
    length = draw(st.sampled_from([1, 1, 4, 40]))
    kind = draw(st.sampled_from(["flip", "overwrite", "delete", "insert", "truncate"]))
    if kind == "flip" and content:
        return content[:place] + bytes([content[place] ^ 1 << draw(st.integers(0, 7))]) + content[place + 1 :]
    if kind == "truncate":
        return content[:place]
    inserted = b"" if kind == "delete" else draw(st.binary(max_size=length) | st.sampled_from(BROKEN))
    return content[:place] + inserted + content[place + (0 if kind == "insert" else length) :]


@st.composite
def changed_file(draw, content):
    """The bytes of a file, changed as text or, if it is JSON, also as a value."""
    try:
        value = json.loads(content)
    except ValueError:
        return draw(changed_bytes(content))
    if not draw(st.integers(0, 2)):
        return draw(changed_bytes(content))
    return json.dumps(draw(changed_json(value)), ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


def content_or_refusal(load, *arguments):
    """What load(*arguments) returns, or None if it refuses in one line; any other exception fails the test."""
    try:
        return load(*arguments)
    except InputError as error:
        assert "\n" not in str(error) and len(str(error)) < 1500
        return None
