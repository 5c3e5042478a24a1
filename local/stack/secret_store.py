"""Credentials of the outside services, where the functions look for them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from local.stack.aws import Aws


def put_secret(aws: Aws, name: str, content: Mapping[str, str]) -> None:
    """Stores `content` as the JSON secret `name`, new or in place of what was there."""
    text = json.dumps(content)
    try:
        aws.secrets.create_secret(Name=name, SecretString=text)
    except aws.secrets.exceptions.ResourceExistsException:
        aws.secrets.put_secret_value(SecretId=name, SecretString=text)
