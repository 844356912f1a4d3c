"""Wiring for Airflow: what runs when, and after what. What it does is in pipelines/."""
