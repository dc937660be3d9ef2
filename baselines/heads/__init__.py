"""One file per kind of output: the layers on top of an encoder, their targets, and how outputs are read."""
