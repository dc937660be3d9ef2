"""Models: a file per family, found by its path; shared parts in config, masks, encoder and names; builder.py is the door."""
