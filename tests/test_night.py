from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from .common import LifecycleCommon

NIGHTLY = "odoo.addons.crm_lifecycle.models.crm_lifecycle_nightly"


@tagged("post_install", "-at_install")
class TestNight(LifecycleCommon):
    """In which order a night's steps are done, and what is noted of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Unit = cls.env["crm.lifecycle.unit"].sudo()
        cls.customers = cls.env["res.partner"].create(
            [{"name": f"C{number}", "lifecycle_prospect": True} for number in range(3)]
        )

    def steps(self):
        return self.company.sudo().lifecycle_night["steps"]

    def spy(self, model, method):
        """:return: list of the arguments of all calls to come"""
        model = self.env.registry[model]
        original, calls = getattr(model, method), []

        def noted(records, *args):
            calls.append(args)
            return original(records, *args)

        self.startPatcher(patch.object(model, method, noted))
        return calls

    def test_documents_are_read_once(self):
        """Who is judged again by what was just learned has just been read."""
        self.order(20)
        begun = self.spy("crm.lifecycle.profile", "_begin_reading")
        read = self.spy("crm.lifecycle.profile", "_prepare_facts")
        for days in (0, 40):
            begun.clear()
            read.clear()
            as_of = self.as_of + timedelta(days=days)
            self.Profile._refresh_company(self.company, as_of)
            self.assertIn("again", self.steps())
            self.assertEqual(len(begun), 1)
            ids = [partner_id for _company, ids, *_rest in read for partner_id in ids]
            self.assertEqual(ids.count(self.customer.id), 1)
            profiles = self.Profile.search([("company_id", "=", self.company.id)])
            model = self.env["crm.lifecycle.model"]._get_current(self.company)
            self.assertEqual(profiles.model_id, model)

    def test_whose_turn_it_is_goes_first(self):
        """Others begin with them while it is looked who else is to be read; a run that
        goes on does nobody twice."""
        self.env["res.partner"].create(
            [{"name": f"D{number}", "lifecycle_prospect": True} for number in range(5)]
        )
        self.Profile._refresh_company(self.company, self.as_of)
        as_of = self.as_of + timedelta(days=1)
        profiles = self.Profile.search([("company_id", "=", self.company.id)])
        night = as_of.date().toordinal() - 1
        ids = sorted(profiles.partner_id.ids)
        turn = [each for each in ids if (each - night) % 2 == 0]
        self.startPatcher(patch(f"{NIGHTLY}.BATCH", 2))
        path = "odoo.addons.crm_lifecycle.models.crm_lifecycle_due.NIGHTS"
        self.startPatcher(patch(path, 2))
        looked = self.spy("crm.lifecycle.facts", "_sql_changed")
        next(self.Profile._nightly(self.company, as_of))
        self.assertFalse(looked)
        self.assertEqual(self.planned(), turn)
        done = self.spy("crm.lifecycle.profile", "_refresh")
        self.Profile._refresh_company(self.company, as_of)
        self.assertEqual(len(looked), 1)
        ids = [partner_id for _company, ids, *_rest in done for partner_id in ids]
        for partner in profiles.partner_id:
            self.assertEqual(ids.count(partner.id), 1)
        self.assertEqual(set(profiles.mapped("as_of")), {as_of})
        self.company.partner_id.tz = "Asia/Tokyo"  # so everybody is to be read
        next(self.Profile._nightly(self.company, as_of + timedelta(days=1)))
        self.assertEqual(self.planned(), sorted(profiles.partner_id.ids))

    def planned(self):
        """:return: ids of the customers of all units, in their order"""
        self.env.invalidate_all()
        units = self.Unit._get_open(self.company)
        return [each for unit in units for each in unit.partner_ids]

    def test_interrupted_while_judging_again(self):
        """The next run goes on; the night after looks at what is written since the
        first reading began."""
        night = self.Profile._nightly(self.company, self.as_of)
        while not self.env["crm.lifecycle.model"]._get_current(self.company):
            next(night)
        reading = self.company.sudo().lifecycle_reading
        while not self.Unit._get_open(self.company):
            next(night)
        night.close()
        begun = self.spy("crm.lifecycle.profile", "_begin_reading")
        self.Profile._refresh_company(self.company, self.as_of)
        self.assertFalse(begun)
        self.assertEqual(self.company.sudo().lifecycle_reading, reading)
        self.assertFalse(self.Profile._is_nightly_due(self.company, self.as_of))

    def test_suggestions_while_others_do_the_numbers(self):
        """In the first night when there are profiles, and at the end of a night that
        had to be begun twice: else what interrupts it would do so for ever."""
        self.startPatcher(patch(f"{NIGHTLY}.BATCH", 2))
        left = []
        Unit, Profile, company = self.Unit, self.Profile, self.company

        def learn(_affinity, *_args):
            left.append(len(Unit._get_open(company)))
            self.assertTrue(Profile.search([("partner_id", "in", self.customers.ids)]))
            yield 1

        Affinity = self.env.registry["crm.lifecycle.affinity"]
        self.startPatcher(patch.object(Affinity, "_learn_units", learn))
        Profile._refresh_company(company, self.as_of)
        company.sudo().lifecycle_learned = {"day": "2026-06-01", "purchases": 9}
        Profile._refresh_company(company, self.as_of + timedelta(days=6))
        Profile._refresh_company(company, self.as_of + timedelta(days=7))
        self.assertEqual([bool(each) for each in left], [True, True])
        night = Profile._nightly(company, self.as_of + timedelta(days=14))
        next(night)
        self.assertEqual(len(left), 2, "first the others are called")
        night.close()
        Profile._refresh_company(company, self.as_of + timedelta(days=14))
        self.assertEqual(left[2:], [0])

    # --- a new model

    def spy_on_learning(self):
        """:return: list, for each model to be learned: number of open units, and up to
        when the facts are complete that it is learned from"""
        Model, found = self.env.registry["crm.lifecycle.model"], []
        read = Model._read_population

        def noted(*args):
            profile = self.Profile.search([("partner_id", "=", self.customer.id)])
            found.append((len(self.Unit._get_open(self.company)), profile.as_of))
            return read(*args)

        self.startPatcher(patch.object(Model, "_read_population", noted))
        return found

    def test_model_while_others_do_the_numbers(self):
        """From the facts of the night before; real moves still rest on the old model,
        and what is learned equals what is learned from the same facts later."""
        self.startPatcher(patch(f"{NIGHTLY}.BATCH", 2))
        self.order(20)
        found = self.spy_on_learning()
        Model = self.env["crm.lifecycle.model"]
        first = self.as_of + timedelta(days=29)
        last = self.as_of + timedelta(days=30)
        for as_of in (self.as_of, first):
            self.Profile._refresh_company(self.company, as_of)
        self.assertEqual(found, [(0, self.as_of)], "at first from complete facts")
        learned = Model._fit(
            self.company, last, *Model._read_population(self.company, last)
        )
        found.clear()
        old = Model._get_current(self.company)
        moves = self.spy("crm.lifecycle.profile", "_get_waiting_ids")
        night = self.Profile._nightly(self.company, last)
        while not moves:
            next(night)
        [(units, as_of)] = found
        self.assertGreater(units, 1)
        self.assertEqual(as_of, first)
        self.assertEqual(Model._get_current(self.company), old)
        for _done in night:
            pass
        new = Model._get_current(self.company)
        self.assertEqual(new.as_of, last)
        self.assertEqual(new._get_engine_model(), learned)
        profiles = self.Profile.search([("company_id", "=", self.company.id)])
        self.assertEqual(profiles.model_id, new)

    def test_weights_changed_while_learning(self):
        self.order(20)
        self.Profile._refresh_company(self.company, self.as_of)
        Model = self.env["crm.lifecycle.model"]
        as_of = self.as_of + timedelta(days=30)
        self.Profile._refresh_company(self.company, as_of - timedelta(days=1))
        fitted = self.spy("crm.lifecycle.model", "_fit")
        night = self.Profile._nightly(self.company, as_of)
        while not fitted:
            next(night)
        weights = Model._get_weights(self.company)
        weights |= {"recency": weights["tenure"], "tenure": weights["recency"]}
        Model._change_weights(self.company, weights)
        for _done in night:
            pass
        new = Model._get_current(self.company)
        self.assertEqual(new.origin, "learned")
        self.assertEqual(new.parameters["loyalty_weights"], weights)

    def test_model_from_complete_facts(self):
        """When those that are stored are older, or were read in another way, and in a
        night that is begun twice."""
        self.order(20)
        self.Profile._refresh_company(self.company, self.as_of)
        found = self.spy_on_learning()
        moment = self.as_of

        def nightly(days):
            nonlocal moment
            moment += timedelta(days=days)
            self.Profile._refresh_company(self.company, moment)

        for name, prepare in (
            ("older", lambda: None),
            ("another", lambda: self.company.partner_id.write({"tz": "Asia/Tokyo"})),
            ("begun twice", lambda: next(self.night(moment + timedelta(days=1)))),
        ):
            with self.subTest(name):
                found.clear()
                nightly(29)
                prepare()
                nightly(2 if name == "older" else 1)
                self.assertEqual(found, [(0, moment)])

    def night(self, as_of):
        """:return: a night in units of two customers"""
        self.startPatcher(patch(f"{NIGHTLY}.BATCH", 2))
        return self.Profile._nightly(self.company, as_of)

    def test_units_get_smaller(self):
        """Those who do them end at about the same time."""
        ids = list(range(50000))
        units = self.Unit._plan(self.company, self.as_of, ids, 5000)
        sizes = [len(unit.partner_ids) for unit in units]
        self.assertEqual([each for unit in units for each in unit.partner_ids], ids)
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        self.assertEqual(sizes[0], 5000)
        self.assertLessEqual(sizes[-1], 2000)
        self.assertLess(len(sizes), 16)
        self.assertFalse(self.Unit._plan(self.company, self.as_of, [], 5000))

    def test_moves_are_counted(self):
        """Also those before an interruption, and not twice."""
        self.startPatcher(patch(f"{NIGHTLY}.MOVE_BATCH", 1))
        partners = [self.customer, self.new_customer("Other")]
        for partner in partners:
            for days in (20, 40, 60):
                self.order(days, partner=partner)
        self.Profile._refresh_company(self.company, self.as_of)
        self.assertEqual(self.steps()["moves"][0], 0, "of the first run")
        as_of = self.as_of + timedelta(days=29)
        night = self.Profile._nightly(self.company, as_of)
        while len(self.Profile._get_waiting_ids(self.company)) != 1:
            next(night)
        night.close()
        self.Profile._refresh_company(self.company, as_of)
        moved = self.env["crm.lifecycle.transition"].search_count(
            [("company_id", "=", self.company.id), ("cause", "=", "time")]
        )
        self.assertEqual(moved, 2)
        self.assertEqual(self.steps()["moves"][0], 2)
