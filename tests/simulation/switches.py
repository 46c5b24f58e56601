"""Switches are the open points of the vendors' sheets, made choosable by the sandbox. Each is drawn
by the seed, or it is said here why it is not.

What the towns name is drawn as it always was. What came later is drawn from a stream of its own, so
that a seed keeps the history it had: `LATER` for the whole play, `SHUT` for as long as a move and
the next calm.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

from ml_connector.flows import FLOWS

SHARE = 0.06
"""How likely each of those that came later is set."""
VENDORS = {flow.kind: (flow.source, flow.target) for flow in FLOWS}
LATER: dict[str, tuple[Any, ...]] = {
    "acumatica.not_optimizable": ("", "Attributes,MainContact", "Details"),
    "acumatica.refresh_absolute_days": (2,),
    "acumatica.refresh_sliding_days": (2,),
    "acumatica.refresh_sliding_end_days": (0, 4),
    "pipedrive.burst_limit": (False,),
    "pipedrive.daily_limit": (False,),
    "pipedrive.edge_block_seconds": (900,),
    "quickbooks_online.hard_expiry_seconds": (2 * 86_400,),
    "wave.access_token_seconds": (600,),
    "wave.ban_seconds": (60,),
    "wave.concurrency_limit": (1, 2),
    "wave.invoice_number_unique": (True,),
    "wave.old_refresh_token_dies": (False,),
    "wave.page_size_cap": (0, 100),
    "wave.page_size_over_cap": ("cut",),
    "wave.refresh_ends_access_token": (False,),
    "wave.refresh_token_needs_offline_access": (False,),
    "wave.reject_inline_strings": (True,),
    "wave.webhook_disabled_after": (2,),
    "wave.webhook_ids": ("number", "text"),
    "wave.webhook_probe": ("other", "none"),
    "wave.webhook_retry_delays": ("1,1", "60,7200"),
    "wave.webhook_signature": ("bare",),
    "wave.webhook_timeout_seconds": (0.1,),
    "zendesk.access_token_seconds": (600,),
    "zendesk.api_tokens_end": (False,),
    "zendesk.job_ends": ("failed", "killed"),
    "zendesk.redirect_https_only": (True,),
    "zendesk.refresh_token_seconds": (3 * 86_400,),
    "zendesk.webhook_retries_any_failure": (True,),
    "zendesk.webhook_retry_delays": ("1,1", "60,7200"),
}
SHUT: dict[str, tuple[Any, ...]] = {
    "acumatica.action_error": ("The operation was aborted.",),
    "acumatica.action_error_status": (422, 400),
    "acumatica.html_errors": (True,),
    "acumatica.maintenance": (True,),
    "freshbooks.account_inactive": (True,),
    "pipedrive.account_closed": (True,),
    "pipedrive.edge_blocked": (True,),
    "pipedrive.maintenance": (True,),
    "pipedrive.open_deals_limit": (1,),
    "quickbooks_online.monthly_reads": (1,),
    "quickbooks_online.outage": ("500", "503"),
    "quickbooks_online.subscription_ended": (True,),
    "quickbooks_online.user_lost_access": ("400", "403"),
    "wave.insert_between_pages": (1,),
    "wave.plan_lapsed": (True,),
    "zendesk.maintenance": (True,),
    "zendesk.record_limit": (2,),
}
"""What keeps a vendor shut, or refuses for good, until somebody there mends it."""
DENIED = "a person who says no at the consent page: nothing is connected, and they are told"
COOKIE = "of logins with a cookie, which we never make"
UNSENT = "answers to what we never send to Wave"
CHOSEN = "a person's choice at set-up, told to both sides; another one is refused there"
UNDRAWN: dict[str, str] = {
    "acumatica.authorize_returns_state": "a redirect without our state is refused at set-up",
    "acumatica.bad_login_status": COOKIE,
    "acumatica.consent_denied": DENIED,
    "acumatica.customer_numbering": "a site with manual numbers refuses each new customer for good",
    "acumatica.logout_needs_length": COOKIE,
    "acumatica.push_header": CHOSEN,
    "acumatica.refresh_token_in_answer": "without a refresh token nothing lives past the first day",
    "acumatica.served_versions": CHOSEN,
    "acumatica.session_idle_seconds": COOKIE,
    "acumatica.setup_not_entered": "a module that is not set up is refused for good",
    "freshbooks.app_scopes": "a registration that lacks a scope refuses the whole consent",
    "freshbooks.consent_denied": DENIED,
    "freshbooks.consent_user": "who consents; another one's account is refused",
    "pipedrive.consent_denied": DENIED,
    "pipedrive.scopes": "a registration that lacks a scope is told at set-up",
    "quickbooks_online.consent_company": "who consents; another company is refused",
    "quickbooks_online.consent_denied": DENIED,
    "quickbooks_online.host_environment": CHOSEN,
    "wave.consent_denied": DENIED,
    "wave.delete_only_drafts": UNSENT,
    "wave.email_filter_ignores_case": UNSENT,
    "wave.input_error_code": UNSENT,
    "wave.input_error_path_prefix": UNSENT,
    "wave.missing_scope_code": "told at set-up, where a token lacks a scope",
    "wave.offline_access_known": "where it is not known the whole consent is refused",
    "wave.variable_error_code": UNSENT,
    "zendesk.consent_denied": DENIED,
    "zendesk.custom_objects_enabled": "as with a plan that lacks them, and `zendesk.plan` is drawn",
    "zendesk.fields_limit": "a full list of fields is refused at set-up",
    "zendesk.minted_tokens_expire": "of tokens that are made by a call we never send",
    "zendesk.public_client": "of an app without a secret; ours has one",
    "zendesk.token_user": "who consents; an agent's token is refused at set-up",
}


def draw_later(seed: int, kind: str) -> dict[str, Any]:
    """Those for the whole play."""
    draw = random.Random(f"switches/{seed}")
    told = {}
    for name, values in sorted(LATER.items()):
        is_set, value = draw.random() < SHARE, draw.choice(values)
        if is_set and name.partition(".")[0] in VENDORS[kind]:
            told[name] = value
    if told.get("wave.page_size_over_cap") == "cut":
        told["wave.page_size_cap"] = 2  # so that even a small firm has several pages
    return told


def told_to_us(switches: Mapping[str, Any], seed: int, vendor: str) -> dict[str, str]:
    """What a person who knows of such a switch sets on the connection; not everybody does."""
    is_bare = switches.get("wave.webhook_signature") == "bare"
    return {"webhook_signature": "bare"} if is_bare and vendor == "wave" and seed % 2 else {}


def draw_shut(vendors: Iterable[str], draw: random.Random) -> dict[str, Any]:
    """One of those at one of the vendors."""
    names = [name for name in sorted(SHUT) if name.partition(".")[0] in set(vendors)]
    name = draw.choice(names)
    told = {name: draw.choice(SHUT[name])}
    if name == "acumatica.action_error_status":
        told["acumatica.action_error"] = SHUT["acumatica.action_error"][0]
    return told
