"""What tasks read and write, as Airflow assets. OpenLineage makes its data sets of them."""

from airflow.sdk import Asset

from pipelines import settings

HOME = settings.load().home


def _asset(kind: str, name: str, path: str) -> Asset:
    return Asset(name=f"pulang/{kind}/{name}", uri=f"{HOME.path.as_uri()}/{path}", group=kind)


def _said_in(folder: str) -> list[str]:
    """Names of the contracts of a folder; the contracts themselves take an engine to read."""
    return sorted(file.stem for file in (settings.SCHEMAS / folder).glob("*.yaml"))


DELIVERIES = [_asset("landing", name, f"landing/{name}") for name in _said_in("sources")]
LAKE = {name: _asset("lake", name, f"lake/{name}") for name in _said_in("lake")}
# One for each published table, so that others can wait for the one that they read.
PUBLISHED = [
    _asset("published", name, f"published/pulang.duckdb/{name}") for name in _said_in("marts")
]
