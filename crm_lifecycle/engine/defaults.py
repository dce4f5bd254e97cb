"""Settings of the suggestions where a company's own past speaks for no others, and what
the quotation is fixed at. Without numpy: the quotation reads them too.

What each setting does stands in the model of the task.
"""

TASKS = {
    "cross": {
        "ridge": 7.0,
        "categories": 0.3,
        "orders": 0.0,
        "half_life": 0.0,
        "trend": 0.0,
        "popular": 0.05,
    },
    "basket": {
        "ridge": 1.0,
        "habit": 0.5,
        "half_life": 15.0,
        "repeat": 0.0,
        "popular": 0.02,
    },
    "reorder": {
        "half_life": 15.0,
        "repeat": 0.5,
        "demand": 0.0,
        "due": 0.0,
        "days": 0.0,
    },
    "upsell": {"shrink": 20.0, "fresh": 0.3},
}
# Of a customer, the products whose links count: those that he bought last.
LATEST = 200
# Weight of what customers like this one bought, beside what is missing from the order.
NEW = 0.05
# A better choice is dearer by 10 % at least, and not by so much that it is another kind
# of thing.
DEARER, MUCH_DEARER = 1.1, 5.0
# How much of its score a better choice gains that costs nothing: enough for one of
# several about as likely, too little to put an unlikely one first.
MARGIN = 0.1
