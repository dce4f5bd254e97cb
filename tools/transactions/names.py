"""Names of the documents, as the company's own sequences would give them."""


class SequenceNames:
    """Names of orders and transfers. Numbers of an ordinary sequence are fetched in
    blocks, others, without gaps or starting anew each year, one by one."""

    def __init__(self, sequence, bulk):
        self.sequence = sequence
        self.bulk = bulk
        self.ordinary = (
            sequence.implementation == "standard" and not sequence.use_date_range
        )
        self.prefix, self.suffix = sequence._get_prefix_suffix()

    def next(self, day):
        if not self.ordinary:
            return self.sequence.next_by_id(sequence_date=day)
        number = self.bulk.next_number(f"ir_sequence_{self.sequence.id:03d}")
        return f"{self.prefix}{number:0{self.sequence.padding}d}{self.suffix}"


class EntryNames:
    """Names of journal entries of one journal and type.

    Odoo asks for the last name of the entry's own period and adds one. Here the
    last name is asked once per month, and counting goes on from it: entries must
    come in the order of their dates. Which months share a count is told by what
    stands before the number.
    """

    def __init__(self, env, journal, move_type, is_payment=False):
        self.model = env["account.move"].with_context(is_payment=is_payment)
        self.journal = journal
        self.move_type = move_type
        self.formats = {}
        self.last = {}

    def next(self, day):
        """:return: (name, what stands before its number, its number)"""
        month = day.year, day.month
        if month not in self.formats:
            move = self.model.new(
                {
                    "move_type": self.move_type,
                    "journal_id": self.journal.id,
                    "company_id": self.journal.company_id.id,
                    "date": day,
                }
            )
            text, values = move._get_next_sequence_format()
            number = values.pop("seq")
            self.formats[month] = text, values
            self.last.setdefault(text.format(**values, seq=0), number)
        text, values = self.formats[month]
        zero = text.format(**values, seq=0)
        number = self.last[zero] = self.last[zero] + 1
        name = text.format(**values, seq=number)
        prefix = name[: name.rindex(f"{number:0{values['seq_length']}d}")]
        return name, prefix, number
