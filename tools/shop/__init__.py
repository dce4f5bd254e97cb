"""The shop of the demo.

households  real purchases from Complete Journey, and what is changed in them
people      names for the households, customers and users in Odoo
prospects   people who have not bought yet
goods       costs and supplies
selling     quotations with suggestions, and what became of them
report      what the addon says about all of them
"""
