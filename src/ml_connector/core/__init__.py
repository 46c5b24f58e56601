"""Nouns and pure rules: faults, money, records, mapping, match, plan, a flow's words. No IO, no
clock."""
