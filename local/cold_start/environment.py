"""The environment of each function in a deployment that uses everything, and the secrets that it reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from local.sandbox.google import service_account
from local.stack.template import Template

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


def environments(template: Template, secrets: str) -> dict[str, dict[str, str]]:
    """Each function's variables by the name of its folder; `secrets` is the address of Secrets Manager."""
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    found = {}
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            own = resource["Properties"]
            variables = shared | own["Environment"]["Variables"]
            values = {name: value_of(value, template["Parameters"]) for name, value in variables.items()}
            found[Path(own["CodeUri"]).name] = values | _aws(secrets)
    return found


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
            raise ValueError(f"{given}: value_of in local/cold_start/environment.py does not know this function yet")
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
    secret = json.dumps({"token": "of-nobody", "key": "k" * 32, **service_account("http://127.0.0.1:9/token")})
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
