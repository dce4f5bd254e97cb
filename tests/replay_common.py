from .common import LifecycleCommon


class ReplayCommon(LifecycleCommon):
    """History before the first run, rebuilt from documents. Today is 2026-06-01."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Replay = cls.env["crm.lifecycle.replay"].sudo()
        cls.Transition = cls.env["crm.lifecycle.transition"]
        cls.company.lifecycle_replay_months = 6
        cls.other = cls.new_customer("Other")
        cls.late = cls.new_customer("Late")

    def histories(self):
        for days in (700, 400, 330, 300, 270, 240, 100, 70, 40):
            self.order(days)
        sold = self.order(170, partner=self.other)
        self.deliver(sold.picking_ids, 168)
        invoice = self.invoice(sold, 165)
        self.pay(invoice, 130)
        self.credit(invoice, 50)
        self.direct_invoice(120, partner=self.other)
        self.order(35, partner=self.late, confirm=False)
        lead = self.env["crm.lead"].with_context(mail_notrack=True)
        with self.days_ago(95):
            lead.create({"name": "Lead", "partner_id": self.late.id})
            self.env.flush_all()

    def first_run(self, company=None):
        """The first night, and the request for the history that it leaves."""
        company = company or self.company
        with self.days_ago(0):
            self.Profile._refresh_company(company, company._lifecycle_as_of())
        return self.Replay.search([("company_id", "=", company.id)])

    def rebuild(self, replay):
        with self.days_ago(0):
            for _left in replay._run():
                pass
        self.assertEqual(replay.state, "done")

    def past(self, partner=None, **values):
        profile = self.Profile.search(
            [
                ("partner_id", "=", (partner or self.customer).id),
                ("company_id", "=", self.company.id),
            ]
        )
        return self.Transition.search(
            [("profile_id", "=", profile.id)]
            + [(name, "=", value) for name, value in values.items()],
            order="date, id",
        )

    def rows(self):
        self.env.invalidate_all()
        transitions = self.Transition.search(
            [("company_id", "=", self.company.id)], order="profile_id, date, id"
        )
        names = [
            "profile_id",
            "date",
            "from_stage_id",
            "to_stage_id",
            "cause",
            "is_reconstructed",
            "facts",
            "loyalty_score",
        ]
        return [[row[name] for name in names] for row in transitions]
