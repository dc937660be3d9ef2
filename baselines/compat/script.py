"""Runs a script that was written for bert4keras, unedited, in this process."""

import io
import re
import runpy
import sys
import traceback
from pathlib import Path

import keras

from baselines import __version__, compat
from baselines.compat.keras2.notices import print_translations
from baselines.errors import InputError

HINTS = {
    r"tensorflow.* has no attribute 'contrib'|No module named 'tensorflow\.contrib'":
        "tf.contrib ended with TensorFlow 1. Keras 3 has layers and optimizers of its own: keras.layers, keras.optimizers.",
    r"tensorflow.* has no attribute '(Session|get_default_graph|ConfigProto|placeholder|global_variables_initializer)'":
        "Sessions and graphs ended with TensorFlow 1. Leave them out: functions run at once, K.function compiles.",
    r"tensorflow.* has no attribute '(log|div|to_float|to_int32|batch_gather)'":
        "This function ended with TensorFlow 1. Use K.* or keras.ops, which every backend has.",
}  # fmt: skip
"""{what a message says: what to do}, printed behind the script's own traceback."""


def run(path: str, arguments: list[str], verbose: bool = False) -> int:
    """Runs a script as `python path arguments` would, with bert4keras and Keras 2's ways in place.

    Args:
        path: The script.
        arguments: Its arguments.
        verbose: Print each idiom of Keras 2 that is translated.

    Returns:
        The exit code: 1 after an exception, whose traceback begins in the script.

    Raises:
        InputError: There is no such file, or the script asks for what cannot be supported.
    """
    script = Path(path)
    if not script.is_file():
        raise InputError(f"script: no file at {path}. Check the path.")
    print_translations(verbose)
    compat.install()
    print(
        f"{script.name} runs on Keras {keras.__version__} with {keras.backend.backend()}, through baselines {__version__}: "
        "its bert4keras is a layer over this library.", file=sys.stderr, flush=True,
    )  # fmt: skip
    before = sys.argv, list(sys.path)
    sys.argv = [path, *arguments]
    sys.path.insert(0, str(script.resolve().parent))
    try:
        runpy.run_path(path, run_name="__main__")
    except InputError as error:
        raise InputError(f"{_place(error, script)}{error}") from error
    except Exception as error:
        print(report(error, script), file=sys.stderr, end="")
        return 1
    finally:
        sys.argv, sys.path[:] = before
    return 0


def report(error: BaseException, script: Path) -> str:
    """The traceback of a script's exception, from the script's own first line on, and advice where there is some."""
    text = io.StringIO()
    frames, folder = error.__traceback__, str(script.resolve().parent)
    while frames is not None and not _within(frames.tb_frame.f_code.co_filename, script, folder):
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames, file=text, chain=frames is not None)
    message = str(error)
    for pattern, advice in HINTS.items():
        if re.search(pattern, message):
            text.write(f"{advice}\n")
    return text.getvalue()


def _within(filename, script, folder):
    return filename == str(script) or Path(filename).resolve().parent == Path(folder)


def _place(error, script):
    """ "their.py:12: " of the script's line that an error comes from."""
    folder, place = str(script.resolve().parent), ""
    for frame in traceback.extract_tb(error.__traceback__):
        if _within(frame.filename, script, folder):
            place = f"{Path(frame.filename).name}:{frame.lineno}: "
    return place
