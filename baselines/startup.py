"""Loading a backend without its small talk: TensorFlow reports to the terminal that it will use this CPU's instructions."""

import contextlib
import logging
import os
import sys
import tempfile

SMALL_TALK = ("I0000 ", "WARNING: All log messages before absl::InitializeLog()", "To enable the following instructions:")


def load_pipeline(several_hosts=False):
    """The module baselines.pipeline, and with it Keras and a backend that has started.

    several_hosts   join the others of which the environment tells, see docs/scaling.md
    """
    logging.getLogger("tensorflow").addFilter(is_no_retracing)          # each length of a batch is meant to be compiled
    with without_small_talk():
        import keras

        from baselines import pipeline
        from baselines.training import devices

        if several_hosts:
            devices.join_hosts()
        keras.ops.zeros(())
    return pipeline


def load_generator():
    """The module baselines.generator, as `load_pipeline`."""
    load_pipeline()
    from baselines import generator

    return generator


def load_pretraining():
    """The module baselines.pretraining, as `load_pipeline`, with the other hosts if there are any."""
    load_pipeline(several_hosts=True)
    from baselines import pretraining

    return pretraining


def load_masked_words():
    """The module baselines.masked_words, as `load_pipeline`."""
    load_pipeline()
    from baselines import masked_words

    return masked_words


def load_answerer():
    """The module baselines.answerer, as `load_pipeline`."""
    load_pipeline()
    from baselines import answerer

    return answerer


def is_no_retracing(record):
    """Whether a record of TensorFlow's log says something else than that a function was compiled for several shapes."""
    return "triggered tf.function retracing" not in record.getMessage()


@contextlib.contextmanager
def without_small_talk():
    """What native code writes to standard error inside is shown afterwards, less the lines that inform of nothing amiss."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)
            held.seek(0)
            for line in held.read().decode("utf-8", "replace").splitlines():
                if not line.startswith(SMALL_TALK):
                    print(line, file=sys.stderr)
