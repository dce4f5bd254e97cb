"""Grade the addon's forecasts on purchases that they did not see.

data        the purchases: two public data sets, or any company's lines
forecasts   the addon's own engine
baselines   plain rules to compare with
report      the table, with the targets beside
stages      who came back, by the stage that he was in
"""
