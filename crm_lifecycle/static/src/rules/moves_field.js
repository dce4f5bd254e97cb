import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * Who would move from which stage to which by rules that are only tried, recomputed as
 * they change: rows of a list in a form could not be opened before the form is saved.
 */
export class LifecycleMovesField extends Component {
    static template = "crm_lifecycle.MovesField";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
    }

    get moves() {
        return this.props.record.data[this.props.name]?.moves || [];
    }

    showCustomers({ from, to, domain }) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("From %(from)s to %(to)s", { from, to }),
            res_model: "crm.lifecycle.profile",
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain,
        });
    }
}

registry.category("fields").add("lifecycle_moves", {
    component: LifecycleMovesField,
    supportedTypes: ["json"],
});
