"""Run a learner's cells, ask the exercises, decide the marks; in processes here or on a cluster."""
