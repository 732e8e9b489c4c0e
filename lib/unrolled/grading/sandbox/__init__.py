"""Walls around a learner's code: what a sandbox sees, how it is started, and asked a question."""
