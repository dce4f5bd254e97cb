from odoo.tests import tagged

from .common import LifecycleCommon


@tagged("post_install", "-at_install")
class TestFactsProfile(LifecycleCommon):
    """Who has a profile, and in which company."""

    def test_nothing_known_no_profile(self):
        self.assertFalse(self.refresh())

    def test_quotation(self):
        self.order(5, confirm=False)
        self.assertFacts(
            self.refresh(),
            quotation_count=1,
            last_quotation_date=5,
            order_count=0,
            order_value=0,
            last_order_date=False,
        )

    def test_cancelled_order(self):
        """A cancelled order is no purchase, nor does it keep a profile."""
        self.order(5)
        self.assertTrue(self.refresh())
        self.env["sale.order"].search(
            [("partner_id", "=", self.customer.id)]
        )._action_cancel()
        self.assertFalse(self.refresh())

    def test_marked_prospect(self):
        self.customer.lifecycle_prospect = True
        self.assertFacts(self.refresh(), order_count=0, lead_count=0)

    def test_excluded(self):
        self.order(5)
        self.assertTrue(self.refresh())
        self.customer.lifecycle_excluded = True
        profiles = self.Profile.search([("partner_id", "=", self.customer.id)])
        self.assertFalse(profiles, "at once, not with the queue")
        self.assertFalse(self.refresh(), "an excluded customer loses his profile")

    def test_outsiders(self):
        """Our companies, our users and the public user are no customers."""
        outsiders = (
            self.company.partner_id
            | self.env.user.partner_id
            | self.env.ref("base.public_partner")
        )
        for partner in outsiders:
            self.order(5, partner=partner, confirm=False)
        self.assertFalse(self.refresh(*outsiders))

    def test_archived_customer(self):
        self.order(5)
        self.customer.active = False
        self.assertFalse(self.refresh().active)

    def test_two_companies(self):
        other = self.setup_other_company(name="Other Company")["company"]
        self.env.user.company_ids |= other
        self.order(5)
        self.order(9, (self.desk, 1, 70), company=other)
        self.order(3, (self.desk, 1, 70), company=other)
        self.assertFacts(self.refresh(), order_count=1, order_value=100)
        self.assertFacts(self.refresh(company=other), order_count=2, order_value=140)

    def test_branch(self):
        """The main company counts its branch in, not the other way round."""
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id}
        )
        self.env.user.company_ids |= branch
        self.order(5)
        self.order(9, company=branch)
        self.assertFacts(self.refresh(), order_count=2)
        self.assertFacts(self.refresh(company=branch), order_count=1)
