from datetime import date, timedelta
from itertools import chain, pairwise
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import html2plaintext

from .common import LifecycleCommon

TOPICS = {"settings", "links", "gaps"}
WORDS = {
    "links": "links between products",
    "gaps": "categories to win",
    "settings": "how they are made",
}


@tagged("post_install", "-at_install")
class TestLearningNights(LifecycleCommon):
    """What is learned in which night."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Affinity = cls.env["crm.lifecycle.affinity"]
        for days in (400, 300, 200, 100, 20):
            cls.order(days)

    def setUp(self):
        super().setUp()
        self.learned = []
        Affinity = self.env.registry["crm.lifecycle.affinity"]
        original = Affinity._learn_units

        def noted(links, company, as_of, topics):
            self.learned.append(set(topics))
            return original(links, company, as_of, topics)

        self.startPatcher(patch.object(Affinity, "_learn_units", noted))

    def night(self, number):
        """:return: what is learned in it"""
        self.learned.clear()
        as_of = self.as_of + timedelta(days=number)
        self.Profile._refresh_company(self.company, as_of)
        self.assertLessEqual(len(self.learned), 1)
        topics = set().union(*self.learned)
        if "learn" in self.steps():
            topics.add("forecasts")
        return topics

    def steps(self):
        return self.company.sudo().lifecycle_night["steps"]

    def words(self):
        self.env.invalidate_all()
        return html2plaintext(self.company.sudo().lifecycle_night_steps)

    def test_two_months(self):
        """Never two things in one night but the first; each topic once a week, of the
        settings one a week from the fourth week on, forecasts once in 30 days."""
        self.assertEqual(self.night(0), TOPICS | {"forecasts"})
        self.assertRegex(self.words(), r"Suggestions learned\s+\d+\.\d s")
        nights, tried = {}, {}
        for number in range(1, 64):
            topics = self.night(number)
            self.assertLessEqual(len(topics), 1, number)
            for topic in topics:
                nights.setdefault(topic, []).append(number)
            for topic, words in WORDS.items():
                self.assertEqual(words in self.words(), topic in topics)
            for model in self.env["crm.lifecycle.suggestion.model"].search(
                [("as_of", "=", self.as_of + timedelta(days=number))]
            ):
                tried.setdefault(model.task, []).append(number)
        self.assertEqual(nights.pop("forecasts"), [30, 60])
        self.assertEqual(sorted(chain(*tried.values())), nights["settings"])
        self.assertEqual({len(each) for each in tried.values()}, {1, 2})
        for one, other in (each for each in tried.values() if len(each) > 1):
            self.assertIn(other - one, (27, 28, 29))
        expected = (("links", 1, 9), ("gaps", 1, 9), ("settings", 22, 5))
        for topic, first, times in expected:
            found = nights[topic]
            self.assertIn(found[0], range(first, first + 8))
            self.assertIn(len(found), (times, times + 1), topic)
            for one, other in pairwise(found):
                self.assertIn(other - one, (6, 7, 8), "forecasts go before")

    def test_companies_take_turns(self):
        """On no day two of two companies learn, nor one of them two topics."""
        companies = [self.env["res.company"].browse(number) for number in (1, 2)]
        days = [
            self.Affinity._get_last_day(company, topic, date(2026, 6, 1) + shift)
            for company in companies
            for topic in TOPICS
            for shift in (timedelta(0), timedelta(days=7))
        ]
        self.assertEqual(len(set(days)), 12)
        self.assertLessEqual(max(days), date(2026, 6, 8))

    def learned_on(self, day):
        """As earlier versions noted it, which learned everything on one day."""
        company = self.company.sudo()
        company.lifecycle_learned = {"day": day, "purchases": 5}

    def test_after_a_pause(self):
        """A server that was off for weeks learns one thing a night, what waited longest
        first; and forecasts before all."""
        self.night(0)
        self.learned_on("2026-06-01")
        self.assertEqual(self.night(7), {"links"})
        found = [self.night(number) for number in (40, 41, 42, 43)]
        self.assertEqual(found, [{"forecasts"}, {"settings"}, {"gaps"}, {"links"}])

    def test_more_purchases(self):
        """When there are a tenth more, links do not wait for their day."""
        self.night(0)
        self.learned_on("2026-06-01")
        self.assertFalse(self.night(1))
        self.order(-1)
        self.Profile._refresh(self.company, self.customer.ids, self.as_of)
        self.assertFalse(self.night(2), "it is not yet today")
        self.assertEqual(self.night(3), {"links"})
        learned = self.company.sudo().lifecycle_learned
        self.assertEqual(learned["purchases"], 6)

    def test_goes_on(self):
        """A night that was interrupted after it learned learns nothing more."""
        self.night(0)
        self.learned_on("2026-06-01")
        night = self.Profile._nightly(self.company, self.as_of + timedelta(days=7))
        while self.company.sudo().lifecycle_learned.get("last") != "2026-06-08":
            next(night)
        night.close()
        self.assertFalse(self.night(7))
        self.assertEqual(self.night(8), {"gaps"})

    def test_forecasts_were_interrupted(self):
        """Nor does one that has learned forecasts."""
        self.night(0)
        self.learned_on("2026-06-01")
        night = self.Profile._nightly(self.company, self.as_of + timedelta(days=30))
        while "again" not in self.company.sudo().lifecycle_night.get("begun", {}).get(
            "steps", ()
        ):
            next(night)
        night.close()
        self.assertEqual(self.night(30), {"forecasts"})
        self.assertFalse(self.learned)
        self.assertEqual(self.night(31), {"settings"})

    def test_what_earlier_versions_noted(self):
        self.night(0)
        self.learned_on("2026-05-29")
        self.assertEqual([self.night(number) for number in (3, 4)], [set(), {"links"}])
        self.assertEqual(self.night(5), {"gaps"})
        self.assertEqual(self.company.sudo().lifecycle_learned["turn"], 1)
