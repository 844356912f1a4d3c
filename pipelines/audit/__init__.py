"""Audit: the departures of a scope as signed files, and the proof that they are what was signed."""
