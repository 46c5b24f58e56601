"""Pipedrive: values, faults, webhooks, and the client against a script, a contract, a sandbox."""
