"""Models: a file per family, found by its path; builder.py is the door, and the other files are shared."""
