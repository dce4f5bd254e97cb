"""Grade the addon's forecasts on purchases that they did not see.

data        the purchases: two public data sets, or any company's lines
forecasts   the addon's own engine
baselines   plain rules to compare with
lines       reading these lines as the addon reads documents
database    the customers of an Odoo database
loyalty     whether the loyalty score ranks who stays
report      the table, with the targets beside
stages      who came back, by the stage that he was in
"""
