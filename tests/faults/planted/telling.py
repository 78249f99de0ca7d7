"""Bugs in orders, alerts and what goes out."""

from __future__ import annotations

from .bug import Bug

ORDERS, CIRCUIT, ALERTS, WEBHOOKS = "services/orders.py", "services/circuit.py", "services/alerts.py", "webhooks.py"

TELLING = (
    Bug(
        name="delivery by signal only",
        breaks="D1: the order is made after commit, and is lost with the process",
        file="services/enforcement.py",
        old="    orders.place_orders(gate, flips)\n",
        new="    transaction.on_commit(lambda: orders.place_orders(gate, flips), using=gate.alias)\n",
        also=(
            (
                "services/enforcement.py",
                "from django.db.models import F, QuerySet\n",
                "from django.db import transaction\nfrom django.db.models import F, QuerySet\n",
            ),
        ),
        caught_by=("services/test_delivery.py::test_orders_are_sent_stop_first_and_acknowledged",),
    ),
    Bug(
        name="order without generation",
        breaks="D1: every order bears the same number, so that no platform can tell which is the newer",
        file=ORDERS,
        old="            generation=stored.desired_generation + 1,",
        new="            generation=1,",
        caught_by=(
            "services/test_delivery.py::test_the_newest_order_replaces_the_one_before",
            "services/test_delivery.py::test_an_order_placed_while_another_is_in_flight_waits_for_it",
        ),
    ),
    Bug(
        name="RUN before STOP",
        breaks="D1: what must stop waits behind what may start",
        file=ORDERS,
        old="    for action in (Action.STOP, Action.RUN):",
        new="    for action in (Action.RUN, Action.STOP):",
        also=((ORDERS, "row.action != Action.STOP", "row.action == Action.STOP"),),
        caught_by=(
            "services/test_delivery.py::test_orders_are_sent_stop_first_and_acknowledged",
            "services/test_delivery_answers.py::test_stop_goes_before_run_whatever_is_older",
        ),
    ),
    Bug(
        name="acknowledgement of an older order",
        breaks="D1: an order that replaced another in flight counts as done and is never sent",
        file=ORDERS,
        old="            (newest if row.generation == order.generation else replaced).append(row.pk)",
        new="            newest.append(row.pk)",
        caught_by=("services/test_delivery.py::test_an_order_placed_while_another_is_in_flight_waits_for_it",),
    ),
    Bug(
        name="lease ignored",
        breaks="D1: two deliverers send one order at once",
        file=ORDERS,
        old=".filter(unleased, due, state=OrderState.PENDING, next_attempt_at__lte=turn.now)",
        new=".filter(due, next_attempt_at__lte=turn.now).exclude(state=OrderState.DONE)",
        caught_by=("services/test_delivery.py::test_a_lease_that_ran_out_is_claimed_again",),
    ),
    Bug(
        name="no backoff",
        breaks="D1: what a platform refuses is sent again without a pause",
        file=ORDERS,
        old="retry_at or now + backoff(row.attempts)",
        new="retry_at or now",
        caught_by=("services/test_delivery.py::test_what_fails_is_tried_again_later_and_for_ever",),
    ),
    Bug(
        name="circuit never closes",
        breaks="D1: after a fault of the platform one order a minute goes out, for ever",
        file=CIRCUIT,
        old='row.failures, row.rests, row.opened_at, row.rests_until, row.last_error = 0, 0, None, None, ""',
        new='row.failures, row.rests, row.last_error = 0, 0, ""',
        caught_by=("services/test_delivery_circuit.py::test_it_opens_rests_longer_and_longer_and_closes",),
    ),
    Bug(
        name="sent inside a transaction",
        breaks="D2: the platform is called while locks are held",
        file="services/gate.py",
        old="    if blocks and not blocks[-1]._from_testcase:",
        new="    if False:",
        caught_by=("services/test_delivery_answers.py::test_inside_a_transaction_it_says_what_to_do",),
    ),
    Bug(
        name="a receiver that raises is heard",
        breaks="D3: a host's receiver breaks the call that recorded the spend",
        file="services/notices.py",
        old="            signals.spend_recorded.send_robust(",
        new="            signals.spend_recorded.send(",
        caught_by=("services/test_signals.py::test_receivers_that_raise_harm_nobody_and_are_logged",),
    ),
    Bug(
        name="alert without key",
        breaks="D4: a correction that dips and crosses again tells a second time",
        file=ALERTS,
        old='        dedupe_key=f"{watched.scope}:{threshold}",',
        new="        dedupe_key=f\"{watched.scope}:{threshold}:{__import__('uuid').uuid4().hex}\",",
        also=(
            (
                ALERTS,
                'told.{scope} = fresh.{scope} AND told.{threshold} >= fresh.{threshold})"',
                'told.{scope} = fresh.{scope} AND told.{threshold} > fresh.{threshold})"',
            ),
        ),
        caught_by=("services/test_editing.py::TestAlerts::test_a_dip_repeats_nothing_not_even_a_lower_threshold",),
    ),
    Bug(
        name="an alert at 51",
        breaks="D4: spend that meets a threshold exactly is not told of",
        file=ALERTS,
        old="self.spend * 100 >= t * self.limit]",
        new="self.spend * 100 > t * self.limit]",
        caught_by=("services/test_editing.py::TestAlerts::test_each_threshold_once_and_the_highest_of_several",),
    ),
    Bug(
        name="signature without time stamp",
        breaks="a message overheard once can be sent again at any time",
        file=WEBHOOKS,
        old='    signed = b"%d." % timestamp + body',
        new="    signed = body",
        caught_by=("platforms/test_webhook.py::test_a_receiver_written_from_the_documentation_alone_verifies",),
    ),
    Bug(
        name="private address not looked at once resolved",
        breaks="a name in a URL leads the server into its own network",
        file=WEBHOOKS,
        old="                if is_public(address) or _is_listed(self._name, address, self._allow):",
        new="                if address:",
        caught_by=("channels/test_webhook.py::test_a_private_address_is_refused_unless_listed",),
    ),
    Bug(
        name="a secret in an error",
        breaks="what a platform answers is stored with the token in it",
        file="services/hiding.py",
        old="        words = pattern.sub(instead, words)",
        new="        pass",
        caught_by=("services/test_delivery_answers.py::test_errors_hold_no_secret",),
    ),
    Bug(
        name="an alert channel's words kept as they are",
        breaks="the URL that lets its holder write into a chat is in the log and in the admin",
        file="services/alerting.py",
        old="            said = hiding.described(error, self._config.options, channel.secret_options)\n",
        new="            said = str(error)\n",
        caught_by=("test_secrets.py::test_what_an_alert_channel_fails_with",),
    ),
    Bug(
        name="a traceback with its words",
        breaks="what a client of an ad platform raises is logged with the token in it",
        file="services/answers.py",
        old='logger.debug("the platform backend failed: %s\\n%s", fault, hiding.place(error))',
        new='logger.debug("the platform backend failed", exc_info=error)',
        caught_by=("test_secrets.py::test_what_an_ad_platform_fails_with",),
    ),
)
