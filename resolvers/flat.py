"""An operation as a table: which of its lists the rows are, which columns it has, and how the rows are read page by page.

The rows are the list below the single field of the root: `nodes`, `edges` or `groups` of a connection, or a plain list; what
stands beside it (`totalCount`, `pageInfo`, `aggregate`) is left out. Without such a list there is one row. Columns are named by
their dotted path; `nodes`, `edges` and `node` do not show in it. A list inside a row multiplies it, so it has to be asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, cast

from graphql import (
    ArgumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLInputType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    IntValueNode,
    NameNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    coerce_input_value,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    print_ast,
    type_from_ast,
)

from replica.ask import Variables
from resolvers.collect import Collector, response_key
from resolvers.errors import BadRequest
from resolvers.pages import MAX_FIRST

PAGE = MAX_FIRST  # records of one page
PAGE_EXPANDED = 100  # records of one page if each of them may become many rows
MORE = "page info"  # response key of our own pageInfo; no client's can have a blank in it
AFTER = "after this page"  # ditto for a variable
NUMBERS = frozenset(("Decimal", "Int", "Float"))
SEPARATOR = "; "  # between the values of a list of scalars
ROWS = ("nodes", "edges", "groups")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its dotted name and the GraphQL type of its cells, which are null or as GraphQL writes them."""

    name: str
    type: str

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers; a Decimal is text in plain notation."""
        return self.type in NUMBERS


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of an operation. `written` is its type as the operation writes it, `kind` the innermost one; `choices` are
    the names of an enum; `default` is as written. `simple` means that an address can carry it."""

    name: str
    written: str
    kind: str
    many: bool
    required: bool
    default: str | None
    choices: tuple[str, ...]
    simple: bool
    type: GraphQLInputType
    place: tuple[int, int]

    def accepts(self, value: object) -> bool:
        """Whether a value, as JSON has it, is one of this type."""
        try:
            return coerce_input_value(value, self.type) is not Undefined
        except ValueError:
            return False


