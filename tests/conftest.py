"""What every test process needs before a framework is imported."""

from __future__ import annotations

import os

# Both are read once, at import. Workers that each use every core slow each other down.
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX2")
os.environ.setdefault("OMP_NUM_THREADS", "1")
