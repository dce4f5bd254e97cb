"""Load a shop's past sales into Odoo, in bulk.

file        the CSV: reading it, and what is wrong with it
history     its rows as orders and returns, and who paid what when
masters     the customers and products they need
prototype   one example of every document, made by Odoo itself
bulk        copies of the examples, by PostgreSQL's COPY
documents   the records of the history, written in the order of time
goods       what differs from one order and transfer to the next
money       what differs from one invoice and payment to the next
names       their numbers
"""
