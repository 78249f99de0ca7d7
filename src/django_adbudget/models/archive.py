"""What is left in the database of spend that was moved to files."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..fields import MoneyField
from .base import Created
from .brand import Brand
from .campaign import Campaign
from .history import ACTOR_LENGTH


class LedgerArchive(Created):
    """Records of a brand's local dates before ``first_kept``, up to ``last_record``, that were moved to a file.

    Totals of those days stay, and are what audits start from (rule L5).
    """

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="archives", verbose_name=_("brand"))
    first_kept = models.DateField(_("first local date that stays"))
    last_record = models.BigIntegerField(_("last record"))
    file = models.CharField(_("file"), max_length=255)
    sha256 = models.CharField(_("SHA-256 of the file"), max_length=64)
    records = models.BigIntegerField(_("records"))
    spend = MoneyField(_("spend"))
    actor = models.CharField(_("actor"), max_length=ACTOR_LENGTH, blank=True, default="")
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("archive of the ledger")
        verbose_name_plural = _("archives of the ledger")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.file


class ArchivedCampaign(models.Model):
    """A campaign's part of an archive. It keeps the campaign from being deleted, as its records did."""

    archive = models.ForeignKey(LedgerArchive, on_delete=models.CASCADE, related_name="campaigns")
    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, related_name="archived", verbose_name=_("campaign")
    )
    records = models.BigIntegerField(_("records"))
    spend = MoneyField(_("spend"))

    class Meta:
        verbose_name = _("archived campaign")
        verbose_name_plural = _("archived campaigns")

    def __str__(self) -> str:
        return f"{self.campaign}: {self.spend}"


class ArchivedKey(models.Model):
    """An idempotency key whose record is archived: sent again, it is refused (rule L2)."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="+", db_index=False)
    digest = models.UUIDField(editable=False)
    record = models.BigIntegerField(editable=False)

    class Meta:
        verbose_name = _("archived key")
        verbose_name_plural = _("archived keys")
        constraints = [models.UniqueConstraint(fields=["brand", "digest"], name="adbudget_archived_key_uniq")]

    def __str__(self) -> str:
        return str(self.digest)


def key_digest(key: str) -> UUID:
    """122 bits of SHA-256: a tenth of the space that a key takes, and no two keys are taken for one."""
    # MariaDB stores no UUID whose version and variant are not among the known ones.
    return UUID(bytes=sha256(key.encode("ascii")).digest()[:16], version=5)
