import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * Text made on the server, in which every link with `data-documents` opens what is
 * behind a number of this record.
 */
export class LifecycleDocumentsField extends Component {
    static template = "crm_lifecycle.DocumentsField";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
    }

    async onClick(ev) {
        const name = ev.target.closest("[data-documents]")?.dataset.documents;
        if (!name) {
            return;
        }
        ev.preventDefault();
        const { resModel, resId } = this.props.record;
        this.action.doAction(
            await this.orm.call(resModel, "action_open_documents", [[resId], name])
        );
    }
}

registry.category("fields").add("lifecycle_documents", {
    component: LifecycleDocumentsField,
    supportedTypes: ["html"],
});
