"""Commands that have a file of their own; `pipelines.cli` puts them together."""
