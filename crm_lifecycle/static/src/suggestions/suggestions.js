import { Component, status, useEffect, useRef, useState } from "@odoo/owl";
import { serializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { formatFloat } from "@web/core/utils/numbers";
import { useDebounced } from "@web/core/utils/timing";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const RECORDS = [
    "partner_id",
    "company_id",
    "pricelist_id",
    "currency_id",
    "fiscal_position_id",
    "warehouse_id",
];
const BADGES = {
    cross_sell: "text-bg-info",
    up_sell: "text-bg-success",
    popular: "text-bg-light",
};

/**
 * What to offer on the order that is on the screen, saved or not. A suggestion is added
 * as a line of the form's own record, so that discarding the form undoes it.
 */
export class LifecycleSuggestions extends Component {
    static template = "crm_lifecycle.Suggestions";
    static props = { ...standardWidgetProps };

    badges = BADGES;
    labels = {
        add: ({ name }) => _t("Add %s", name),
        difference: ({ difference_label }) => _t("%s more", difference_label),
        stock: ({ free_qty }) =>
            free_qty > 0
                ? _t("%s in stock", formatFloat(free_qty, { trailingZeros: false }))
                : _t("Out of stock"),
    };

    setup() {
        this.orm = useService("orm");
        this.root = useRef("root");
        this.keepLast = new KeepLast();
        this.state = useState({ suggestions: [], message: "", busy: false });
        this.loadSoon = useDebounced(this.load, 300);
        useEffect(() => {
            // the row of what was added is gone: the keyboard stays in the list
            const root = this.root.el;
            if (this.isAdding && document.activeElement === document.body) {
                root?.querySelector("button:enabled")?.focus({ preventScroll: true });
            } else if (!root?.contains(document.activeElement)) {
                this.isAdding = false;
            }
        });
        useRecordObserver((record) => {
            const order = this.read(record);
            const key = JSON.stringify(order);
            if (order.screen.partner_id !== this.partnerId) {
                // never what was meant for another customer, not even for a moment
                this.partnerId = order.screen.partner_id;
                Object.assign(this.state, { suggestions: [], message: "" });
            }
            if (key !== this.key) {
                const load = this.key ? this.loadSoon : this.load;
                this.key = key;
                load.call(this, order);
            }
        });
    }

    /** What of the order decides the suggestions; reading it here is observing it. */
    read({ data }) {
        const screen = Object.fromEntries(RECORDS.map((name) => [name, data[name]?.id]));
        screen.date_order = data.date_order && serializeDateTime(data.date_order);
        screen.state = data.state;
        screen.locked = data.locked;
        const products = data.order_line.records.map((line) => line.data.product_id?.id);
        return { screen, products: products.filter(Boolean) };
    }

    async load({ screen, products }) {
        if (status(this) === "destroyed") {
            return; // the form was left while this waited
        }
        const result = await this.keepLast.add(
            this.orm.call("sale.order", "lifecycle_suggestions", [screen, products])
        );
        Object.assign(this.state, result);
    }

    async add(suggestion) {
        const lines = this.props.record.data.order_line;
        this.state.busy = this.isAdding = true;
        try {
            if (await lines.leaveEditMode()) {
                const line = await lines.addNewRecord({ position: "bottom", mode: "readonly" });
                const { product_id: id, name: display_name } = suggestion;
                // as if the user had picked it: the onchange fills in the other columns
                await line.update({ product_id: { id, display_name } });
                this.state.suggestions = this.state.suggestions.filter((s) => s !== suggestion);
            }
        } finally {
            this.state.busy = false;
        }
    }
}

registry.category("view_widgets").add("lifecycle_suggestions", {
    component: LifecycleSuggestions,
    fieldDependencies: [
        ...RECORDS.map((name) => ({ name, type: "many2one" })),
        { name: "date_order", type: "datetime" },
        { name: "state", type: "selection" },
        { name: "locked", type: "boolean" },
    ],
});
