"""The best path of a chain of labels (Viterbi) in NumPy, for graphs without loops. layers/label_chain.py has the compiled one."""

import numpy as np


def best_path(initial: np.ndarray, steps: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The label path with the largest score of each row.

    Args:
        initial: float (B, C), score of each first label.
        steps: float (B, L - 1, C, C); [t, a, b] is what label b at token t + 1 adds behind label a at token t.
        mask: bool (B, L), 1 = real; the first token is real.

    Returns:
        int32 (B, L); padding repeats the last label.
    """
    (rows, length), classes = mask.shape, initial.shape[1]
    best, back = initial, np.zeros((length, rows, classes), np.int32)
    back[:] = np.arange(classes)
    for t in range(1, length):
        scores, real = best[:, :, None] + steps[:, t - 1], mask[:, t, None]
        back[t] = np.where(real, scores.argmax(axis=1), back[t])
        best = np.where(real, scores.max(axis=1), best)
    labels = np.zeros((rows, length), np.int32)
    labels[:, -1] = best.argmax(axis=1)
    for t in range(length - 1, 0, -1):
        labels[:, t - 1] = back[t][np.arange(rows), labels[:, t]]
    return labels
