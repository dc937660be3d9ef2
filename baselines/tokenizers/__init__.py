"""Text to token ids and back. Start at tokenizer.py; folder.py finds the files.

wordpiece.py cuts words as BERT does; alignment.py has characters and tokens, words.py has jieba.
"""
