from odoo import models


class ResPartner(models.Model):
    """SCREEN speed: a list of contacts shows a dozen values of each profile. One by
    one, the ORM would check, convert and round a thousand values, which takes as long
    as all the rest of the list."""

    _inherit = "res.partner"

    def _compute_field_value(self, field):
        """The values of a profile are taken over as they lie in memory, and with the
        one that is asked for all others that are there."""
        if not self._is_lifecycle_value(field.name):
            super()._compute_field_value(field)
            return
        path, _dot, name = field.related.rpartition(".")
        sources, ids = self, self._ids
        for step in path.split("."):
            link, sources = sources._fields[step], sources[step]
            linked = link._get_cache(self.env)
            ids = [linked.get(each) for each in ids]
        sources.mapped(name)  # reads what is not in memory
        for shown in self._fields.values():
            if (shown.related or "").rpartition(".")[0] == path:
                values = shown.related_field._get_cache(self.env)
                if shown == field or values.keys() >= set(sources._ids):
                    shown._insert_cache(self, [values.get(each) for each in ids])

    def _read_format(self, fnames, load="_classic_read"):
        """The right to read a column is checked once, not for each contact: whoever
        may not read a profile has none to begin with (``lifecycle_id``)."""
        shown = [name for name in fnames if self._is_lifecycle_value(name)]
        others = [name for name in fnames if name not in shown]
        rows = super()._read_format(others, load)
        for name in shown:
            self._check_field_access(self._fields[name], "read")
        if shown:
            found = super(ResPartner, self.sudo())._read_format(shown, load)
            values_of = {values["id"]: values for values in found}
            for row in rows:
                row.update(values_of[row["id"]])
        return rows
