"""Import walls: which packages may import a vendor, read the environment, reach the network."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOMAIN = ROOT / "layers/scorer/customer_success"
CONNECTORS = ROOT / "layers/connectors/connectors"
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))

AWS = {"boto3", "botocore", "aws_lambda_powertools"}
VENDORS = {"notion_client", "slack_sdk", "googleapiclient", "google", "requests", "httpx"}
NETWORK = {"socket", "http", "urllib", "ssl", "asyncio"}
HTTP = {DOMAIN / f"api/{name}.py" for name in ("error_responses", "parameters", "requests", "routes")}
"""What makes of a request a question, and of an answer a response: by Powertools, without a network."""


FLOOR = frozenset[str]()
BELOW = frozenset({"accounts", "scoring"})
INSIDE = BELOW | {"alerts", "drafts", "scan", "signals"}
CAPABILITIES = INSIDE | {"adoption", "expansion", "narration", "outcomes", "renewals", "reviews"}
MAY_IMPORT = {
    "scoring": FLOOR,
    "narration": FLOOR | {"scoring"},
    "accounts": FLOOR | {"scoring"},
    "reading": FLOOR | {"accounts"},
    "signals": FLOOR | {"reading", "scoring"},
    "drafts": BELOW,
    "alerts": BELOW | {"drafts"},
    "scan": BELOW | {"alerts", "signals"},
    "outcomes": BELOW | {"signals"},
    "adoption": BELOW | {"alerts", "drafts", "signals"},
    "reviews": INSIDE | {"adoption", "narration"},
    "expansion": INSIDE | {"adoption", "narration"},
    "renewals": INSIDE | {"outcomes", "reviews"},
    "task_records": FLOOR,
    "shadow": CAPABILITIES,
    "agent": CAPABILITIES,
    "api": CAPABILITIES | {"agent", "shadow", "task_records"},
    "aws": CAPABILITIES | {"shadow", "task_records"},
}
"""The packages that each package may import beside itself and the floor, which are the modules that lie beside them."""


def imports(path: Path) -> Iterator[str]:
    """The top-level packages that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def packages_imported(path: Path) -> Iterator[str]:
    """The packages of the domain that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == DOMAIN.name:
            inner = str(node.module).split(".")[1:]
            for first in inner[:1] or [alias.name for alias in node.names]:
                if first in MAY_IMPORT:
                    yield first


def test_every_package_stands_in_the_table() -> None:
    packages = {path.name for path in DOMAIN.iterdir() if (path / "__init__.py").exists()}
    assert packages | {"agent"} == set(MAY_IMPORT)


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_a_package_imports_what_its_row_allows(package: str) -> None:
    files = [DOMAIN / f"{package}.py"] if package == "agent" else sorted((DOMAIN / package).rglob("*.py"))
    allowed = MAY_IMPORT[package] | {package}
    found = {
        f"{path.relative_to(DOMAIN)} imports {name}"
        for path in files
        for name in packages_imported(path)
        if name not in allowed
    }
    assert found == set()


def test_the_floor_knows_nothing_above_it() -> None:
    floor = [path for path in DOMAIN.glob("*.py") if path.stem not in MAY_IMPORT]
    assert {path.name: found for path in floor if (found := set(packages_imported(path)))} == {}


def test_the_table_goes_one_way() -> None:
    order: list[str] = []
    while len(order) < len(MAY_IMPORT):
        free = [name for name, below in MAY_IMPORT.items() if name not in order and below <= set(order)]
        assert free, f"a circle among {sorted(set(MAY_IMPORT) - set(order))}"
        order += free


def test_the_scorer_layer_knows_no_connector_and_nothing_knows_a_function() -> None:
    shipped = [*DOMAIN.rglob("*.py"), *CONNECTORS.rglob("*.py")]
    assert {str(path) for path in shipped if "functions" in set(imports(path))} == set()
    assert {str(path) for path in DOMAIN.rglob("*.py") if "connectors" in set(imports(path))} == set()


def test_the_ledger_is_used_in_one_place() -> None:
    users = {
        path.name for path in DOMAIN.rglob("*.py") if "Ledger" in path.read_text("utf-8") and "aws" not in path.parts
    }
    assert users == {"ports.py", "once.py"}


def test_a_function_names_what_the_store_holds_and_no_adapter_of_the_table() -> None:
    adapters = f"from {DOMAIN.name}.aws.dynamodb"
    wirings = sorted((ROOT / "functions").glob("*/wiring.py"))
    assert [str(path) for path in wirings if adapters in path.read_text("utf-8")] == []


def domain_files() -> list[Path]:
    outside = {DOMAIN / "settings.py", *HTTP}
    return [path for path in DOMAIN.rglob("*.py") if path not in outside and DOMAIN / "aws" not in path.parents]


@pytest.mark.parametrize("path", domain_files(), ids=lambda path: str(path.relative_to(DOMAIN)))
def test_the_domain_imports_no_aws_no_vendor_no_network_and_reads_no_environment(path: Path) -> None:
    assert set(imports(path)) & (AWS | VENDORS | NETWORK | {"os", "connectors"}) == set()


@pytest.mark.parametrize("path", sorted(HTTP), ids=lambda path: path.stem)
def test_what_knows_http_knows_powertools_and_no_more_of_aws(path: Path) -> None:
    wrong = (AWS | VENDORS | NETWORK | {"os", "connectors"}) - {"aws_lambda_powertools", "urllib"}
    assert set(imports(path)) & wrong == set()


def test_vendors_are_imported_by_the_connectors_alone() -> None:
    shipped = [*DOMAIN.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    assert {str(path): found for path in shipped if (found := set(imports(path)) & VENDORS)} == {}


def test_connectors_know_no_aws_and_read_no_environment() -> None:
    assert {str(p): found for p in CONNECTORS.rglob("*.py") if (found := set(imports(p)) & (AWS | {"os"}))} == {}


def test_only_settings_reads_the_environment() -> None:
    readers = {path.name for path in DOMAIN.rglob("*.py") if "os.environ" in path.read_text("utf-8")}
    assert readers == {"settings.py"}


WATCH = """
import os, socket, sys

class Watched(dict):
    def _seen(self, key):
        caller = sys._getframe(2).f_code.co_filename
        if any(part in caller for part in ("customer_success", "connectors", "/functions/")):
            raise AssertionError(f"{caller} read {key}")
    def __getitem__(self, key):
        self._seen(key)
        return super().__getitem__(key)
    def get(self, key, default=None):
        self._seen(key)
        return super().get(key, default)
    def __contains__(self, key):
        self._seen(key)
        return super().__contains__(key)

import boto3
os.environ = Watched(os.environ)
socket.socket.connect = socket.socket.__init__ = socket.getaddrinfo = None
boto3.client = boto3.resource = boto3.session.Session.client = None
import wiring
import app
assert callable(app.handler)
vendors = {"notion_client", "slack_sdk", "googleapiclient"} & set(sys.modules)
assert not vendors, vendors
"""


@pytest.mark.parametrize("name", FUNCTIONS)
def test_importing_a_function_touches_neither_environment_nor_network(name: str) -> None:
    paths = [ROOT / "functions" / name, ROOT / "layers/scorer", ROOT / "layers/connectors"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, paths))}
    done = subprocess.run([sys.executable, "-c", WATCH], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_functions_folder_is_small_enough_to_read_at_a_glance() -> None:
    lines = {name: len((ROOT / "functions" / name / "app.py").read_text("utf-8").splitlines()) for name in FUNCTIONS}
    assert {name: count for name, count in lines.items() if count > 60} == {}
    assert len(FUNCTIONS) >= 6
