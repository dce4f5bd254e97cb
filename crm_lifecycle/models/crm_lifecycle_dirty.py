from datetime import timedelta

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.tools import SQL

BATCH = 500
# Seconds until those are tried again who could not be done: a unit of the night.
PAUSE = 10


class CrmLifecycleDirty(models.Model):
    """Queue of customers to recompute because one of their documents changed.

    Append-only and without foreign keys or unique constraints, so that nobody's
    transaction waits for another's. The reader deletes just the rows that it read, in
    the transaction that writes their result: the row of a transaction that commits
    meanwhile waits for the next reading.
    """

    _name = "crm.lifecycle.dirty"
    _description = "Customer to Recompute"
    _log_access = False

    partner_id = fields.Integer("Contact")
    company_id = fields.Integer(help="0: every company.")
    date = fields.Datetime()

    @api.model
    def _mark(self, keys):
        """Remember contacts whose documents change in this transaction.

        :param keys: iterable of (id of a contact, id of a company or 0 for all);
            those without a contact are ignored
        """
        precommit = self.env.cr.precommit
        marked = precommit.data.setdefault(self._name, set())
        if not marked:
            precommit.add(self.sudo()._write_marks)
        marked.update((partner, company or 0) for partner, company in keys if partner)

    def _write_marks(self):
        """One INSERT and one trigger, however many documents were touched."""
        marked = self.env.cr.precommit.data.pop(self._name, None)
        if not marked:
            return
        now = fields.Datetime.now()
        self.env.cr.execute_values(
            "INSERT INTO crm_lifecycle_dirty (partner_id, company_id, date) VALUES %s",
            [(*key, now) for key in sorted(marked)],
            page_size=len(marked),
        )
        live = self.env["ir.model.data"]._xmlid_to_res_id("crm_lifecycle.ir_cron_live")
        if live:  # without the job the night does it; nobody is kept from selling
            self.env["ir.cron"].browse(live)._trigger()

    @api.model
    def _process(self):
        """Recompute one batch of the queue, in the caller's transaction. Customers of a
        company for which somebody else writes just now are left in the queue.

        :return: number of rows taken from the queue
        """
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(
                    SQL(
                        """
                        SELECT id, partner_id, company_id FROM crm_lifecycle_dirty
                      ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
                        """,
                        BATCH,
                    ),
                    log_exceptions=False,
                )
                rows = self.env.cr.fetchall()
        except SerializationFailure:  # others have done some since this one began
            return 0
        contacts = self.env["res.partner"].browse({row[1] for row in rows}).exists()
        # himself too: who came to belong to another customer loses his own profile
        customers = {
            contact.id: {contact.id, contact.commercial_partner_id.id}
            for contact in contacts.sudo()
        }
        # there are few companies
        everywhere = self.env["res.company"].sudo().search([])  # pylint: disable=no-search-all
        named = everywhere.browse({row[2] for row in rows if row[2]}).exists()
        todo = {}
        rows_of = {}
        for row_id, partner_id, company_id in rows:
            companies = named.browse(company_id) & named if company_id else everywhere
            rows_of.setdefault(companies.parent_ids, []).append(row_id)
            for company in companies.parent_ids:
                todo.setdefault(company, set()).update(customers.get(partner_id, ()))
        Profile = self.env["crm.lifecycle.profile"]
        free = everywhere.browse(
            company.id
            for company in sorted(todo, key=lambda company: company.id)
            if Profile._try_lock(company)
        )
        done = [id_ for each, ids in rows_of.items() if each <= free for id_ in ids]
        self.env.cr.execute(
            SQL("DELETE FROM crm_lifecycle_dirty WHERE id = ANY(%s)", done)
        )
        for company in free:
            Profile._refresh_all_but_bad(
                company, sorted(todo[company]), company._lifecycle_as_of()
            )
        return len(done)

    @api.model
    def _cron_live(self):
        """Empty the queue, batch by batch."""
        Cron = self.env["ir.cron"]
        while done := self._process():
            left = self.sudo().search_count([])
            if not Cron._commit_progress(done, remaining=left):
                return
        if self.sudo().search_count([], limit=1):
            soon = fields.Datetime.now() + timedelta(seconds=PAUSE)
            self.env.ref("crm_lifecycle.ir_cron_live")._trigger(soon)
        Cron._commit_progress(remaining=0)
