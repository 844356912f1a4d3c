"""Intake: find, hash, archive, parse, check. Deliveries in; typed records or quarantine out."""
