"""Each open point of the sheet on Zendesk as a switch, and the troubles that can be turned on."""

from __future__ import annotations

from ml_sandbox.switches import Switch

PLANS = (
    "suite_team",
    "suite_growth",
    "suite_professional",
    "suite_enterprise",
    "suite_enterprise_plus",
    "support_essential",
    "support_team",
    "support_professional",
    "support_enterprise",
)
_ACCOUNT = {
    "plan": Switch(
        "suite_professional", "Plan of the account: limits and custom objects hang on it.", PLANS
    ),
    "high_volume_addon": Switch(False, "The High Volume API add-on raises the limits."),
    "custom_objects_enabled": Switch(
        True, "An administrator has switched custom objects on; else 404 FeatureNotEnabled."
    ),
    "private_apps": Switch(True, "The plan allows private apps to be uploaded."),
    "multiple_organizations": Switch(True, "A user may belong to more than one organization."),
    "bulk_user_import": Switch(
        False, "Zendesk has enabled bulk imports: users/create_many is not answered with 403."
    ),
    "language": Switch(
        "en", "Language of the caller: descriptions of faults are translated.", ("en", "es")
    ),
    "maintenance": Switch(False, "Every call answers 503 with Retry-After."),
}
_ACCESS = {
    "token_user": Switch(
        "admin", "Who consents and so is behind OAuth tokens.", ("admin", "agent")
    ),
    "consent_denied": Switch(False, "The authorize address answers error=access_denied."),
    "redirect_https_only": Switch(
        False, "A redirect address must be https, or http to localhost, as when registered."
    ),
    "access_token_seconds": Switch(1800, "Life of an access token where none was asked for."),
    "refresh_token_seconds": Switch(2_592_000, "Life of a refresh token where none was asked for."),
    "expires_in_always": Switch(
        False, "Token answers carry expires_in even if the request did not ask for it."
    ),
    "token_answer_status": Switch(200, "Status of a token answer.", (200, 201)),
    "invalid_grant_status": Switch(400, "Status of invalid_grant.", (400, 401)),
    "long_access_tokens": Switch(True, "Access tokens are long, in the form of at+jwt."),
    "public_client": Switch(False, "The client is public: no secret, PKCE is a must."),
    "minted_tokens_expire": Switch(
        False, "Tokens minted by POST /api/v2/oauth/tokens live as long as others only."
    ),
    "custom_object_scope": Switch(
        False, "The unlisted scopes custom_objects:read and :write exist."
    ),
    "missing_scope_body": Switch(
        "object", "Envelope of the 403 for a scope too small.", ("object", "string", "text")
    ),
    "api_tokens_end": Switch(
        True, "API tokens stop on 30 April 2027, and after 30 days without use."
    ),
    "anonymous_me": Switch(
        True, "users/me without credentials answers 200 with the anonymous user."
    ),
}
_LIMITS = {
    "rate_limits": Switch(True, "Enforce the limits of the account and of single endpoints."),
    "rate_limit_headers": Switch(
        "current", "Names of the rate headers: of today or of 2023.", ("current", "2023")
    ),
    "record_writes_per_minute": Switch(
        0, "Writes of custom object records a minute; 0 is the account's limit only."
    ),
    "organization_upserts_limited": Switch(
        False, "organizations/create_or_update counts in the five a minute of PUT."
    ),
    "jobs_in_flight": Switch(30, "Jobs that may be queued or running at a time."),
    "too_many_jobs_status": Switch(429, "Status of TooManyJobs.", (429, 422)),
    "job_seconds": Switch(2.0, "How long a bulk job takes from queued to done."),
    "job_item_fails_every": Switch(
        0, "Every so manieth item of a job fails with an error of its own; 0 is never."
    ),
    "job_ends": Switch("completed", "How a job ends.", ("completed", "failed", "killed")),
}
_RECORDS = {
    "index_lag_seconds": Switch(
        5.0, "How far the search index lags behind the records; exact look-ups do not lag."
    ),
    "organization_search_uses_index": Switch(
        False, "organizations/search lags as the index does instead of looking at the records."
    ),
    "export_type_in_query": Switch(
        False,
        "search/export takes a type in the query that agrees with filter[type], as zenpy sends it; "
        "the reference says it is an error.",
    ),
    "incremental_shows_deleted": Switch(
        True, "The incremental export of organizations lists deleted ones with deleted_at."
    ),
    "twin_window_seconds": Switch(
        0.0, "Two POSTs of one organization so close together both succeed and leave twins."
    ),
    "duplicate_external_id_key": Switch(
        "external_id", "Key of the 422 for an external_id in use.", ("external_id", "base")
    ),
    "unknown_field_key": Switch(
        "warn", "An unknown key in organization_fields and its kind.", ("warn", "error")
    ),
    "fields_limit": Switch(0, "Organization or user fields that may exist each; 0 is no limit."),
    "dropdown_adds_tag": Switch(
        False, "The value of a dropdown organization or user field is also put among the tags."
    ),
    "null_clears_field": Switch(True, "A null clears a custom field; if off it changes nothing."),
    "user_upsert_conflict": Switch(
        "error",
        "create_or_update where e-mail and external_id name different users: 422, or one wins.",
        ("error", "email", "external_id"),
    ),
    "deleted_targets_cleared": Switch(
        False, "Lookup values that point to a deleted record become null."
    ),
    "merge_seconds": Switch(2.0, "How long a merge of organizations takes."),
}
_CUSTOM_OBJECTS = {
    "record_limit": Switch(1_000_000, "Custom object records that the account may hold."),
    "upsert_create_status": Switch(
        200, "Status of a PATCH by external_id that creates.", (200, 201)
    ),
    "record_error_form": Switch(
        "details", "Envelope of a record's validation errors.", ("details", "array")
    ),
    "numbers_as_text": Switch(False, "Integer and decimal values of records come back as text."),
    "decimal_digits": Switch(
        -1, "Digits that decimals keep behind the point; -1 keeps them as sent."
    ),
}
_TROUBLE = {
    "plain_text_400": Switch(False, "Errors with the status 400 are text/plain."),
    "webhook_retry_delays": Switch(
        "5,30,150", "Seconds to each retry of a delivery that got 409, 429, 503 or no answer."
    ),
    "webhook_retries_any_failure": Switch(
        False, "A delivery answered with any other failure is retried too."
    ),
}
SWITCHES: dict[str, Switch] = {
    **_ACCOUNT,
    **_ACCESS,
    **_LIMITS,
    **_RECORDS,
    **_CUSTOM_OBJECTS,
    **_TROUBLE,
}
