"""Words added to a tokenizer: whole where texts are not cut inside of them, else verbatim; ids at the end; kept in a folder."""

from baselines.tokenizers.tokenizer import Tokenizer
from baselines.tokenizers.vocabulary import Vocabulary

OLD = Tokenizer.from_vocabulary(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "表", "情", "包", "o", "##k", "b", "##o"]))
NEW = OLD.with_words(["表情包", "😀", "OK", "表", "\u200b"])


def test_new_ones_get_ids_at_the_end_and_old_ones_keep_theirs():
    assert NEW.vocabulary.tokens == [*OLD.vocabulary.tokens, "ok", "表情包", "😀"]
    assert NEW.vocabulary.keep_ids == [*range(len(OLD.vocabulary)), -1, -1, -1]


def test_texts_are_cut_into_them():
    assert NEW.tokenize("发表情包😀😀Ok") == ["发", "表情包", "😀", "😀", "ok"]
    assert NEW.tokenize("表情 book") == ["表", "情", "b", "##o", "##o", "##k"]
    assert NEW.ids("😀 OK").tolist() == [13, 11] and OLD.ids("😀").tolist() == [1]


def test_they_are_read_again(tmp_path):
    NEW.save(tmp_path)
    again = Tokenizer.from_folder(tmp_path)
    assert again.vocabulary.tokens == NEW.vocabulary.tokens
    assert again.tokenize("发表情包 😀 Ok") == NEW.tokenize("发表情包 😀 Ok")
    assert again.with_words(["表情包", "😀"]).vocabulary.tokens == NEW.vocabulary.tokens
