"""Desks: what people ask of a home. They open the lake, and only `judging` writes to it."""
