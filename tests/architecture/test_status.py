"""A status changes in one place: `servicedesk/tickets/actions/core.py`."""

import ast

from .source import trees

HOME = "servicedesk/tickets/actions/core.py"
COLUMNS = {"status", "phase"}
# Objects that are no ticket and have a `status` of their own; each with its reason.
NOT_TICKETS = {
    "response": "an HTTP answer",
    "call": "a webhook's",
    "imagined": "a ticket of a trial, which is never saved",
    "self": "a class's own attribute, never a model: models are checked below",
}


def writes(tree: ast.AST):
    """Line numbers of anything that could set a ticket's status or phase."""
    for node in ast.walk(tree):
        targets = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            for each in ast.walk(target):
                if isinstance(each, ast.Attribute) and each.attr in COLUMNS:
                    if not (isinstance(each.value, ast.Name) and each.value.id in NOT_TICKETS):
                        yield node.lineno
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in {"update", "bulk_update", "Ticket"} and any(word.arg in COLUMNS for word in node.keywords):
                yield node.lineno
            if name == "setattr" and len(node.args) > 1 and getattr(node.args[1], "value", None) in COLUMNS:
                yield node.lineno


class TestStatus:
    def test_is_set_in_one_module_only(self):
        found = {path: list(writes(tree)) for path, tree in trees()}
        assert {path: lines for path, lines in found.items() if lines and path != HOME} == {}

    def test_the_check_finds_what_it_looks_for(self):
        forbidden = (
            "ticket.status = 'x'\nTicket.objects.update(phase='new')\nsetattr(t, 'phase', 1)\nincident.ticket.phase = 2"
        )
        assert sorted(writes(ast.parse(forbidden))) == [1, 2, 3, 4]

    def test_the_one_module_does_set_it(self):
        assert list(writes(dict(trees())[HOME]))
