from odoo import models


class CrmLifecycleList(models.AbstractModel):
    """SCREEN speed: a list of contacts shows a dozen values of each profile, a list of
    profiles forty. One by one, the ORM would check, convert and round thousands of
    values, which takes as long as all the rest of the list."""

    _name = "crm.lifecycle.list"
    _description = "Quick List"

    # many2one fields: what is related through them is taken over at once
    _taken_over_from = ()

    def _is_taken_over(self, field):
        return bool(
            field.related
            and field.related.partition(".")[0] in self._taken_over_from
            and not field.store
            and not field.related_field.translate  # memory has it in all languages
        )

    def _compute_field_value(self, field):
        """Values of another record are taken over as they lie in memory, and with the
        one that is asked for all others that are there."""
        if not self._is_taken_over(field):
            super()._compute_field_value(field)
            return
        path, _dot, name = field.related.rpartition(".")
        sources, ids = self, self._ids
        for step in path.split("."):
            link, sources = sources._fields[step], sources[step]
            linked = link._get_cache(self.env)
            ids = [linked.get(each) for each in ids]
        sources.mapped(name)  # reads what is not in memory
        for shown in filter(self._is_taken_over, self._fields.values()):
            if shown.related.rpartition(".")[0] == path:
                values = shown.related_field._get_cache(self.env)
                if shown == field or values.keys() >= set(sources._ids):
                    shown._insert_cache(self, [values.get(each) for each in ids])

    def _read_format(self, fnames, load="_classic_read"):
        """What is read together with a record that the reader sees, or taken over: the
        right to read such a column is checked once, not for each record."""
        once = [
            name
            for name in fnames
            if self._is_taken_over(field := self._fields[name])
            or (field.store and field.column_type and field._module == "crm_lifecycle")
        ]
        rows = super()._read_format([name for name in fnames if name not in once], load)
        if once:
            for name in once:
                self._check_field_access(self._fields[name], "read")
            found = super(CrmLifecycleList, self.sudo())._read_format(once, load)
            values_of = {values["id"]: values for values in found}
            for row in rows:
                row.update(values_of[row["id"]])
        return rows
