"""Customers and users of the demo: invented names, always the same."""

import random

from odoo import Command

FIRST_NAMES = """
    Adriana Alba Alma Amparo Beatriz Benedita Bruno Caetana Celso Clara Cora Damião
    Delfina Duarte Elisa Elvira Emílio Fábio Felisa Gaspar Gracia Helena Henrique
    Inés Ítalo Jacinta Joana Joaquín Lázaro Leonor Lídia Lucas Luna Marcial Matilde
    Nicolau Noelia Nuno Olívia Pilar Ramiro Raquel Rosalía Rui Sancho Simone Tomás
    Úrsula Valentín Vera Xavier Zulmira
"""
LAST_NAMES = """
    Abrantes Aguilar Almeida Arana Barrios Bastos Bravo Brito Cabral Campos Cardoso
    Castillo Correia Duque Esteves Falcão Figueroa Fonseca Galván Godoy Guerra
    Herrero Jardim Lacerda Lemos Loureiro Macedo Marques Molina Moreno Nogueira
    Oliva Pacheco Palma Peixoto Quintana Rangel Ribera Rocha Salgado Serrano Tavares
    Toledo Valadares Vargas Vidal Xavier Zamora
"""
FIRMS = (
    "Café Lusíada",
    "Mesón del Puerto",
    "Padaria Aurora",
    "Hotel Mirador",
    "Escola Girassol",
    "Cantina La Ceiba",
    "Restaurante O Farol",
    "Residencia Los Olmos",
    "Bar Travessia",
    "Taller Colibrí",
)
# Numbers 555-0100 to 555-0199 belong to nobody.
PHONE = "+1 {}-555-01{:02d}"
AREAS = (202, 212, 305, 312, 415, 617, 702, 713)
REFERRED_EVERY = 12
COUNTRIES = ("ES", "PT", "MX", "BR", "US", "AR", "CO", "CL")
HOUSEHOLDS_PER_FIRM = 15


class Names:
    """Full names, none twice; when two words are taken, a second surname is added."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.used = set()

    def next(self):
        surnames = LAST_NAMES.split()
        first = self.random.choice(FIRST_NAMES.split())
        name = f"{first} {self.random.choice(surnames)}"
        while name in self.used:
            name = f"{name} {self.random.choice(surnames)}"
        self.used.add(name)
        return name


def phone(rng):
    return PHONE.format(rng.choice(AREAS), rng.randint(0, 99))


def make_salesperson(env):
    """Sam sees his own customers and documents only."""
    return env["res.users"].create(
        {
            "name": "Sam Ferreira",
            "login": "sam",
            "password": "sam",
            "email": "sam@example.com",
            "group_ids": [
                Command.set(
                    [
                        env.ref("base.group_user").id,
                        env.ref("sales_team.group_sale_salesman").id,
                    ]
                )
            ],
        }
    )


def make_customers(env, households, names, sam):
    """A contact for each household; now and then a firm, whose contact orders. Tags
    tell real histories from shortened ones.

    :return: customer reference by household number
    """
    kinds = sorted({household.kind for household in households} - {""})
    tags = {
        kind: env["res.partner.category"].create({"name": name}).id
        for kind, name in [
            ("", "Real purchases"),
            *((kind, f"Shortened: {kind}") for kind in kinds),
        ]
    }
    countries = env["res.country"].search([("code", "in", COUNTRIES)])
    countries = {country.code: country.id for country in countries}
    references = {h.number: f"H{h.number:04d}" for h in households}
    rng = random.Random(len(households))
    values, firms = [], iter(FIRMS)
    for position, household in enumerate(households):
        shared = {
            "country_id": countries[rng.choice(COUNTRIES)],
            "user_id": sam.id if rng.random() < 0.4 else env.uid,
            "category_id": [Command.set([tags[household.kind]])],
            "phone": phone(rng),
        }
        reference = references[household.number]
        contact = {
            "name": names.next(),
            "ref": reference,
            "email": f"{reference.lower()}@example.com",
        }
        firm = position % HOUSEHOLDS_PER_FIRM == 0 and next(firms, None)
        if firm:
            child = Command.create(contact | {"function": "Purchasing"})
            contact = {"name": firm, "is_company": True, "child_ids": [child]}
        values.append(shared | contact)
    partners = env["res.partner"].create(values)
    for referrer, referred in zip(
        partners[::REFERRED_EVERY], partners[1::REFERRED_EVERY], strict=False
    ):
        referred.lifecycle_referrer_id = referrer
    return references
