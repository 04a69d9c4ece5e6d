"""The measured goals, as ratios within one run: ``python -m benchmarks [NAME...]``."""
