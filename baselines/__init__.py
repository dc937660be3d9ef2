"""Chinese NLP baselines on Keras 3: one model builder, one training engine, one short file per task."""

__version__ = "0.1.0"
