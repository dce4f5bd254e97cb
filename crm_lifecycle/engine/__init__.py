"""What the addon computes, without Odoo: arrays in, arrays out.

Two calls serve the addon: ``population.fit(facts, as_of)`` learns what depends on
all customers of a company, once, and ``scores.scores(facts, model, as_of)`` turns
the facts of any number of them into scores. ``affinity`` links products.

This file does not import numpy and scipy: they are loaded only by those who compute.
"""

import os

# Most matrices here are small. Threads on them bring nothing, and cost twenty times the
# work where other processes want the cores, as on any Odoo server with workers.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
