"""What Google's services share: access tokens, scopes, and the shape of errors."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

from local.sandbox.people import People
from local.sandbox.wire import Json, Reply, Request, Route, Vendor, VendorError

TOKEN_LIFE_SECONDS = 3600
SERVICE_ACCOUNT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
DEFAULT_SCOPE = "https://www.googleapis.com/auth/gmail.compose https://www.googleapis.com/auth/chat.messages"
# By HTTP status: the canonical code, the reason in the older list of errors, and the message.
ERRORS: Mapping[int, tuple[str, str, str]] = {
    400: ("INVALID_ARGUMENT", "badRequest", "Request contains an invalid argument."),
    401: (
        "UNAUTHENTICATED",
        "authError",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
        "other valid authentication credential.",
    ),
    403: ("PERMISSION_DENIED", "forbidden", "The caller does not have permission"),
    404: ("NOT_FOUND", "notFound", "Requested entity was not found."),
    409: ("ALREADY_EXISTS", "alreadyExists", "Requested entity already exists"),
    429: ("RESOURCE_EXHAUSTED", "rateLimitExceeded", "Resource has been exhausted (e.g. check quota)."),
    500: ("INTERNAL", "backendError", "Internal error encountered."),
    503: ("UNAVAILABLE", "backendError", "The service is currently unavailable."),
}


def google_error(status: int, message: str = "", reason: str = "", code: str = "") -> Reply:
    """An error in the shape of Google's JSON services; what is left out follows from the status."""
    usual_code, usual_reason, usual_message = ERRORS.get(status, ERRORS[500])
    text = message or usual_message
    detail = {"message": text, "domain": "global", "reason": reason or usual_reason}
    body = {"code": status, "message": text, "errors": [detail], "status": code or usual_code}
    return Reply({"error": body}, status)


def refused(status: int, message: str = "", reason: str = "", code: str = "") -> VendorError:
    """The same, raised."""
    return VendorError(google_error(status, message, reason, code))


class Grants:
    """Who is let in: with any service account's key and any user's grant, until one is named as the only one.

    A key goes by its id, a user's grant by its refresh token. Google lets access tokens of a key that was
    deleted live on until they expire; here they end with it, as those of a user's grant do.
    """

    only: str | None = None

    def admit(self, grant: str) -> bool:
        """True if the key or grant is in force."""
        return self.only in (None, grant)


class GoogleService(Vendor):
    """A service behind Google's access tokens. `scopes` are prefixes of those of which it asks for one."""

    scopes: tuple[str, ...]
    grants: Grants

    def error(self, status: int) -> Reply:
        """Google's answer for this status."""
        return google_error(status)

    def error_of(self, code: str, status: int | None) -> Reply:
        """Google's answer with this reason, or with this canonical code, which is written in capitals."""
        known = ((usual, texts) for usual, texts in ERRORS.items() if code in texts[:2])
        usual = status or next((usual for usual, _ in known), 400)
        text = f"The request was refused: {code}."
        return google_error(usual, text, code=code) if code.isupper() else google_error(usual, text, code)

    def admit(self, request: Request) -> None:
        """Google asks for an access token that it issued, that has not expired and has a fitting scope."""
        found = claims(request)
        if not self.grants.admit(found["grant"]):
            raise refused(401)
        if not any(scope.startswith(self.scopes) for scope in found["scope"].split()):
            raise refused(403, "Request had insufficient authentication scopes.", "insufficientPermissions")


def claims(request: Request) -> Json:
    """What the access token says: iss, sub, scope, grant, exp. Raises `VendorError` (401) if it is not valid."""
    try:
        found = _unpack(request.bearer.removeprefix("ya29."))
    except ValueError as error:
        raise refused(401) from error
    if not request.bearer.startswith("ya29.") or found.get("exp", 0) < time.time():
        raise refused(401)
    return found


