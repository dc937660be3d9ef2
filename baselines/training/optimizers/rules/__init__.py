"""Update rules that Keras lacks or implements differently, as Keras optimizers; the files above are their settings."""
