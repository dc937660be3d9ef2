from baselines.decoding.distinct import distinct


def test_what_counts_as_another_text():
    assert distinct(["你 好", "你好！", "你好！", "。", "", "Hello", "hello"], "你好") == ["你好！", "Hello"]
    assert distinct([], "你好") == []
