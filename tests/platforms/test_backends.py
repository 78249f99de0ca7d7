"""The backends that write lines and that remember."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks

from django_adbudget import services
from django_adbudget.models import PlatformOrder
from django_adbudget.platforms import ConsoleBackend, LoggingBackend, Order, RecordingBackend, get_backend, recording
from tests.factories import make_campaign

ORDER = Order(7, "120210", 2, "RUN", 3)


def test_the_default_writes_a_line_an_order(capsys: pytest.CaptureFixture[str]) -> None:
    backend = get_backend()
    assert type(backend) is ConsoleBackend
    assert [result.ok for result in backend.apply([ORDER, Order(8, None, 2, "STOP", 1)])] == [True, True]
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "RUN campaign 7 (external id 120210, generation 3)\nSTOP campaign 8 (generation 1)\n"
    assert LoggingBackend is ConsoleBackend
    assert not backend.can_read


def test_another_stream() -> None:
    stream = io.StringIO()
    ConsoleBackend(stream=stream).apply([ORDER])
    assert stream.getvalue().count("\n") == 1


@pytest.mark.django_db
def test_recording_is_for_the_block_alone() -> None:
    with recording() as platform:
        campaign = make_campaign()
        assert services.deliver_status_changes().done == 1
        platform.refuses[campaign.pk] = "quota"
        services.deactivate_campaign(campaign)
        assert services.deliver_status_changes().failed == 1
        assert PlatformOrder.objects.get().last_error == "quota"
    assert [order.action for order in platform.orders] == ["RUN", "STOP"]
    assert platform.running == {campaign.pk: "RUN"}
    assert type(get_backend()) is ConsoleBackend
    platform.clear()
    assert (platform.orders, platform.running, platform.refuses, platform.down) == ([], {}, {}, None)


def test_without_a_platform_of_its_own_it_is_one_for_all() -> None:
    try:
        RecordingBackend().apply([ORDER])
        assert RecordingBackend().platform.orders == [ORDER]
    finally:
        RecordingBackend.shared.clear()


class Broken(ConsoleBackend):
    def check(self) -> list[CheckMessage]:
        raise ZeroDivisionError


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"BACKEND": "mysite.nowhere.Ads"}, "No module named"),
        ({"BACKEND": "collections.OrderedDict"}, "OrderedDict is not a PlatformBackend"),
        ({"BACKEND": f"{__name__}.Broken"}, "ZeroDivisionError"),
        ({}, "BACKEND"),
        (None, "NoneType"),
    ],
)
def test_a_backend_that_does_not_load_is_a_finding_of_check(settings: Any, config: Any, words: str) -> None:
    settings.ADBUDGET = {"PLATFORM_BACKEND": config}
    (found,) = [message for message in run_checks() if message.id == "adbudget.E005"]
    assert words in found.msg
