"""Custody: what the law asks of whoever keeps data on persons (UU 27/2022): log, keys, rights."""
