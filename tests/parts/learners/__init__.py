"""A learner's own layers, one for every slot of a model: other names, other shapes, other code.

They are right, and written as differently from the reference as a learner might: fused projections,
biases already added up, matrices the other way round, torch's own modules inside.
"""

from tests.parts.learners import attention, others, recurrence

HELPERS = {
    "RecurrentInside", "Stack", "averaged", "cat", "first_axes_swapped",
    "linears", "theirs", "with_ends",
}  # fmt: skip
#: Every part that a learner writes here, by the reference's name.
LEARNERS = {
    name: thing
    for module in (attention, recurrence, others)
    for name, thing in vars(module).items()
    if getattr(thing, "__module__", "") == module.__name__ and name not in HELPERS
}
