"""Signed requests to the API that is deployed on the embedded stack."""

from __future__ import annotations

import json
from typing import Any

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from local.deployment import LocalDeployment


def api(
    deployment: LocalDeployment, method: str, path: str, body: Any = None, *, signed: bool = True, **headers: str
) -> Any:
    """The answer to a request; `path` begins with a slash and may hold a query, `body` is sent as JSON."""
    url = f"{deployment.api_url}{path}"
    content = None if body is None else body if isinstance(body, str | bytes) else json.dumps(body)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if content is not None:
        given.setdefault("Content-Type", "application/json")
    request = AWSRequest(method=method, url=url, data=content, headers=given)
    if signed:
        credentials = deployment.aws.session.get_credentials()
        assert credentials is not None
        SigV4Auth(credentials, "execute-api", deployment.aws.session.region_name).add_auth(request)
    return requests.request(method, url, data=content, headers=dict(request.headers), timeout=60)
