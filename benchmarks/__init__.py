"""Benchmarks: what the product does in a second, each beside its floor measured in the same run.

A floor is the least that the same answer or the same calls can cost on this machine. Machines are
noisy, so runs of the floor and of ours take turns, and the ratio of the two is the headline.
"""
