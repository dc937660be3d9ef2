#!/usr/bin/env bash
# All that we have to measure on an NVIDIA GPU, in one command: prints Markdown for docs/benchmarks.md.
#
#     benchmarks/gpu.sh [PYTHON [PYTHON_WITH_TRANSFORMERS]] [-- flags of benchmarks/gpu_steps.py] | tee gpu.md
#
# PYTHON has requirements-gpu.txt, the other one torch with CUDA and transformers (default: the first one, if it has them).
set -euo pipefail
cd "$(dirname "$0")/.."
python=python3 peer=
[ $# -gt 0 ] && [ "$1" != -- ] && { python=$1; shift; }
[ $# -gt 0 ] && [ "$1" != -- ] && { peer=$1; shift; }
[ $# -gt 0 ] && shift
if [[ " $* " != *" --cpu "* ]]; then
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || { echo "gpu.sh: nvidia-smi finds no GPU. Run it on a machine with one." >&2; exit 2; }
    "$python" -c "import jax, sys; sys.exit(jax.default_backend() != 'gpu')" 2>/dev/null ||
        { echo "gpu.sh: JAX of $python sees no GPU. Install requirements-gpu.txt there, or name another Python." >&2; exit 2; }
fi
[ -n "$peer" ] || ! "$python" -c "import torch, transformers" 2>/dev/null || peer=$python
exec "$python" benchmarks/gpu_steps.py ${peer:+--torch "$peer"} "$@"
