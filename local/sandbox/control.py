"""The sandbox's own endpoints, by which tests and the demo set the stage."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from local.sandbox.bedrock import Bedrock
from local.sandbox.bedrock_model import Behaviour
from local.sandbox.faults import Fault, Faults, Limit, Limits, Tally
from local.sandbox.gates import Gates, Rotation
from local.sandbox.notion.blocks import read_blocks
from local.sandbox.notion.load import Book, load
from local.sandbox.notion.workspace import PERSON, Workspace
from local.sandbox.people import People
from local.sandbox.wire import Reply, Request, Route, Vendor


class Sharing(BaseModel):
    """Whether a Notion database is shared with the integration."""

    model_config = ConfigDict(extra="forbid")

    database_id: str
    shared: bool


class Nesting(BaseModel):
    """A Notion database that lies among the pages of a data source, whose database is a wiki then."""

    model_config = ConfigDict(extra="forbid")

    database_id: str
    among: str = Field(description="The data source's id.")


class Heavy(BaseModel):
    """More rows, or blocks, than Notion shows in time; None if it shows any number."""

    model_config = ConfigDict(extra="forbid")

    rows_above: int | None = Field(ge=1)


class Edit(BaseModel):
    """What a person adds to a Notion page."""

    model_config = ConfigDict(extra="forbid")

    page_id: str
    text: str


class Accounts(BaseModel):
    """The only e-mail addresses with an account at Google and Slack; None for the default rule."""

    model_config = ConfigDict(extra="forbid")

    known: list[str] | None


class Control(Vendor):
    """Faults, limits, counts, and what the vendors' own surfaces would set."""

    name = "control"

    def __init__(
        self,
        faults: Faults,
        limits: Limits,
        tally: Tally,
        workspace: Workspace,
        people: People,
        bedrock: Bedrock,
        gates: Gates,
    ) -> None:
        self._faults = faults
        self._limits = limits
        self._tally = tally
        self._workspace = workspace
        self._people = people
        self._bedrock = bedrock
        self._gates = gates
        self.routes = (
            Route("GET", "/faults", lambda _: Reply({"faults": faults.shown()})),
            Route("POST", "/faults", self._add_fault),
            Route("DELETE", "/faults", self._clear_faults),
            Route("POST", "/limits", self._set_limit),
            Route("GET", "/requests", lambda request: Reply(tally.shown(request.param("vendor")))),
            Route("DELETE", "/requests", self._count_anew),
            Route("POST", "/people", self._set_people),
            Route("POST", "/rotate", self._rotate),
            Route("POST", "/notion/share", self._share),
            Route("POST", "/notion/heavy", self._be_heavy),
            Route("POST", "/notion/nest", self._nest),
            Route("POST", "/notion/load", self._load),
            Route("POST", "/notion/edit", self._edit),
            Route("GET", "/bedrock", lambda _: Reply({"behaviours": bedrock.behaviours.shown()})),
            Route("POST", "/bedrock", self._misbehave),
            Route("DELETE", "/bedrock", self._behave),
            Route("GET", "/tokens", lambda _: Reply(bedrock.tokens)),
            # Files are written with the change they show, so none is ever outstanding.
            Route("GET", "/flush", lambda _: Reply({"outstanding": 0})),
        )

    def error(self, status: int) -> Reply:
        """What the sandbox itself says."""
        return Reply({"error": f"nothing here answers that ({status})"}, status)

    def error_of(self, code: str, status: int | None) -> Reply:
        """What the sandbox itself says."""
        return Reply({"error": code}, status or 400)

    def handle(self, request: Request) -> Reply:
        """Answer a request; an error names the field and the reason."""
        try:
            return super().handle(request)
        except ValidationError as error:
            return Reply({"error": str(error)}, 400)

    def _add_fault(self, request: Request) -> Reply:
        self._faults.add(Fault.model_validate_json(request.body))
        return Reply({"faults": self._faults.shown()})

    def _clear_faults(self, request: Request) -> Reply:
        self._faults.clear(request.param("vendor"))
        return Reply({"faults": self._faults.shown()})

    def _set_limit(self, request: Request) -> Reply:
        self._limits.set(Limit.model_validate_json(request.body))
        return Reply({})

    def _count_anew(self, _: Request) -> Reply:
        self._tally.reset()
        self._bedrock.count_anew()
        return Reply({})

    def _set_people(self, request: Request) -> Reply:
        self._people.set_known(Accounts.model_validate_json(request.body).known)
        return Reply({})

    def _rotate(self, request: Request) -> Reply:
        self._gates.rotate(Rotation.model_validate_json(request.body))
        return Reply({})

    def _share(self, request: Request) -> Reply:
        sharing = Sharing.model_validate_json(request.body)
        self._workspace.share(sharing.database_id, sharing.shared)
        return Reply({})

    def _be_heavy(self, request: Request) -> Reply:
        self._workspace.be_heavy(Heavy.model_validate_json(request.body).rows_above)
        return Reply({})

    def _nest(self, request: Request) -> Reply:
        nesting = Nesting.model_validate_json(request.body)
        self._workspace.nest(nesting.database_id, nesting.among)
        return Reply({})

    def _load(self, request: Request) -> Reply:
        return Reply(load(self._workspace, Book.model_validate_json(request.body)).model_dump())

    def _edit(self, request: Request) -> Reply:
        edit = Edit.model_validate_json(request.body)
        paragraph = read_blocks([{"paragraph": {"rich_text": [{"text": {"content": edit.text}}]}}])
        self._workspace.append(edit.page_id, paragraph, None, by=PERSON)
        return Reply({})

    def _misbehave(self, request: Request) -> Reply:
        self._bedrock.behaviours.add(Behaviour.model_validate_json(request.body))
        return Reply({"behaviours": self._bedrock.behaviours.shown()})

    def _behave(self, _: Request) -> Reply:
        self._bedrock.behaviours.clear()
        return Reply({"behaviours": []})
