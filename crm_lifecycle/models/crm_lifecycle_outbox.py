from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

REASONS = [
    ("earlier_step", "Waits for the earlier step"),
    ("condition", "Waits for the condition"),
    ("cap", "As many as allowed were done that day"),
    ("cool_down", "Got another automatic e-mail a short while ago"),
    ("excluded", "No customer profile wanted"),
    ("gone", "Is no customer any more"),
    ("archived", "Contact archived"),
    ("quiet", "No automatic actions wanted"),
    ("left", "Has left the stage"),
    ("repeated", "Got the same action a short while ago"),
    ("no_email", "No e-mail address"),
    ("blacklisted", "E-mail address blacklisted"),
    ("no_user", "No salesperson to do it"),
    ("too_late", "Condition not met in time"),
    ("step_missing", "Earlier step not done"),
    ("inactive", "Action switched off"),
    ("error", "Error"),
    ("unfinished", "Interrupted: perhaps done, perhaps not"),
]


class CrmLifecycleOutbox(models.Model):
    """What is to be done for whom, and what became of it: one row per real move and
    action. Rows are done by the job in the file beside this one."""

    _name = "crm.lifecycle.outbox"
    _description = "Stage Action Log"
    _order = "id desc"
    _rec_name = "action_id"
    _log_access = False

    transition_id = fields.Many2one(
        "crm.lifecycle.transition", "Move", readonly=True, ondelete="set null"
    )
    action_id = fields.Many2one(
        "crm.lifecycle.action",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    profile_id = fields.Many2one(
        "crm.lifecycle.profile",
        "Customer Profile",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade"
    )
    stage_id = fields.Many2one(
        "crm.lifecycle.stage", required=True, readonly=True, ondelete="restrict"
    )
    date = fields.Date("Entered the Stage", readonly=True)
    date_due = fields.Datetime(
        "Due",
        readonly=True,
        help="When it is looked at (again). Empty: after the earlier step.",
    )
    date_until = fields.Datetime(
        "Waits until", readonly=True, help="How long it waits for the condition."
    )
    date_done = fields.Datetime("Done", readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("started", "Started"),
            ("done", "Done"),
            ("skipped", "Skipped"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="waiting",
    )
    reason = fields.Selection(REASONS, "Why", readonly=True)
    error = fields.Text(readonly=True, groups="sales_team.group_sale_manager")
    date_profile = fields.Datetime(
        readonly=True,
        help="Last change of the profile on which the condition did not hold.",
    )
    mail_id = fields.Integer("E-Mail No.", readonly=True, aggregator=None)
    activity_id = fields.Integer("Activity No.", readonly=True, aggregator=None)

    _transition_action_unique = models.UniqueIndex("(transition_id, action_id)")
    _action_done_idx = models.Index("(action_id, company_id, date_done)")
    _due_idx = models.Index("(date_due, id) WHERE state = 'waiting'")
    _started_idx = models.Index("(id) WHERE state = 'started'")

    @api.model
    def _enqueue(self, transitions):
        """Note what is to be done for customers who moved, in the transaction of their
        moves. Only real moves count, and held ones after their release; a move that
        was noted before is not noted again.

        :param transitions: records of ``crm.lifecycle.transition``
        """
        self.env.flush_all()
        now = fields.Datetime.now()
        added = self.env.execute_query(
            SQL(
                """
                INSERT INTO crm_lifecycle_outbox
                       (transition_id, action_id, profile_id, partner_id, company_id,
                        stage_id, date, state, reason, date_due, date_until)
                SELECT move.id, action.id, profile.id, profile.partner_id,
                       profile.company_id, move.to_stage_id, move.date, 'waiting',
                       CASE WHEN action.after_action_id IS NOT NULL
                            THEN 'earlier_step' END,
                       CASE WHEN action.after_action_id IS NULL THEN
                           %(now)s + action.delay_days * INTERVAL '1 day' END,
                       %(now)s + (action.delay_days + action.wait_days)
                                 * INTERVAL '1 day'
                  FROM crm_lifecycle_transition move
                  JOIN crm_lifecycle_profile profile ON profile.id = move.profile_id
                  JOIN crm_lifecycle_action action
                    ON action.stage_id = move.to_stage_id
                 WHERE move.id = ANY(%(moves)s)
                   AND move.is_reconstructed IS NOT TRUE
                   AND (move.is_baseline IS NOT TRUE
                        OR move.hold_reason IS NOT NULL)
                   AND (move.hold_reason IS NULL OR move.release_user_id IS NOT NULL)
                   AND (move.cause IS NULL OR move.cause NOT IN ('pin', 'unpin'))
                   AND action.active
                   AND (action.company_id IS NULL
                        OR action.company_id = profile.company_id)
                   AND (NOT EXISTS (SELECT FROM %(from_stages)s
                                     WHERE crm_lifecycle_action_id = action.id)
                        OR EXISTS (SELECT FROM %(from_stages)s
                                    WHERE crm_lifecycle_action_id = action.id
                                      AND crm_lifecycle_stage_id = move.from_stage_id))
                 ORDER BY move.id, action.sequence, action.id
                    ON CONFLICT (transition_id, action_id) DO NOTHING
             RETURNING transition_id
                """,
                now=now,
                moves=transitions.ids,
                from_stages=SQL.identifier(
                    self.env["crm.lifecycle.action"]._fields["from_stage_ids"].relation
                ),
            )
        )
        if not added:
            return
        # a later step whose earlier step was not noted has nothing to wait for
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_lifecycle_outbox later SET date_due = %s
                  FROM crm_lifecycle_action action
                 WHERE later.transition_id = ANY(%s)
                   AND later.date_due IS NULL
                   AND action.id = later.action_id
                   AND NOT EXISTS (
                       SELECT FROM crm_lifecycle_outbox earlier
                        WHERE earlier.transition_id = later.transition_id
                          AND earlier.action_id = action.after_action_id
                   )
                """,
                now,
                list({transition_id for (transition_id,) in added}),
            )
        )
        self.invalidate_model()
        self._wake_job()

    @api.model
    def _wake_job(self):
        job = self.env["ir.model.data"]._xmlid_to_res_id(
            "crm_lifecycle.ir_cron_outbox", raise_if_not_found=False
        )
        if job:
            self.env["ir.cron"].sudo().browse(job)._trigger()

    def _set_due(self, moment):
        """Do these as if their customers entered the stage at that moment."""
        for row in self:
            due = moment + timedelta(days=row.action_id.delay_days)
            row.write(
                {
                    "state": "waiting",
                    "reason": False,
                    "date_due": due,
                    "date_until": due + timedelta(days=row.action_id.wait_days),
                }
            )
