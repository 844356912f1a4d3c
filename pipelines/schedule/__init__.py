"""What the DAGs stand on: the work of a task, arrivals, notices, assets, and `make airflow`.

Airflow parses the DAGs every few seconds: nothing here imports an engine before it runs.
"""
