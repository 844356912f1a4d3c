"""Link: which records belong to one person. Deterministic rules here; Splink has its room next."""
