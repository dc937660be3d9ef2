"""Which of many drawn texts are worth ranking: those that say something new, whatever their case and spaces."""


def distinct(texts, original):
    """The texts that say something and differ from the original and from one another, in their order."""
    seen, kept = {folded(original)}, []
    for text in texts:
        if folded(text) not in seen and any(letter.isalnum() for letter in text):
            seen.add(folded(text))
            kept.append(text)
    return kept


def folded(text):
    """What two texts have in common that read the same."""
    return "".join(text.casefold().split())
