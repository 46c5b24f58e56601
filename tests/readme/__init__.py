"""The README, played: its commands as they stand there, against a running sandbox."""
