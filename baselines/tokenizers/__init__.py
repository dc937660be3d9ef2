"""Text to token ids and back. Start at wordpiece.py; alignment.py has characters and tokens, words.py has jieba."""
