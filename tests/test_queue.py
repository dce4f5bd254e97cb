from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .common import LifecycleCommon


@tagged("post_install", "-at_install")
class TestQueue(LifecycleCommon):
    """Whose documents change is noted before commit, and recomputed soon after."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Dirty = cls.env["crm.lifecycle.dirty"].sudo()

    def setUp(self):
        super().setUp()
        self.marked()

    def marked(self):
        """Contacts noted since the last call."""
        self.cr.precommit.run()
        rows = self.Dirty.search([])
        partners = self.env["res.partner"].browse(rows.mapped("partner_id")).exists()
        rows.unlink()
        return partners

    def assertMarks(self, action, *partners):
        self.marked()
        action()
        self.assertLessEqual(
            set(partners or [self.customer]), set(self.marked()), "not noted"
        )

    def test_what_is_noticed(self):
        """Each thing that changes a fact or a stage."""
        order = self.order(9, confirm=False)
        self.assertMarks(lambda: self.order(8, confirm=False))
        self.assertMarks(order.action_confirm)
        self.assertMarks(lambda: order.order_line.write({"product_uom_qty": 2}))
        self.assertMarks(lambda: order.order_line.write({"tax_ids": False}))
        self.assertMarks(lambda: order.write({"commitment_date": "2026-05-25"}))
        self.assertMarks(lambda: self.deliver(order.picking_ids, 7))
        self.assertMarks(lambda: self.send_back(order.picking_ids, 6, 1))
        self.marked()
        invoice = order._create_invoices()
        self.assertFalse(self.marked(), "a draft invoice changes nothing")
        self.assertMarks(invoice.action_post)
        self.assertMarks(lambda: self.pay(invoice, 5))
        self.assertMarks(invoice.line_ids.remove_move_reconcile)
        self.pay_without_entries()
        self.marked()
        payment = self.pay(invoice, 5, amount=10)
        self.assertIn(self.customer, self.marked(), "a payment without an entry")
        self.assertMarks(payment.action_cancel)
        self.assertMarks(lambda: self.credit(invoice, 4))
        moves = self.order(3).picking_ids.move_ids
        self.assertMarks(moves._action_cancel)
        cancelled = self.order(3)
        self.assertMarks(cancelled._action_cancel)
        self.assertMarks(cancelled.unlink)
        lead = self.env["crm.lead"].create({"name": "L", "type": "opportunity"})
        self.assertMarks(lambda: lead.write({"partner_id": self.customer.id}))
        other = lead.copy()
        self.assertMarks(lead.action_set_won)
        self.assertMarks(other.action_set_lost)
        self.assertMarks(lead.unlink)
        self.assertMarks(lambda: self.customer.write({"lifecycle_prospect": True}))
        self.assertMarks(lambda: self.customer.write({"lifecycle_excluded": True}))
        self.assertMarks(self.customer.action_archive)

    def test_contact_moves(self):
        """Both customers, the old and the new, are noted."""
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        other = self.new_customer("Other")
        self.assertMarks(
            lambda: contact.write({"parent_id": other.id}), self.customer, contact
        )

    def test_customer_becomes_a_contact(self):
        """His own profile goes at once, not in the night."""
        self.order(5)
        self.refresh()
        other = self.new_customer("Other")
        self.customer.write({"is_company": False, "parent_id": other.id})
        self.cr.precommit.run()
        self.Dirty._process()
        profile = self.Profile.search(
            [("partner_id", "in", [self.customer.id, other.id])]
        )
        self.assertEqual(profile.partner_id, other)
        self.assertEqual(profile.order_count, 1)

    def test_job_deleted(self):
        """Whoever deletes the job does not keep others from selling."""
        self.env.ref("crm_lifecycle.ir_cron_live").unlink()
        self.order(5)
        self.assertIn(self.customer, self.marked())

    def test_company_gone(self):
        """What is noted for a company that exists no longer stops nobody."""
        self.order(5)
        self.Dirty._mark([(self.customer.id, 2**31 - 1)])
        self.cr.precommit.run()
        self.assertTrue(self.Dirty._process())
        self.assertTrue(self.Profile.search([("partner_id", "=", self.customer.id)]))

    def test_companies_in_order(self):
        """Two readers at once must not wait for each other."""
        companies = [self.env["res.company"].create({"name": n}).id for n in "AB"]
        for company_id in reversed(companies):
            self.Dirty._mark([(self.customer.id, company_id)])
            self.cr.precommit.run()
        taken = []
        Profile = self.env.registry["crm.lifecycle.profile"]
        with patch.object(
            Profile, "_refresh", lambda _self, company, *_args: taken.append(company.id)
        ):
            self.Dirty._process()
        self.assertEqual([id_ for id_ in taken if id_ in companies], companies)

    def test_recomputed_among_archived_records(self):
        """What a list shows decides neither the stages nor the facts."""
        self.order(5)
        stage = self.refresh().stage_id
        stage.active = False
        for shown in (True, False):
            self.Profile.with_context(active_test=shown)._refresh(
                self.company, self.customer.ids, self.as_of
            )
            profile = self.Profile.search([("partner_id", "=", self.customer.id)])
            self.assertNotEqual(profile.stage_id, stage)

    def test_customer_deleted(self):
        """What was written about him goes with him."""
        self.customer.lifecycle_prospect = True
        profile = self.refresh()
        message = profile.message_post(body="Likes blue")
        activity = profile.activity_schedule("mail.mail_activity_data_call")
        self.customer.unlink()
        self.env.flush_all()
        self.assertFalse(profile.exists() or message.exists() or activity.exists())

    def test_queue_is_emptied(self):
        self.order(5)
        self.cr.precommit.run()
        self.assertTrue(self.Dirty._process())
        self.assertFalse(self.Dirty.search([]))
        profile = self.Profile.search([("partner_id", "=", self.customer.id)])
        self.assertEqual(profile.order_count, 1)

    def test_partners_merged(self):
        """The documents count for the remaining contact, whose profile is the only
        one left."""
        double = self.new_customer("Customer bis")
        self.order(9)
        self.order(5, partner=double)
        self.refresh(self.customer, double)
        self.marked()
        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            [self.customer.id, double.id], self.customer
        )
        self.cr.precommit.run()
        self.Dirty._process()
        profile = self.Profile.search(
            [("partner_id", "in", [self.customer.id, double.id])]
        )
        self.assertEqual(profile.partner_id, self.customer)
        self.assertEqual(profile.order_count, 2)

    def test_cost_of_a_transaction(self):
        """One insert and two queries of the trigger, however many documents."""
        orders = self.env["sale.order"]
        for _number in range(5):
            orders |= self.order(5, confirm=False)
        self.marked()
        orders.action_confirm()
        self.env.flush_all()
        before = self.cr.sql_log_count
        self.Dirty.sudo()._write_marks()
        self.env.flush_all()
        self.assertLessEqual(self.cr.sql_log_count - before, 3)

    def test_nobody_is_due_for_ever(self):
        """Neither who is excluded, nor who only has leads in other companies."""
        other = self.setup_other_company(name="Other Company")["company"]
        self.env["crm.lead"].create(
            {"name": "L", "partner_id": self.customer.id, "company_id": other.id}
        )
        excluded = self.new_customer("Excluded", lifecycle_excluded=True)
        self.order(5, partner=excluded)
        due = self.Profile._get_due_partner_ids(self.company, self.as_of)
        self.assertFalse({self.customer.id, excluded.id} & set(due))
        due = self.Profile._get_due_partner_ids(other, self.as_of)
        self.assertIn(self.customer.id, due)

    def test_edited_dates(self):
        """Of a posted invoice, and of a transfer that is done."""
        order = self.order(9)
        invoice = self.invoice(order, 8)
        self.deliver(order.picking_ids, 7)
        self.assertMarks(lambda: invoice.write({"invoice_date_due": "2026-05-01"}))
        self.assertMarks(lambda: order.picking_ids.write({"date_done": "2026-05-01"}))

    def test_excluding_lines_of_quotations(self):
        """The lines of a quotation do not matter before it is confirmed."""
        order = self.order(5, confirm=False)
        self.marked()
        order.order_line = [Command.create({"product_id": self.chair.id})]
        order.order_line[0].product_uom_qty = 7
        self.assertFalse(self.marked())
