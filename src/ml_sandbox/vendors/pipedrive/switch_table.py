"""A switch is an open point of the sheet made choosable, or a trouble that can be turned on.

Each has a default and one sentence; names carry the prefix `pipedrive.` outside this folder.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Choice(NamedTuple):
    default: Any
    sentence: str


SWITCHES: dict[str, Choice] = {
    "plan": Choice("premium", "Plan of the company: lite, growth, premium or ultimate."),
    "seats": Choice(10, "Paid seats of the company; the daily token budget grows with them."),
    "burst_limit": Choice(True, "Enforce the requests allowed in each rolling 2 seconds."),
    "daily_limit": Choice(True, "Enforce the daily token budget of the company."),
    "search_draws_on_burst": Choice(
        True, "A search also counts in the general 2-second window, not only in its own."
    ),
    "failed_calls_cost": Choice(
        True, "A call answered with an error other than 401, 429 or a block costs its tokens too."
    ),
    "refused_calls_cost": Choice(False, "A call answered with 429 costs its tokens too."),
    "token_headers": Choice(True, "Send the undocumented x-daily-ratelimit-token-* headers."),
    "retry_after_header": Choice(False, "Send Retry-After with a 429, which is undocumented."),
    "edge_block_after": Choice(
        50, "429 answers in a row that an API token may ignore before HTML 403; 0 is never."
    ),
    "edge_block_seconds": Choice(60, "How long the edge answers HTML 403 once it has shut."),
    "account_closed": Choice(False, "The account is not open: every API call answers 402."),
    "maintenance": Choice(False, "Maintenance: every API call answers 503."),
    "edge_blocked": Choice(False, "The edge answers every API call with an HTML 403 page."),
    "api_token_in_query": Choice(False, "Accept ?api_token= as older servers did."),
    "consent_denied": Choice(False, "The authorize address answers error=access_denied."),
    "scopes": Choice(
        "base,deals:full,contacts:full,activities:full,products:full,search:read,"
        "deal-fields:full,contact-fields:full,product-fields:full,admin,users:read",
        "Scopes of the app registration, comma separated; granted tokens carry these.",
    ),
    "rotate_refresh_token": Choice(True, "Every refresh gives out a new refresh token."),
    "old_refresh_token_dies": Choice(True, "A refresh token that was exchanged is refused."),
    "access_token_seconds": Choice(3599, "Life of an access token, for tests of expiry."),
    "bad_client_status": Choice(400, "Status of a wrong client id or secret: 400 or 401."),
    "index_lag_seconds": Choice(0, "How far the search index lags behind the records."),
    "search_finds_deleted": Choice(False, "Deleted records stay in the search results."),
    "deleted_by_id_not_found": Choice(
        False, "GET by id of a deleted record answers 404 instead of is_deleted true."
    ),
    "unset_custom_fields_absent": Choice(
        False, "Unset custom fields are left out of custom_fields instead of being null."
    ),
    "contact_sync": Choice(False, "Contact sync is on: persons may carry its extra fields."),
    "emails_patch_adds": Choice(False, "PATCH of a person's emails adds instead of replacing."),
    "stage_move_needs_pipeline": Choice(
        True, "A deal moved to a stage of another pipeline must carry pipeline_id too."
    ),
    "deal_value_with_products": Choice(
        "recomputed", "A deal with lines has its value recomputed, refused when set, or free."
    ),
    "patch_is_deleted_deletes": Choice(False, "PATCH of a deal with is_deleted true deletes it."),
    "open_deals_limit": Choice(0, "Open deals that the plan allows; 0 is no limit."),
    "product_code_unique": Choice(False, "Two products may not share a code."),
    "webhook_reachability_check": Choice(
        True, "A subscription is refused when its address cannot be reached or redirects."
    ),
    "webhook_plain_http_refused": Choice(
        False, "A subscription to a plain http address is refused with 403."
    ),
    "webhook_hmac": Choice(
        False, "Deliveries also carry X-Pipedrive-Signature, lower-case hex HMAC-SHA256."
    ),
    "webhook_v1_bodies": Choice(False, "All subscriptions get legacy v1 bodies."),
    "webhook_id_per_attempt": Choice(False, "meta.id differs on every retry of one event."),
    "webhook_ban_resets_on_success": Choice(
        False, "A first attempt that succeeds sets the ban counter back to zero."
    ),
}
