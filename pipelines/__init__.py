"""Pulang reconciles exit and entry records, placements and repatriation lists, every night."""

__version__ = "0.1.0"
