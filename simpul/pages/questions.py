"""Questions to start with: operations made for whatever the hub serves, and links that open them on the query page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from config.entities import Catalogue, Entity
from config.hub import Language
from config.messages import Messages
from simpul.pages.labels import label_of


@dataclass(frozen=True, slots=True)
class Question:
    """A titled operation."""

    title: str
    query: str
    language: Language

    @property
    def url(self) -> str:
        """The query page with this operation filled in."""
        return "/graphql?" + urlencode({"lang": self.language, "query": self.query})


def suggest_questions(catalogue: Catalogue, messages: Messages, language: Language) -> tuple[Question, ...]:
    """Three questions: what ties the applications together, what needs repair, how old it all is."""

    def question(code: str, query: str, **params: object) -> Question:
        return Question(messages.render(code, params, language), query, language)

    entities = [entity for entity in catalogue if entity.system is None]
    if not entities:
        return (question("QUESTION_SOURCES", SOURCES),)
    main = next((entity for entity in entities if entity.name == "Proposal"), entities[0])
    label = label_of(main.name, messages, language)
    mission = mission_query(catalogue)
    unbudgeted = open_query(catalogue)
    return (
        question("QUESTION_MISSION", mission)
        if mission
        else question("QUESTION_FIRST", first_query(main), entity=label),
        question("QUESTION_OPEN", unbudgeted) if unbudgeted else question("QUESTION_SOURCES", SOURCES),
        question("QUESTION_ISSUES", issues_query(main), entity=label),
    )


SOURCES = """{
  sources {
    nodes { name kind state readAt records rejects issues problem }
  }
}
"""


def first_query(entity: Entity) -> str:
    """The first ten records with their own fields."""
    names = " ".join(field.name for field in entity.fields if field.raw_of is None) or "id"
    return f"""{{
  {entity.plural}(first: 10) {{
    totalCount
    nodes {{
      {names}
      provenance {{ source locator fetchedAt }}
    }}
  }}
}}
"""


def issues_query(entity: Entity) -> str:
    """Records that have an issue, with the cells."""
    return f"""{{
  {entity.plural}(first: 20, where: {{issues: {{count: {{gt: 0}}}}}}) {{
    totalCount
    nodes {{
      {" ".join(key_fields(entity))} issues {{ code field rawValue cell message }}
      provenance {{ locator }}
    }}
  }}
}}
"""


def mission_query(catalogue: Catalogue, first: int = 1) -> str | None:
    """The hub's main question for the proposals that went furthest, or None if it serves no proposals with links."""
    chain = Chain(catalogue)
    if not chain.hops:
        return None
    lines = list(chain.select("Proposal", 2))
    where = chain.furthest()
    return "\n".join(
        ["{", f"  proposals(first: {first}, where: {{{where}}}) {{", "    nodes {", *lines, "    }", "  }", "}", ""]
    )


def open_query(catalogue: Catalogue) -> str | None:
    """Accepted proposals without a budget line, or None if the hub does not serve both."""
    if "Proposal" not in catalogue.entities or "budgetLines" not in catalogue.hops("Proposal"):
        return None
    proposal = catalogue["Proposal"]
    status = "status: {eq: ACCEPTED}, " if proposal.field("status") else ""
    order = ", orderBy: [{estimatedCost: DESC}]" if proposal.field("estimatedCost") else ""
    names = " ".join(name for name in ("title", "estimatedCost", "status") if proposal.field(name))
    region = " region { name parent { name } }" if "region" in catalogue.hops("Proposal") else ""
    return f"""{{
  proposals(first: 10, where: {{{status}budgetLines: {{none: {{}}}}}}{order}) {{
    totalCount
    nodes {{
      {names or "id"}{region}
      provenance {{ locator }}
    }}
  }}
}}
"""


def key_fields(entity: Entity) -> Sequence[str]:
    """The fields of an entity's key, without the places `file` and `sheet`."""
    return [name for name in entity.key if entity.field(name)] or ["id"]


WANTED = {
    "Proposal": ("number", "title", "estimatedCost", "status"),
    "BudgetLine": ("subActivityName", "accountName", "accountCode", "ceiling", "realised"),
    "Project": ("name", "status", "ceiling", "contractValue", "physicalProgress"),
    "Complaint": ("title", "status", "receivedAt"),
}
"""What the main question shows of each built-in entity, as far as the hub has it."""


class Chain:
    """The way from a proposal to its budget, its projects and their complaints, as far as a hub has it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        proposal = catalogue.hops("Proposal") if "Proposal" in catalogue.entities else {}
        self.budget = "budgetLines" in proposal
        self.projects = "projects" in proposal
        self.complaints = self.projects and "complaints" in catalogue.hops("Project")

    @property
    def hops(self) -> bool:
        """Whether proposals are tied to anything of the chain."""
        return self.budget or self.projects

    def furthest(self) -> str:
        """The `where` of proposals that reached the end of the chain."""
        budget = ["budgetLines: {some: {}}"] if self.budget else []
        if self.complaints:
            return ", ".join([*budget, "projects: {some: {complaints: {some: {}}}}"])
        return ", ".join([*budget, "projects: {some: {}}"] if self.projects else budget)

    def select(self, entity: str, indent: int) -> Iterator[str]:
        """The lines of the selection below a proposal."""
        space = "  " * (indent + 1)
        yield space + self.fields(entity)
        if entity == "Proposal":
            if "region" in self._catalogue.hops("Proposal"):
                yield space + "region { name parent { name } }"
            if self.budget:
                yield from self._hop("budgetLines", "BudgetLine", indent)
            if self.projects:
                yield from self._hop("projects", "Project", indent)
            yield space + "provenance { source locator fetchedAt }"
        if entity == "Project" and self.complaints:
            yield from self._hop("complaints", "Complaint", indent)

    def fields(self, entity: str) -> str:
        """The wanted fields of an entity that it has; its id if it has none of them."""
        return " ".join(name for name in WANTED[entity] if self._catalogue[entity].field(name)) or "id"

    def _hop(self, name: str, entity: str, indent: int) -> Iterator[str]:
        space = "  " * (indent + 1)
        yield f"{space}{name}(first: 3) {{"
        yield f"{space}  totalCount"
        yield f"{space}  edges {{"
        yield f"{space}    match {{ method confidence }}"
        yield f"{space}    node {{"
        yield from self.select(entity, indent + 3)
        yield f"{space}    }}"
        yield f"{space}  }}"
        yield f"{space}}}"
