"""The wire: transport, redaction, pacing, authentication, retry, signatures. Knows no vendor."""
