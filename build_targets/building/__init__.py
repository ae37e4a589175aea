"""Generating, compiling, and keeping what was built."""
