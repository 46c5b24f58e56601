"""The road of a record: ingest, take, map, match, plan, apply, remember. Names no vendor and no
flow."""
