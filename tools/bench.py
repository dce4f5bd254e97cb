"""make bench: the addon's speed in a synthetic company, beside what PostgreSQL needs.

SIZE is tiny, small, medium (20,000 customers) or large (100,000 customers, 290,000
orders, 1.08 million lines, 269,000 invoices and credit notes, 273,000 deliveries in
three years). The company is generated once for each size and kept as a database.

    python tools/bench.py --size small --into DATABASE    only copy it, without addon
"""

import argparse

from benchmark import database

import environment


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=database.SIZES, default="medium")
    parser.add_argument("--into", metavar="DATABASE", required=True)
    arguments = parser.parse_args()
    env = environment.ready(database=True)
    env.copy_database(database.template(env, arguments.size), arguments.into)


if __name__ == "__main__":
    environment.main(main)
