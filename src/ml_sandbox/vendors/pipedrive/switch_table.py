"""A switch is an open point of the sheet made choosable, or a trouble that can be turned on.

Each has a default and one sentence; names carry the prefix `pipedrive.` outside this folder.
"""

from __future__ import annotations

from ml_sandbox.switches import Switch

SWITCHES: dict[str, Switch] = {
    "plan": Switch(
        "premium",
        "Plan of the company: limits, budget and some features depend on it.",
        ("lite", "growth", "premium", "ultimate"),
    ),
    "seats": Switch(10, "Paid seats of the company; the daily token budget grows with them."),
    "burst_limit": Switch(True, "Enforce the requests allowed in each rolling 2 seconds."),
    "daily_limit": Switch(True, "Enforce the daily token budget of the company."),
    "search_draws_on_burst": Switch(
        True, "A search also counts in the general 2-second window, not only in its own."
    ),
    "failed_calls_cost": Switch(
        True, "A call answered with an error other than 401, 429 or a block costs its tokens too."
    ),
    "refused_calls_cost": Switch(False, "A call answered with 429 costs its tokens too."),
    "token_headers": Switch(True, "Send the undocumented x-daily-ratelimit-token-* headers."),
    "retry_after_header": Switch(False, "Send Retry-After with a 429, which is undocumented."),
    "edge_block_after": Switch(
        50, "429 answers in a row that an API token may ignore before HTML 403; 0 is never."
    ),
    "edge_block_seconds": Switch(60, "How long the edge answers HTML 403 once it has shut."),
    "account_closed": Switch(False, "The account is not open: every API call answers 402."),
    "maintenance": Switch(False, "Maintenance: every API call answers 503."),
    "edge_blocked": Switch(False, "The edge answers every API call with an HTML 403 page."),
    "api_token_in_query": Switch(False, "Accept ?api_token= as older servers did."),
    "consent_denied": Switch(False, "The authorize address answers error=access_denied."),
    "scopes": Switch(
        "base,deals:full,contacts:full,activities:full,products:full,search:read,"
        "deal-fields:full,contact-fields:full,product-fields:full,admin,users:read",
        "Scopes of the app registration, comma separated; granted tokens carry these.",
    ),
    "rotate_refresh_token": Switch(True, "Every refresh gives out a new refresh token."),
    "old_refresh_token_dies": Switch(True, "A refresh token that was exchanged is refused."),
    "access_token_seconds": Switch(3599, "Life of an access token, for tests of expiry."),
    "bad_client_status": Switch(400, "Status of a wrong client id or secret.", (400, 401)),
    "index_lag_seconds": Switch(0.0, "How far the search index lags behind the records."),
    "search_finds_deleted": Switch(False, "Deleted records stay in the search results."),
    "deleted_by_id_not_found": Switch(
        False, "GET by id of a deleted record answers 404 instead of is_deleted true."
    ),
    "unset_custom_fields_absent": Switch(
        False, "Unset custom fields are left out of custom_fields instead of being null."
    ),
    "contact_sync": Switch(False, "Contact sync is on: persons may carry its extra fields."),
    "emails_patch_adds": Switch(False, "PATCH of a person's emails adds instead of replacing."),
    "stage_move_needs_pipeline": Switch(
        True, "A deal moved to a stage of another pipeline must carry pipeline_id too."
    ),
    "deal_value_with_products": Switch(
        "recomputed",
        "A deal with lines has its value recomputed from them, refused when set, or free.",
        ("recomputed", "refused", "free"),
    ),
    "patch_is_deleted_deletes": Switch(False, "PATCH of a deal with is_deleted true deletes it."),
    "open_deals_limit": Switch(0, "Open deals that the plan allows; 0 is no limit."),
    "product_code_unique": Switch(False, "Two products may not share a code."),
    "webhook_reachability_check": Switch(
        True, "A subscription is refused when its address cannot be reached or redirects."
    ),
    "webhook_plain_http_refused": Switch(
        False, "A subscription to a plain http address is refused with 403."
    ),
    "webhook_hmac": Switch(
        False, "Deliveries also carry X-Pipedrive-Signature, lower-case hex HMAC-SHA256."
    ),
    "webhook_v1_bodies": Switch(False, "All subscriptions get legacy v1 bodies."),
    "webhook_id_per_attempt": Switch(False, "meta.id differs on every retry of one event."),
    "webhook_ban_resets_on_success": Switch(
        False, "A first attempt that succeeds sets the ban counter back to zero."
    ),
}
