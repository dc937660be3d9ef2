"""Update rules that Keras lacks or has otherwise, as Keras optimizers; the files above are their settings."""
