"""Lines of files larger than memory in a random order, every order as likely as any other; NumPy only."""
