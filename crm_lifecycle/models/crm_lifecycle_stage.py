from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

PHASES = [
    ("acquisition", "Acquisition"),
    ("development", "Development"),
    ("loyalty", "Loyalty"),
    ("retention", "Retention"),
]
RELATIONSHIP_PHASES = [
    ("acquisition", "Acquisition"),
    ("extension", "Extension"),
    ("retention", "Retention"),
]
PROCESS_PHASES = [
    ("commitment", "Commitment"),
    ("acquisition", "Acquisition"),
    ("retention", "Retention and Extension"),
    ("knowledge", "Knowledge"),
]


class CrmLifecycleStage(models.Model):
    """STAGE: what it means to be here, and what the company wants to do about it. The
    rules that decide who is here are in the file beside this one."""

    _name = "crm.lifecycle.stage"
    _description = "Customer Lifecycle Stage"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=lambda self: self._default_sequence(),
        help="A customer is in the first stage whose rule matches.",
    )
    phase = fields.Selection(
        PHASES,
        required=True,
        default="development",
        help="What the company does for customers of this stage: win them, sell "
        "more to them, make them loyal, or keep them and win them back.",
    )
    relationship_phase = fields.Selection(
        RELATIONSHIP_PHASES,
        "Relationship",
        help="Acquisition: win new customers. Extension: sell more to them. "
        "Retention: keep them loyal.",
    )
    process_phase = fields.Selection(
        PROCESS_PHASES,
        "Process",
        help="Commitment: draw attention. Acquisition: persuade to buy. Retention and "
        "Extension: service after the sale, for loyalty. Knowledge: follow up and ask, "
        "to know what to offer.",
    )
    description = fields.Text(
        "Meaning", translate=True, help="What this stage means, in words."
    )
    domain = fields.Char(
        "Rule",
        required=True,
        default="[]",
        help="Conditions on the facts and scores of the customer.",
    )
    target_share = fields.Float(
        "Wanted Share",
        help="The share of all customers that you want to have in this stage.",
    )
    target_days = fields.Integer(
        "Wanted at Most (Days)",
        help="How long a customer should stay in this stage at most. Empty: as long as "
        "he likes.",
    )
    color = fields.Integer()
    fold = fields.Boolean("Folded in Kanban")
    is_customer = fields.Boolean(
        "Counts as Customer", help="Customers of this stage have bought at least once."
    )
    active = fields.Boolean(
        default=True,
        readonly=True,
        help="Switched on and off under “Change the Rules”, which shows who moves.",
    )
    company_id = fields.Many2one(
        "res.company", help="Empty: this stage exists in every company."
    )

    _target_share_range = models.Constraint(
        "CHECK (target_share BETWEEN 0 AND 1)",
        "The wanted share of a stage is between 0 % and 100 %.",
    )
    _target_days_positive = models.Constraint(
        "CHECK (target_days >= 0)",
        "The wanted days in a stage cannot be negative.",
    )

    @api.model
    def _default_sequence(self):
        """A new stage is tried last: as long as it has no rule, which every customer
        matches, it takes nobody from the others.
        """
        return self.search([], order="sequence desc", limit=1).sequence + 10

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        Profile = self.env["crm.lifecycle.profile"].sudo()
        Transition = self.env["crm.lifecycle.transition"].sudo()
        there = Domain("stage_id", "in", self.ids)
        moved = Domain("from_stage_id", "in", self.ids)
        moved |= Domain("to_stage_id", "in", self.ids)
        if Transition.search(moved, limit=1) or Profile.with_context(
            active_test=False
        ).search(there, limit=1):
            raise UserError(
                self.env._(
                    "Customers have been in a stage that is to be deleted, and their "
                    "history tells it. Archive it instead, under “Change the Rules”: "
                    "nobody will be in it any more."
                )
            )
