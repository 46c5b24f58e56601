"""Each open point of the sheet on QuickBooks Online as a switch, and the troubles to turn on."""

from __future__ import annotations

from ml_sandbox.switches import Switch

SWITCHES: dict[str, Switch] = {
    # --- OAuth ---
    "consent_denied": Switch(False, "The person refuses: error=access_denied instead of a code."),
    "consent_company": Switch(
        "first", "Which company of the keys' environment the person picks.", ("first", "second")
    ),
    "code_seconds": Switch(300, "Life of an authorization code."),
    "access_token_seconds": Switch(3600, "Life of an access token, told in expires_in."),
    "refresh_token_seconds": Switch(
        8_726_400, "Rolling life of a refresh token from its issue, about a hundred days."
    ),
    "hard_expiry_seconds": Switch(
        157_680_000, "Life of a whole grant from its consent, about five years."
    ),
    "old_rt_grace": Switch(0, "Hours for which a superseded refresh token still works.", (0, 24)),
    "host_environment": Switch(
        "production",
        "Which of Intuit's two API hosts this address plays; keys of the other are refused.",
        ("production", "sandbox"),
    ),
    "wrong_environment_answer": Switch(
        "3100", "How the other environment's token is refused: 403 or 401.", ("3100", "100")
    ),
    # --- errors and limits ---
    "unauthorized_form": Switch(
        "json",
        "A 401 as code 3200 in JSON, in XML or with no body, or as code 100 in XML.",
        ("json", "xml", "empty", "code_100"),
    ),
    "throttle_form": Switch("json", "The body of a 429.", ("json", "xml", "empty", "varied")),
    "throttle_seconds": Switch(
        60.0, "For how long an app that passed a limit is refused at that company."
    ),
    "retry_after_header": Switch(False, "A 429 carries Retry-After."),
    "rate_limits": Switch(
        True, "The limits by second and minute, on requests at once and on batches are enforced."
    ),
    "monthly_reads": Switch(
        500_000, "Metered reads of an app in a month, then 429 on reads; 0 is no quota."
    ),
    "latency_seconds": Switch(0.0, "How long each call takes, in sandbox time."),
    "outage": Switch(
        "none", "Every call fails: 500 with a SystemFault, or 503 in HTML.", ("none", "500", "503")
    ),
    "faults_with_200": Switch(False, "A service's Fault comes with status 200."),
    "subscription_ended": Switch(False, "The company's plan has lapsed: code 6190."),
    "user_lost_access": Switch(
        "no", "The user may not enter any more: code 120 with this status.", ("no", "400", "403")
    ),
    "closed_through": Switch("", "The last day of closed books, such as 2025-12-31: code 6210."),
    "refuse_read_only_properties": Switch(
        False, "A read-only property in a body is an error instead of being passed over."
    ),
    "request_id_memory_hours": Switch(24.0, "For how long requestid replays are remembered."),
    # --- records ---
    "balance_moves_customer": Switch(
        False, "A balance that changes moves the customer's stamps and tells of an update."
    ),
    "multi_currency": Switch(
        True, "Off, no record shows a currency, as in companies that never turned it on."
    ),
    "customer_balance_currency": Switch(
        "customer",
        "Whether Balance of a foreign customer is in its own money or the company's.",
        ("customer", "home"),
    ),
    "deactivation_event": Switch(
        "updated", "The event that a deactivation tells.", ("updated", "deleted")
    ),
    "deactivation_with_balance": Switch(
        "allow",
        "A customer who owes is made inactive, refused, or given an adjusting entry.",
        ("allow", "refuse", "adjust"),
    ),
    "reactivation_keeps_mark": Switch(
        True, "The (deleted) in a name stays when a record is made active again."
    ),
    "merged_customer": Switch(
        "gone",
        "What a read of a merged-away id gives: 610, or an inactive record.",
        ("gone", "inactive_shell"),
    ),
    "merge_moves_transactions": Switch(
        True, "A merge moves the stamps of the transactions that change hands."
    ),
    "term_name_in_reference": Switch(
        "sometimes", "A name beside SalesTermRef's id.", ("sometimes", "always", "never")
    ),
    # --- queries, feed, batch ---
    "name_comparison_ignores_case": Switch(
        True, "Queries and the rule of unique names take capitals and small letters for equal."
    ),
    "curly_apostrophe_breaks_queries": Switch(
        True, "A typographic apostrophe in a query is a lexical error."
    ),
    "query_projections": Switch(
        "refused",
        "SELECT of single properties is refused, or answered with sparse records.",
        ("refused", "sparse"),
    ),
    "query_shows_total_count": Switch(False, "A page of a query carries totalCount too."),
    "cdc_cap_counts": Switch(
        "total", "The cap of 1,000 counts the whole answer or each entity.", ("total", "entity")
    ),
    "cdc_cap_keeps": Switch(
        "oldest", "Which changes are shown where the cap cuts.", ("oldest", "newest")
    ),
    "cdc_boundary_inclusive": Switch(
        False, "A change at the very second of changedSince is shown."
    ),
    "batch_order": Switch("shuffled", "The order of a batch's answers.", ("shuffled", "asked")),
    # --- webhooks ---
    "webhook_format": Switch(
        "cloudevents", "The form that the portal's page selects.", ("cloudevents", "classic")
    ),
    "webhook_bundles": Switch(False, "What waits in the line goes in one delivery."),
    "webhook_mixes_companies": Switch(
        True, "Such a delivery may tell of several companies, else of one at a time."
    ),
    "cloudevents_content_type": Switch(
        "application/json",
        "The content type of a delivery in CloudEvents.",
        ("application/json", "application/cloudevents-batch+json"),
    ),
    "webhook_activation_seconds": Switch(0.0, "How long a change in the portal takes to work."),
    "webhook_retry_hours": Switch(
        72.0, "When a delivery that nobody takes is given up; 0 is never."
    ),
    "event_optional_parts": Switch(
        "varied",
        "Whether datacontenttype and an empty data are there.",
        ("varied", "always", "never"),
    ),
    "event_id_shape": Switch(
        "varied",
        "CloudEvents ids: a plain uuid, or one with entity and id behind it.",
        ("varied", "plain", "suffixed"),
    ),
    "event_told_twice": Switch(False, "Each change is told by two events of different ids."),
}
