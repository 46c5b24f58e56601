"""ml-connector keeps an accounting system and a customer-facing system in step."""
