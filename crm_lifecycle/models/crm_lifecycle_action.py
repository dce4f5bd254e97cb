from odoo import api, fields, models
from odoo.exceptions import ValidationError

# What an e-mail is written on and a server action runs on.
MODELS = ("res.partner", "crm.lifecycle.profile")


class CrmLifecycleAction(models.Model):
    """What to do when a customer enters a stage.

    Nothing is done while he moves: the move leaves a row in ``crm.lifecycle.outbox``,
    which is done after the commit, or left with the reason why not.
    """

    _name = "crm.lifecycle.action"
    _description = "Stage Action"
    _order = "stage_id, sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(
        "Switched On",
        default=False,
        help="Acts on customers who enter the stage from now on, never on those who "
        "are already there.",
    )
    sequence = fields.Integer(default=10)
    stage_id = fields.Many2one(
        "crm.lifecycle.stage",
        "When a Customer Becomes",
        required=True,
        index=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        readonly=False,
        precompute=True,
        help="Empty: in every company.",
    )
    from_stage_ids = fields.Many2many(
        "crm.lifecycle.stage",
        string="Only When Coming from",
        help="Empty: wherever the customer comes from.",
    )
    kind = fields.Selection(
        [
            ("email", "Send an e-mail"),
            ("activity", "Plan an activity"),
            ("server", "Run a server action"),
        ],
        "What to Do",
        required=True,
        default="activity",
    )
    template_id = fields.Many2one(
        "mail.template",
        "E-Mail Template",
        domain=[("model", "in", MODELS)],
        ondelete="restrict",
    )
    activity_type_id = fields.Many2one(
        "mail.activity.type",
        domain=[("res_model", "in", (False, "res.partner"))],
        ondelete="restrict",
    )
    activity_note = fields.Html("Instructions", translate=True)
    activity_plan_id = fields.Many2one(
        "mail.activity.plan",
        domain=[("res_model", "=", "res.partner")],
        check_company=True,
        ondelete="restrict",
    )
    user_id = fields.Many2one(
        "res.users",
        "If There Is No Salesperson",
        domain=[("share", "=", False)],
        help="Who gets the activity when the contact has no salesperson.",
    )
    server_action_id = fields.Many2one(
        "ir.actions.server",
        domain=[
            ("model_id.model", "in", MODELS),
            ("usage", "=", "ir_actions_server"),
        ],
        ondelete="restrict",
        groups="base.group_system",
        help="Runs on the contact or on the lifecycle profile.",
    )
    delay_days = fields.Integer(
        "Days to Wait",
        required=True,
        default=0,
        aggregator=None,
        help="Days after the customer entered the stage, or after the earlier step was "
        "done. 0: at once.",
    )
    after_action_id = fields.Many2one(
        "crm.lifecycle.action",
        "After the Earlier Step",
        ondelete="restrict",
        help="Only if this action was really done since the customer entered the "
        "stage.",
    )
    condition = fields.Char(
        default="[]",
        required=True,
        help="Facts and scores of the customer that must hold when it is done.",
    )
    wait_days = fields.Integer(
        "Days to Wait for the Condition",
        required=True,
        default=0,
        help="After so many days without the condition, nothing is done any more.",
    )
    even_if_left = fields.Boolean(
        "Also When the Customer Has Left the Stage",
        help="Otherwise nothing is done for who is not in the stage any more.",
    )
    daily_cap = fields.Integer(
        "At Most a Day",
        help="Customers a day and company; the others wait for the next day. "
        "0: no limit.",
    )
    repeat_days = fields.Integer(
        "Not Again within",
        default=90,
        help="Days in which the same customer does not get this action twice.",
    )
    summary = fields.Char("What Happens", compute="_compute_summary", compute_sudo=True)

    _days_positive = models.Constraint(
        """CHECK (delay_days >= 0 AND wait_days >= 0
                  AND daily_cap >= 0 AND repeat_days >= 0)""",
        "Days and limits cannot be negative.",
    )

    @api.depends("stage_id", "activity_plan_id")
    def _compute_company_id(self):
        for action in self:
            action.company_id = (
                action.stage_id.company_id
                or action.activity_plan_id.company_id
                or action.company_id
            )

    @api.depends(
        "kind",
        "template_id",
        "activity_type_id",
        "activity_plan_id",
        "server_action_id",
    )
    def _compute_summary(self):
        for action in self:
            if action.kind == "email":
                action.summary = self.env._(
                    "E-mail: %s", action.template_id.display_name or ""
                )
            elif action.kind == "activity":
                planned = action.activity_type_id, action.activity_plan_id
                names = [record.display_name for record in planned if record]
                action.summary = self.env._("Activity: %s", ", ".join(names))
            else:
                action.summary = self.env._(
                    "Server action: %s", action.server_action_id.display_name or ""
                )

    @api.constrains(
        "kind",
        "template_id",
        "activity_type_id",
        "activity_plan_id",
        "server_action_id",
    )
    def _check_kind(self):
        for action in self.sudo():
            if action.kind == "email" and action.template_id.model not in MODELS:
                raise ValidationError(
                    self.env._("Choose an e-mail template for contacts.")
                )
            if action.kind == "activity" and not (
                action.activity_type_id or action.activity_plan_id
            ):
                raise ValidationError(
                    self.env._("Choose a type of activity or an activity plan.")
                )
            if (
                action.kind == "server"
                and action.server_action_id.model_id.model not in MODELS
            ):
                raise ValidationError(
                    self.env._(
                        "A system administrator has to choose a server action for "
                        "contacts."
                    )
                )

    @api.constrains("condition")
    def _check_condition(self):
        """A condition is as limited as the rule of a stage."""
        for action in self:
            self.env["crm.lifecycle.stage"]._check_rule(action.name, action.condition)

    @api.constrains("after_action_id", "stage_id")
    def _check_after_action(self):
        if self._has_cycle("after_action_id"):
            raise ValidationError(self.env._("A step cannot come after itself."))
        for action in self:
            earlier = action.after_action_id
            if earlier and earlier.stage_id != action.stage_id:
                raise ValidationError(
                    self.env._("The earlier step must belong to the same stage.")
                )


class CrmLifecycleStage(models.Model):
    _inherit = "crm.lifecycle.stage"

    action_ids = fields.One2many(
        "crm.lifecycle.action",
        "stage_id",
        "Actions",
        context={"active_test": False},
        help="What to do when a customer enters this stage.",
    )