@dataclass(slots=True)
class Branch:
    """What is asked of an object: `leaves` (key, column, whether it is a list), objects, and at most one list."""

    leaves: list[tuple[str, int, bool]] = field(default_factory=list)
    inner: list[tuple[str, Branch]] = field(default_factory=list)
    rows: Rows | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of objects: under which key it stands and what is asked of each. `name` is what asks for it; `checked` says
    that its object tells by our own pageInfo whether it is whole, `bounded` that it is not if it is as long as can be."""

    key: str
    name: str
    branch: Branch
    checked: bool = False
    bounded: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """A table. `first` asks for its first page; `following` for the next one, with the variable AFTER, if all are wanted.
    `lists` are the names of the lists inside its rows."""

    columns: tuple[Column, ...]
    lists: tuple[str, ...]
    first: OperationDefinitionNode
    following: OperationDefinitionNode | None
    _branch: Branch
    _paged: str

    def rows(self, data: Mapping[str, Any]) -> Iterator[list[object]]:
        """The rows of a page, cells in the order of the columns. Raises BadRequest if a list in it is too long."""
        row: list[object] = [None] * len(self.columns)
        if self._single_null(data):
            return
        yield from self._spread(row, *self._fill(data, self._branch, row), top=True)

    def cursor(self, data: Mapping[str, Any]) -> str | None:
        """After which cursor the next page begins; None if this was the last one."""
        connection = data.get(self._paged) if self.following else None
        if connection is None or not connection[MORE]["hasNextPage"]:
            return None
        return cast(str, connection[MORE]["endCursor"])

    def _single_null(self, data: Mapping[str, Any]) -> bool:
        """Whether the one record that is asked for is not there."""
        inner = self._branch.inner
        return len(inner) == 1 and not self._branch.leaves and data.get(inner[0][0]) is None

    def _fill(
        self, value: Mapping[str, Any], branch: Branch, row: list[object]
    ) -> tuple[Sequence[Mapping[str, Any]] | None, Branch]:
        """Puts the cells of an object into the row; gives the list that spreads it, if there is one."""
        for key, column, many in branch.leaves:
            cell = value[key]
            row[column] = SEPARATOR.join(map(_text, cell)) if many and cell is not None else cell
        found: tuple[Sequence[Mapping[str, Any]] | None, Branch] = (None, branch)
        for key, inner in branch.inner:
            below = value.get(key)
            if below is not None:
                spread = self._fill(below, inner, row)
                found = spread if spread[0] is not None else found
        if branch.rows is not None:
            items = value[branch.rows.key] or ()
            is_full = branch.rows.bounded and len(items) >= MAX_FIRST
            if is_full or (branch.rows.checked and value[MORE]["hasNextPage"]):
                name = branch.rows.name or branch.rows.key
                raise BadRequest("BAD_USER_INPUT", "TABLE_LIST_LONG", (), list=name, limit=MAX_FIRST)
            found = (items, branch.rows.branch)
        return found

    def _spread(
        self, row: list[object], items: Sequence[Mapping[str, Any]] | None, branch: Branch, *, top: bool = False
    ) -> Iterator[list[object]]:
        """The row once for each item; a record whose list is empty keeps its row."""
        if items is None or (not items and not top):
            yield row
            return
        for item in items:
            copy = row.copy()
            yield from self._spread(copy, *self._fill(item, branch, copy))


def variables_of(schema: GraphQLSchema, operation: OperationDefinitionNode) -> tuple[Variable, ...]:
    """The variables of an operation, in its order."""
    return tuple(_variables(schema, operation))


def _variables(schema: GraphQLSchema, operation: OperationDefinitionNode) -> Iterator[Variable]:
    for definition in operation.variable_definitions or ():
        type_ = cast(GraphQLInputType, type_from_ast(schema, definition.type))
        inner, named = get_nullable_type(type_), get_named_type(type_)
        deep = is_list_type(inner) and is_list_type(get_nullable_type(inner.of_type))
        default = definition.default_value
        location = definition.loc.start_token if definition.loc else None
        yield Variable(
            definition.variable.name.value,
            print_ast(definition.type),
            named.name,
            is_list_type(inner),
            is_non_null_type(type_) and default is None,
            None if default is None else print_ast(default),
            tuple(named.values) if is_enum_type(named) else (),
            not is_input_object_type(named) and not deep,
            type_,
            (location.line, location.column) if location else (0, 0),
        )


def lay_out(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    operation: OperationDefinitionNode,
    variables: Variables,
    expand: Sequence[str] | None,
) -> Layout:
    """The table of a validated query. `expand` names the lists that may multiply rows; None allows any.

    Raises BadRequest: TABLE_ROOTS, TABLE_LISTS, TABLE_ABSTRACT, TABLE_INTROSPECTION, TABLE_COLUMN_TWICE,
    TABLE_SIDE_BY_SIDE, TABLE_LIST_UNKNOWN, TABLE_LIST_CLOSED."""
    return _Layouter(schema, Collector(schema, fragments, variables), variables, expand).lay_out(operation)


class _Layouter:
    def __init__(
        self, schema: GraphQLSchema, collector: Collector, variables: Variables, expand: Sequence[str] | None
    ) -> None:
        self._schema = schema
        self._collector = collector
        self._variables = variables
        self._expand = expand
        self._columns: dict[str, Column] = {}
        self._lists: dict[str, tuple[str, FieldNode]] = {}  # place to the name that asks for it
        self._top: FieldNode | None = None  # the root's connection that is read page by page

    def lay_out(self, operation: OperationDefinitionNode) -> Layout:
        root = cast(GraphQLObjectType, self._schema.query_type)
        branch = Branch()
        selections = self._root(root, operation, branch)
        names = self._check_lists()
        first, following = self._operations(operation, selections)
        paged = response_key(self._top) if self._top else ""
        return Layout(tuple(self._columns.values()), names, first, following, branch, paged)

    # -- the root -----------------------------------------------------------------------------------------------------

    def _root(self, root: GraphQLObjectType, operation: OperationDefinitionNode, branch: Branch) -> list[FieldNode]:
        fields = self._collector.fields(root, [operation.selection_set])
        asked = {key: nodes for key, nodes in fields.items() if nodes[0].name.value != "__typename"}
        for nodes in asked.values():
            if nodes[0].name.value.startswith("__"):
                raise BadRequest("BAD_USER_INPUT", "TABLE_INTROSPECTION", nodes, field=nodes[0].name.value)
        with_rows = [key for key, nodes in asked.items() if self._has_rows(root, nodes)]
        if with_rows and len(asked) > 1:
            nodes = [node for key in asked for node in asked[key][:1]]
            others = ", ".join(key for key in asked if key != with_rows[0])
            raise BadRequest("BAD_USER_INPUT", "TABLE_ROOTS", nodes, rows=with_rows[0], others=others)
        selections = []
        for key, nodes in fields.items():
            name = nodes[0].name.value
            if name == "__typename":
                if not with_rows:
                    branch.leaves.append((key, self._column(key, "String", nodes[0]), False))
                    selections.append(nodes[0])
                continue
            prefix = f"{key}." if len(asked) > 1 else ""
            selections.append(self._member(root, key, nodes, prefix, prefix[:-1], branch, top=True))
        return selections

    def _has_rows(self, root: GraphQLObjectType, nodes: list[FieldNode]) -> bool:
        """Whether a field of the root is a list of objects, or a connection of which one is asked."""
        type_ = root.fields[nodes[0].name.value].type
        named = get_named_type(type_)
        if is_list_type(get_nullable_type(type_)):
            return True
        if not is_object_type(named) or not _is_connection(named):
            return False
        return any(inner[0].name.value in ROWS for inner in self._collector.below(named, nodes).values())

    # -- objects ------------------------------------------------------------------------------------------------------

    def _members(
        self, of: GraphQLObjectType, nodes: Iterable[FieldNode], prefix: str, path: str, branch: Branch
    ) -> list[FieldNode]:
        return [
            self._member(of, key, asked, f"{prefix}{key}.", f"{path}.{key}" if path else key, branch)
            for key, asked in self._collector.below(of, nodes).items()
        ]

    def _member(
        self,
        of: GraphQLObjectType,
        key: str,
        nodes: list[FieldNode],
        prefix: str,
        path: str,
        branch: Branch,
        *,
        top: bool = False,
    ) -> FieldNode:
        """Lays out one field of an object, whose columns begin with `prefix`; the field as it is to be asked."""
        node, name = nodes[0], nodes[0].name.value
        type_: GraphQLOutputType | None = None if name == "__typename" else of.fields[name].type
        named = None if type_ is None else get_named_type(type_)
        many = type_ is not None and is_list_type(get_nullable_type(type_))
        if named is None or is_leaf_type(named):
            column = self._column(prefix[:-1], "String" if many or named is None else named.name, node)
            branch.leaves.append((key, column, many))
            return _asked(node)
        if not is_object_type(named):
            raise BadRequest("BAD_USER_INPUT", "TABLE_ABSTRACT", nodes, field=name)
        if many:
            inner = Branch()
            self._note(path, path, node, top)
            selections = self._members(named, nodes, prefix, path, inner)
            bounded = "first" in of.fields[name].args and not self._is_cut(node)
            branch.rows = Rows(key, path, inner, bounded=bounded)
            return _asked(_whole(node) if bounded else node, selections)
        inner = Branch()
        branch.inner.append((key, inner))
        if _is_connection(named):
            return self._connection(named, nodes, prefix, path, inner, top)
        return _asked(node, self._members(named, nodes, prefix, path, inner))

    def _connection(
        self, of: GraphQLObjectType, nodes: list[FieldNode], prefix: str, path: str, branch: Branch, top: bool
    ) -> FieldNode:
        fields = self._collector.below(of, nodes)
        rows = [key for key, asked in fields.items() if asked[0].name.value in ROWS]
        if len(rows) > 1 and top:
            said = [fields[key][0] for key in rows]
            raise BadRequest("BAD_USER_INPUT", "TABLE_LISTS", said, lists=", ".join(rows))
        selections = []
        by_cursor = False
        for key, asked in fields.items():
            name = asked[0].name.value
            if key in rows:
                self._note(f"{path}.{key}", path, asked[0], top)
                inner = Branch()
                item = cast(GraphQLObjectType, get_named_type(of.fields[name].type))
                below = (self._edge if name == "edges" else self._members)(item, asked, prefix, path, inner)
                selections.append(_asked(asked[0], below))
                by_cursor = name != "groups"  # groups come whole or are refused
                branch.rows = Rows(key, path, inner, by_cursor and not top and not self._is_cut(nodes[0]))
            elif not (top and rows):
                place = f"{path}.{key}" if path else key
                selections.append(self._member(of, key, asked, f"{prefix}{key}.", place, branch))
        if by_cursor and top:
            self._top = nodes[0]
        node = nodes[0]
        if by_cursor and not self._is_cut(node):
            selections.append(_page_info())
            if not top:
                node = _whole(node)
        return _asked(node, selections)

    def _edge(
        self, of: GraphQLObjectType, nodes: Iterable[FieldNode], prefix: str, path: str, branch: Branch
    ) -> list[FieldNode]:
        """The members of an edge; those of its `node` stand beside `cursor` and `match`."""
        selections = []
        for key, asked in self._collector.below(of, nodes).items():
            if asked[0].name.value == "node":
                inner = Branch()
                branch.inner.append((key, inner))
                node = cast(GraphQLObjectType, get_named_type(of.fields["node"].type))
                selections.append(_asked(asked[0], self._members(node, asked, prefix, path, inner)))
            else:
                place = f"{path}.{key}" if path else key
                selections.append(self._member(of, key, asked, f"{prefix}{key}.", place, branch))
        return selections

    def _column(self, name: str, type_: str, node: FieldNode) -> int:
        if name in self._columns:
            raise BadRequest("BAD_USER_INPUT", "TABLE_COLUMN_TWICE", (node,), column=name)
        self._columns[name] = Column(name, type_)
        return len(self._columns) - 1

    # -- lists and pages ----------------------------------------------------------------------------------------------

    def _note(self, place: str, name: str, node: FieldNode, top: bool) -> None:
        if not top:
            self._lists[place] = (name, node)

    def _check_lists(self) -> tuple[str, ...]:
        """The names of the lists inside the rows, if they can all be had."""
        places = list(self._lists)
        for one, other in pairwise(places):  # outer ones come first
            (outer, node), (inner, beside) = self._lists[one], self._lists[other]
            if not _is_within(inner, outer):
                raise BadRequest("BAD_USER_INPUT", "TABLE_SIDE_BY_SIDE", (node, beside), one=one, other=other)
        names = tuple(name for name, _ in self._lists.values())
        if self._expand is not None:
            listed = ", ".join(names) or "-"
            for wanted in self._expand:
                if wanted not in names:
                    raise BadRequest("BAD_USER_INPUT", "TABLE_LIST_UNKNOWN", (), list=wanted[:80], lists=listed)
            for place, (name, node) in self._lists.items():
                if not any(name == wanted or _is_within(wanted, name) for wanted in self._expand):
                    raise BadRequest("BAD_USER_INPUT", "TABLE_LIST_CLOSED", (node,), list=name, place=place)
        return names

    def _operations(
        self, operation: OperationDefinitionNode, selections: list[FieldNode]
    ) -> tuple[OperationDefinitionNode, OperationDefinitionNode | None]:
        if self._top is None or self._is_cut(self._top):
            return _operation(operation, selections), None
        size = IntValueNode(value=str(PAGE_EXPANDED if self._lists else PAGE))
        first, following = [], []
        for node in selections:
            page = _with_argument(node, "first", size)
            first.append(page)
            later = _with_argument(page, "after", VariableNode(name=NameNode(value=AFTER)))
            following.append(_without_argument(later, "offset"))
        return _operation(operation, first), _operation(operation, following)

    def _is_cut(self, node: FieldNode) -> bool:
        """Whether the operation itself says how many records it wants."""
        return any(
            argument.name.value in ("first", "last") and not self._is_null(argument.value)
            for argument in node.arguments or ()
        )

    def _is_null(self, value: ValueNode) -> bool:
        if isinstance(value, VariableNode):
            return self._variables.get(value.name.value) is None
        return isinstance(value, NullValueNode)


def _is_connection(type_: GraphQLObjectType) -> bool:
    return "pageInfo" in type_.fields and "edges" in type_.fields


def _is_within(inner: str, outer: str) -> bool:
    """Whether the list `inner` lies inside the rows of `outer`."""
    return inner.startswith(f"{outer}.")


def _text(item: object) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    return "" if item is None else str(item)


def _asked(node: FieldNode, selections: Sequence[FieldNode] | None = None) -> FieldNode:
    """The field with this selection; fragments and directives have been followed already."""
    below = None if selections is None else SelectionSetNode(selections=tuple(selections))
    return FieldNode(
        alias=node.alias,
        name=node.name,
        arguments=node.arguments or (),
        directives=(),
        selection_set=below,
        loc=node.loc,
    )


def _whole(node: FieldNode) -> FieldNode:
    """A list with as many items as can be asked."""
    return _with_argument(node, "first", IntValueNode(value=str(MAX_FIRST)))


def _page_info() -> FieldNode:
    names = [FieldNode(name=NameNode(value=name)) for name in ("hasNextPage", "endCursor")]
    alias = NameNode(value=MORE)
    page = NameNode(value="pageInfo")
    return FieldNode(alias=alias, name=page, selection_set=SelectionSetNode(selections=tuple(names)))


def _with_argument(node: FieldNode, name: str, value: ValueNode) -> FieldNode:
    kept = _without_argument(node, name)
    given = ArgumentNode(name=NameNode(value=name), value=cast(Any, value))
    return _with_arguments(kept, (*(kept.arguments or ()), given))


def _without_argument(node: FieldNode, name: str) -> FieldNode:
    return _with_arguments(node, tuple(a for a in node.arguments or () if a.name.value != name))


def _with_arguments(node: FieldNode, arguments: tuple[ArgumentNode, ...]) -> FieldNode:
    return FieldNode(
        alias=node.alias,
        name=node.name,
        arguments=arguments,
        directives=(),
        selection_set=node.selection_set,
        loc=node.loc,
    )


def _operation(operation: OperationDefinitionNode, selections: Sequence[FieldNode]) -> OperationDefinitionNode:
    return OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=operation.variable_definitions,
        directives=(),
        selection_set=SelectionSetNode(selections=tuple(selections)),
    )
