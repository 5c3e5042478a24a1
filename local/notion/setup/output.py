"""What a person sees of a set-up: what became of each database, what is left to do, and what the deployment takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from connectors.notion.fit import Difference, Missing, MissingOptions, WrongType
from connectors.notion.names import PropertyNames
from connectors.notion.setup import FoundDatabase
from connectors.text import one_line
from local.notion.setup.mapping import OURS, Mapped
from local.notion.setup.parameters import in_samconfig, on_command_line, override, properties_value, properties_variable

WIDTH = 100


class Output:
    """Shows a set-up on a console. Nothing that comes from Notion is read as markup."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def line(self, text: str, *, indent: int = 0, dim: bool = False) -> None:
        """One line, wrapped below its beginning."""
        shown = Text(one_line(text), style="dim" if dim else "")
        self._console.print(Padding(shown, (0, 0, 0, indent), expand=False), width=min(WIDTH, self._console.width))

    def mapping(self, mapped: Mapped) -> None:
        """Which of the team's properties are taken for which of ours; nothing where all have our names."""
        if mapped.theirs:
            self.line(f"Accounts: {mapped.same} properties have our names; these are taken for ours (ours → yours):")
        for field, theirs in mapped.theirs.items():
            self.line(f"{getattr(OURS, field)} → {theirs}", indent=2)
        fields_of = {getattr(OURS, field.name): field.name for field in fields(PropertyNames)}
        for ours, candidates in mapped.unclear.items():
            shown = ", ".join(map(repr, candidates))
            self.line(f"Accounts: {ours!r} could be {shown}: left out, and unknown until one is chosen:")
            self.line(properties_variable({fields_of[ours]: candidates[0]}), indent=2)

    def created(self, title: str, database: FoundDatabase) -> None:
        """A database that was not there."""
        self.line(f"{title}: created with {len(database.properties)} properties")
        self._link(database)

    def found(self, title: str, database: FoundDatabase, differences: Sequence[Difference]) -> None:
        """A database that was there, with what has been added by now and what has to be done by hand."""
        added = [each.property for each in differences if isinstance(each, Missing)]
        options = [_options(each) for each in differences if isinstance(each, MissingOptions)]
        parts = [f"added {', '.join(added)}"] if added else []
        parts += [f"added {each}" for each in options]
        self.line(f"{title}: {'; '.join(parts) or self._as_it_is(differences)}")
        for each in differences:
            if isinstance(each, WrongType):
                self.line(f"{title}: {each}", indent=2)
        self._link(database)

    def parameters(self, ids: Mapping[str, str], theirs: Mapping[str, str]) -> None:
        """What the deployment takes, to be pasted; these lines are never wrapped."""
        overrides = [override(parameter, given) for parameter, given in ids.items()]
        if theirs:
            overrides.append(override("NotionProperties", properties_value(theirs)))
        self._console.print()
        self.line("For samconfig.toml, among the parameter_overrides of the stage:")
        for each in overrides:
            self._raw(f"    {in_samconfig(each)},")
        self.line("The same behind --parameter-overrides, until the next deploy from the file:")
        for each in overrides[:-1]:
            self._raw(f"{on_command_line(each)} \\")
        self._raw(on_command_line(overrides[-1]))

    def result(self, *, changed: bool, right: bool) -> None:
        """What was done on the whole."""
        self._console.print()
        if not changed:
            self.line("Nothing was changed." + (" All five databases are as they should be." if right else ""))
        if not right:
            self.line("Change in Notion by hand what is told above; then run this again.")

    def loading(self, accounts_id: str, theirs: Mapping[str, str], *, empty: bool) -> None:
        """How accounts are loaded, as a command to be pasted."""
        self.line("Accounts holds no account yet. To load them:" if empty else "To load or update accounts:")
        names = f" {properties_variable(theirs)}" if theirs else ""
        self._raw(f"    make notion-import FILE=book.csv NOTION_ACCOUNTS={accounts_id}{names}")

    def next_steps(self) -> None:
        """What comes next."""
        self.line("Next: sam build && sam deploy --guided, then make doctor STACK=…")

    def _as_it_is(self, differences: Sequence[Difference]) -> str:
        return "nothing to add" if differences else "as it should be"

    def _link(self, database: FoundDatabase) -> None:
        self.line(database.url, indent=2, dim=True)

    def _raw(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)


def _options(lacking: MissingOptions) -> str:
    names = ", ".join(str(option["name"]) for option in lacking.options)
    return f"the option{'s' if len(lacking.options) > 1 else ''} {names} to {lacking.property}"
