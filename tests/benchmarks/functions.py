"""The template's functions, each to be started by itself with what is deployed with it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

from local.sandbox.google import service_account
from local.stack.build import build
from local.stack.template import Template

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".stack/bin/python"
BUILT = ROOT / ".build"
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
"""What the Lambda runtime brings."""
EMPTY = "def handler(event, context):\n    return None\n"

CONFIGURED = {
    "TenantId": "acme",
    "FallbackOwner": "lead@example.com",
    "NotionAccounts": "0" * 32,
    "NotionHealthRecords": "0" * 32,
    "NotionQbrs": "0" * 32,
    "NotionExpansions": "0" * 32,
    "NotionFeatureUsage": "0" * 32,
    "BedrockModelId": "some.model-v1",
    "NotionSecret": "notion",
    "GmailSecret": "google",
    "SlackSecret": "slack",
    "SlackChannel": "customer-success",
    "GoogleChatSecret": "google",
    "GoogleChatSpace": "spaces/customer-success",
}
"""Parameters of a deployment that uses everything; the others have their defaults."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function as it is deployed: its folder and its layers on the path, and its environment."""

    name: str
    path: tuple[Path, ...]
    environment: Mapping[str, str]

    def start(self, code: str) -> float:
        """Seconds that a fresh interpreter takes for `code`."""
        path = os.pathsep.join(map(str, self.path))
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path, **self.environment}
        start = time.perf_counter()
        # Without the environment's own packages: what is not in a layer or in the runtime is not there.
        subprocess.run([str(PYTHON), "-S", "-B", "-c", code], env=environment, check=True)
        return time.perf_counter() - start


def unzipped_layers(template: Template, folder: Path) -> dict[str, Path]:
    """The layers as they are deployed, by logical id: the folder that comes on the path."""
    zips = build(template, ROOT, BUILT, PYTHON)
    layers = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::LayerVersion":
            with zipfile.ZipFile(zips[name]) as archive:
                archive.extractall(folder / name)
            layers[name] = folder / name / "python"
    return layers


def deployed_functions(
    template: Template, layers: Mapping[str, Path], folder: Path, secrets: str
) -> tuple[Function, list[Function]]:
    """An empty function, and those of the template."""
    runtime, nothing = _runtime(folder / "runtime"), folder / "empty"
    nothing.mkdir()
    (nothing / "app.py").write_text(EMPTY, "utf-8")
    shared = template["Globals"]["Function"]
    found = []
    for resource in template["Resources"].values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        own = resource["Properties"]
        source = ROOT / own["CodeUri"]
        used = [layers[layer["Ref"]] for layer in [*shared["Layers"], *own.get("Layers", [])]]
        variables = shared["Environment"]["Variables"] | own["Environment"]["Variables"]
        environment = {name: value_of(value, template["Parameters"]) for name, value in variables.items()}
        found.append(Function(source.name, (source, *used, runtime), environment | _aws(secrets)))
    return Function("empty", (nothing, runtime), {}), found


def _runtime(folder: Path) -> Path:
    """A folder with the packages of the Lambda runtime and no others."""
    folder.mkdir()
    for name in RUNTIME:
        spec = find_spec(name)
        assert spec is not None and spec.origin is not None, f"{name} is not installed"
        origin = Path(spec.origin)
        package = origin.parent if origin.name == "__init__.py" else origin
        (folder / package.name).symlink_to(package)
    return folder


def value_of(given: Any, parameters: Mapping[str, Any]) -> str:
    """A variable's value: as written, a parameter's, or the name of the resource that it comes from.

    Raises `ValueError` for a function of CloudFormation that is not known here.
    """
    match given:
        case {"Ref": name}:
            return CONFIGURED.get(name) or str(parameters.get(name, {"Default": name})["Default"])
        case {"Fn::GetAtt": [name, attribute]}:
            return f"{name}.{attribute}"
        case {"Fn::If": [_, there, _]}:
            return value_of(there, parameters)
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([\w:]+)\}", lambda found: value_of({"Ref": found[1]}, parameters), text)
        case dict():
            raise ValueError(f"{given}: value_of in tests/benchmarks/functions.py does not know this function yet")
    return str(given)


def _aws(secrets: str) -> dict[str, str]:
    return {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": secrets,
    }


@contextmanager
def secrets_manager() -> Iterator[str]:
    """A Secrets Manager on this machine whose every secret fits every vendor; its address."""
    secret = json.dumps({"token": "nobody's", **service_account("http://127.0.0.1:9/token")})
    answer = json.dumps({"Name": "any", "SecretString": secret}).encode()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Requests are not logged here."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
