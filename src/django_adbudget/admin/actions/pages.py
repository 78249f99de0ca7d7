"""The pages between choosing an action and its being done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from ... import wording
from ...rules import Level
from ...services.chunks import chunks
from ...services.edits.previews import Foreseen, Preview
from ...services.gate import ledger_alias
from .saying import number

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin

#: Rows of a table that people still read.
SHOWN = 100
#: Rows that one action takes on: its plan travels through the browser.
MOST = 20_000


def page(model_admin: _ModelAdmin, request: HttpRequest, template: str, action: str, **context: Any) -> Any:
    """A page that posts back to the list, with what was selected."""
    selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
    across = request.POST.get("select_across") == "1"
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(
        request,
        f"admin/django_adbudget/actions/{template}.html",
        {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.opts,
            "media": model_admin.media,
            "hidden": [
                ("action", action),
                ("select_across", "1" if across else "0"),
                *((ACTION_CHECKBOX_NAME, pk) for pk in (selected[:1] if across else selected)),
            ],
            "shown": SHOWN,
            **context,
        },
    )


def too_many(ids: list[int]) -> str:
    if len(ids) <= MOST:
        return ""
    return gettext("At most %(most)s rows can be edited at once; %(n)s are selected.") % {
        "most": number(MOST),
        "n": number(len(ids)),
    }


def named(rows: QuerySet[Any], level: Level, ids: list[int], *fields: str) -> list[dict[str, Any]]:
    """Id, name, brand, currency and more of rows, by brand and name."""
    path = "" if level is Level.BRAND else "brand__"
    brand = {f"brand_{name}": F(f"{path}{name}") for name in ("pk", "name", "currency")}
    rows = rows.using(ledger_alias()).order_by()
    found = [row for part in chunks(ids) for row in rows.filter(pk__in=part).values("pk", "name", *fields, **brand)]
    return sorted(found, key=lambda row: (row["brand_name"], row["name"], row["pk"]))


def _told(foreseen: tuple[Foreseen, ...], brands: dict[int, str]) -> list[dict[str, str]]:
    """The first campaigns of a dry run, with why they would stop, or why they do not run now."""
    return [
        {
            "name": each.campaign_name,
            "brand": brands.get(each.brand_id, ""),
            "why": wording.reasons(each.after.reasons or each.before.reasons),
        }
        for each in foreseen[:SHOWN]
    ]


def effects(preview: Preview, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A dry run as the template ``effects.html`` shows it."""
    brands = {row["brand_pk"]: row["brand_name"] for row in rows}
    return {"preview": preview, "pauses": _told(preview.pauses, brands), "resumes": _told(preview.resumes, brands)}
