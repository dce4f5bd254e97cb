"""make bench: a synthetic company of a chosen size, and how fast the addon is in it."""
