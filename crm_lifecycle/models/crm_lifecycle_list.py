from contextlib import suppress

from odoo import models
from odoo.exceptions import MissingError
from odoo.tools import ormcache


class CrmLifecycleList(models.AbstractModel):
    """SCREEN speed: a list of contacts shows a dozen values of each profile, a list of
    profiles forty. One by one, the ORM would check, convert and round thousands of
    values, which takes as long as all the rest of the list."""

    _name = "crm.lifecycle.list"
    _description = "Quick List"

    # many2one fields: what is related through them is taken over at once
    _taken_over_from = ()

    @ormcache()
    def _get_taken_over(self):
        """:return: dict of the names of fields by path: those that show a value of the
        record at the end of the path"""
        taken_over = {}
        for name, field in self._fields.items():
            path, _dot, _name = (field.related or "").rpartition(".")
            if (
                path.partition(".")[0] in self._taken_over_from
                and not field.store
                and not field.related_field.translate  # memory has all languages
            ):
                taken_over.setdefault(path, []).append(name)
        return taken_over

    def _compute_field_value(self, field):
        """Values of another record are taken over as they lie in memory, and with the
        one that is asked for all others that are there."""
        path, _dot, source_name = (field.related or "").rpartition(".")
        names = self._get_taken_over().get(path, ())
        if field.name not in names:
            super()._compute_field_value(field)
            return
        sources, ids = self, self._ids
        for step in path.split("."):
            link, sources = sources._fields[step], sources[step]
            linked = link._get_cache(self.env)
            ids = [linked.get(each) for each in ids]
        sources.mapped(source_name)  # reads what is not in memory
        for name in names:
            shown = self._fields[name]
            values = shown.related_field._get_cache(self.env)
            if shown == field or values.keys() >= set(sources._ids):
                shown._insert_cache(self, [values.get(each) for each in ids])

    @ormcache()
    def _get_plain(self):
        """:return: set of the names of fields whose values are taken from memory as
        they are: those that are taken over, and our own columns"""
        plain = {name for names in self._get_taken_over().values() for name in names}
        for name, field in self._fields.items():
            if field.store and field.column_type and field._module == "crm_lifecycle":
                plain.add(name)
        return plain

    def _read_format(self, fnames, load="_classic_read"):
        """What is read together with a record that the reader sees, or taken over: the
        right to read such a column is checked once, not for each record, and each
        different value is converted once."""
        plain = self._get_plain()
        quick = [name for name in fnames if name in plain and self._is_in_memory(name)]
        others = [name for name in fnames if name not in quick]
        rows = super()._read_format(others, load)
        ids = [row["id"] for row in rows]
        records = self.sudo()
        for name in quick:
            field = self._fields[name]
            value_of, told = field._get_cache(records.env), {}
            for id_, row in zip(ids, rows, strict=True):
                value = value_of[id_]
                if value not in told:
                    told[value] = field.convert_to_read(
                        field.convert_to_record(value, records),
                        records,
                        load == "_classic_read",
                    )
                row[name] = told[value]
        return rows

    def _is_in_memory(self, name):
        """Whether the field called `name` has a value for all of these records, after
        it was asked for the first one without."""
        field, records = self._fields[name], self.sudo()
        self._check_field_access(field, "read")
        with suppress(MissingError):
            for id_ in field._cache_missing_ids(records):
                records.browse(id_).with_prefetch(self._prefetch_ids).mapped(name)
                break
        return not list(field._cache_missing_ids(records))
