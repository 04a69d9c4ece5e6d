"""Prove that two sides compute the same numbers: cases, comparison, reports."""