def _pack(content: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def _unpack(text: str) -> Json:
    try:
        content = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from error
    if not isinstance(content, dict):
        raise ValueError("not an object")
    return content


class TokenEndpoint(Vendor):
    """Google's OAuth token endpoint for service accounts, which may act for a user, and for refresh tokens.

    A signature is not checked, as the sandbox knows no account's key. A refresh token is "1//" and then
    the address of the user who gave it, with a "#" and a number if it is not the first.
    """

    name = "token"

    def __init__(self, people: People, grants: Grants) -> None:
        self._people = people
        self._grants = grants
        self.routes = (Route("POST", "/", self._issue),)

    def error(self, status: int) -> Reply:
        """An OAuth error."""
        return _oauth_error("internal_failure" if status >= 500 else "invalid_request", "", status)

    def error_of(self, code: str, status: int | None) -> Reply:
        """An OAuth error with this code."""
        return _oauth_error(code, f"The request was refused: {code}.", status or 400)

    def _issue(self, request: Request) -> Reply:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        grants: Mapping[str, Callable[[Mapping[str, str]], Json]] = {
            SERVICE_ACCOUNT_GRANT: self._service_account,
            "refresh_token": self._refresh,
        }
        grant = grants.get(form.get("grant_type", ""))
        if grant is None:
            return _oauth_error("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type')}")
        granted = grant(form)
        if not self._grants.admit(granted["grant"]):
            # Google says the first of a key that was deleted, the second of a user's grant.
            text = "Invalid JWT Signature." if "assertion" in form else "Token has been expired or revoked."
            return _oauth_error("invalid_grant", text)
        if granted["sub"] and not self._people.know(granted["sub"]):
            return _oauth_error("invalid_grant", "Invalid email or User ID")
        token = "ya29." + _pack({**granted, "exp": int(time.time()) + TOKEN_LIFE_SECONDS})
        answer = {"access_token": token, "expires_in": TOKEN_LIFE_SECONDS, "token_type": "Bearer"}
        return Reply(answer | ({"scope": granted["scope"]} if "refresh_token" in form else {}))

    def _service_account(self, form: Mapping[str, str]) -> Json:
        try:
            head, text = (_unpack(part) for part in form.get("assertion", "").split(".")[:2])
        except ValueError as error:
            raise VendorError(_oauth_error("invalid_grant", "Bad Request")) from error
        if text.get("exp", 0) < time.time():
            raise VendorError(_oauth_error("invalid_grant", "Invalid JWT: Token must be a short-lived token."))
        if not text.get("iss") or not text.get("scope"):
            raise VendorError(_oauth_error("invalid_scope", "Invalid OAuth scope or ID token audience provided."))
        return {"iss": text["iss"], "sub": text.get("sub", ""), "scope": text["scope"], "grant": head.get("kid", "")}

    def _refresh(self, form: Mapping[str, str]) -> Json:
        prefix, _, user = form.get("refresh_token", "").partition("1//")
        if prefix or not user:
            raise VendorError(_oauth_error("invalid_grant", "Token has been expired or revoked."))
        scope = form.get("scope", DEFAULT_SCOPE)
        return {
            "iss": form.get("client_id", ""),
            "sub": user.partition("#")[0],
            "scope": scope,
            "grant": form["refresh_token"],
        }


def _oauth_error(kind: str, description: str, status: int = 400) -> Reply:
    return Reply({"error": kind, "error_description": description}, status)


def service_account(
    token_uri: str, address: str = "sandbox@sandbox.iam.gserviceaccount.com", key_id: str = "sandbox"
) -> Json:
    """A service account's key file with a new key of its own, whose tokens come from `token_uri`."""
    # Only making a key needs this package; the server does not.
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "type": "service_account",
        "project_id": "sandbox",
        "private_key_id": key_id,
        "private_key": text.decode(),
        "client_email": address,
        "client_id": "1",
        "token_uri": token_uri,
    }
