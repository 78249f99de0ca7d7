from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator

from django_adbudget import checks, conf

from .words import code, prose, table


def page() -> Iterator[str]:
    yield "# Settings"
    yield ""
    yield from prose(
        """
        One dict, `ADBUDGET`. Every key may be left out; each is read whenever it is needed, so
        `override_settings` works. `manage.py check` names the nearest key where one is misspelled. No setting
        changes the tables.
        """
    )
    yield from table(["key", "type", "default", ""], ([code(name), code(of), d, what] for name, of, d, what in _all()))
    yield "Values as `manage.py check` shows them:"
    yield ""
    yield "```python"
    yield "ADBUDGET = {"
    for _, example in checks._VALUES.values():
        yield f"    {example},"
    yield "}"
    yield "```"
    yield ""
    yield from prose(
        """
        See also: [alerts](../alerts.md) for `ALERT_...`, [backends](../backends.md) for `PLATFORM_BACKEND`,
        [tenants](../tenants.md) for `API_BRANDS_FOR`, [REST](rest.md) for `API_...`, [tasks](tasks.md) for `BEAT`
        and `QUEUE`.
        """
    )


def _all() -> Iterator[tuple[str, str, str, str]]:
    tree = ast.parse(inspect.getsource(conf))
    (owner,) = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for node, after in zip(owner.body, owner.body[1:], strict=False):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            assert isinstance(after, ast.Expr)
            assert isinstance(after.value, ast.Constant)
            what = re.sub(r"\s+", " ", str(after.value.value)).replace("``", "`")
            default = code(re.sub(r"\s+", " ", ast.unparse(node.value))) if node.value else ""
            yield node.target.id, ast.unparse(node.annotation), default, what
