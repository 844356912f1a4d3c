"""Publish: the tables of analysts into one file, replaced whole."""
