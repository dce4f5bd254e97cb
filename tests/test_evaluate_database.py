import sys
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from odoo.tests import tagged

from .load_common import COLUMNS, LoadCommon

sys.path.append(str(Path(__file__).parents[1] / "crm_lifecycle"))

# Here, because pandas cannot be loaded while time stands still.
from evaluation import data, database, forecasts, lines

CUT = date(2026, 5, 1)


@tagged("post_install", "-at_install")
class TestEvaluateDatabase(LoadCommon):
    """Forecasts from a file of lines, and from the same lines in Odoo, are equal."""

    def history(self):
        """A year and a half of 120 customers of three industries; some of what they
        bought comes back, also after the cut. A return costs what was paid."""
        random, rows = Random(7), []
        products = [("tea", "Food", 3), ("cake", "Food", 9), ("cup", "Kitchen", 12)]
        industries = ["Agriculture", "Education", ""]
        for number in range(120):
            customer, order = f"C{number:03}", 0
            industry, pause = industries[number % 3], random.choice((9, 30, 80))
            day = date(2025, 1, 1) + timedelta(random.randrange(200))
            while day < date(2026, 5, 30) and random.random() > 0.08:
                order += 1
                product, category, price = random.choice(products)
                sold = random.randint(1, 4)
                line = [customer, f"{number}/{order}", day, product, product, category]
                rows.append([*line, sold, price, day, day, industry])
                if random.random() < 0.15:
                    back = day + timedelta(random.randint(1, 20))
                    back = min(back, date(2026, 5, 31))
                    line = [customer, f"R{number}/{order}", back, product, product]
                    units = -random.randint(1, sold)
                    rows.append([*line, category, units, price, back, back, industry])
                day += timedelta(max(1, int(random.expovariate(1 / pause))))
        lines = [",".join(map(str, row)) for row in rows]
        return "\n".join([f"{COLUMNS},industry", *lines])

    def test_equal(self):
        text = self.history()
        for industry in ("Agriculture", "Education"):
            found = self.env["res.partner.industry"].search([("name", "=", industry)])
            found or found.create({"name": industry})
        self.load(text)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "lines.csv"
            path.write_text(text)
            sales = lines.read(path)
        named, stored = database.forecast(self.env, CUT, 90)
        read = forecasts.forecast(sales, data.day_number(CUT), 90)
        self.assertGreater(len(read.rows), 100)
        in_database, in_file = (
            {
                names[row]: values
                for row, *values in zip(
                    made.rows,
                    made.chance,
                    made.orders,
                    made.value,
                    made.low,
                    made.high,
                    strict=True,
                )
            }
            for names, made in ((named, stored), (sales.names, read))
        )
        self.assertEqual(in_database, in_file)
        self.assertTrue(any(values[0] < 0.5 for values in in_file.values()))
        paces = [group.pace for group in read.model.peers]
        self.assertEqual([group.pace for group in stored.model.peers], paces)
        self.assertTrue(paces)
