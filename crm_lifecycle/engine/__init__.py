"""What the addon computes, without Odoo: arrays in, arrays out.

Two calls serve the addon: ``population.fit(facts, as_of)`` learns what depends on
all customers of a company, once, and ``scores.scores(facts, model, as_of)`` turns
the facts of any number of them into scores. ``affinity`` links products.

This file imports nothing, so that numpy and scipy are loaded only by those who
compute.
"""
