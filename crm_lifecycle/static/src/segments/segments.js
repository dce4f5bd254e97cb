import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { formatInteger, formatMonetary, formatPercentage } from "@web/views/fields/formatters";

const MODEL = "crm.lifecycle.segment";
const FIGURES = ["customer_count", "net_invoiced_12m", "expected_value", "money_at_stake"];

/** Customers by value and loyalty, or by value and stage, and what to do about them. */
export class LifecycleMatrix extends Component {
    static template = "crm_lifecycle.Matrix";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    axes = [
        { key: "loyalty_band", name: _t("Value and Loyalty") },
        { key: "stage_id", name: _t("Value and Stage") },
    ];
    tierHelp = {
        A: _t("Together they bring 80 % of the expected value."),
        B: _t("The next 15 %."),
        C: _t("The others."),
    };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.display = { controlPanel: {} };
        this.state = useState({ axis: "loyalty_band", matrix: null });
        onWillStart(() => this.load(this.state.axis));
    }

    async load(axis) {
        const matrix = await this.orm.call(MODEL, "get_matrix", [axis]);
        Object.assign(this.state, { axis, matrix });
    }

    cells({ tier, column }) {
        return this.state.matrix.cells.filter(
            (cell) => (!tier || cell.tier === tier) && (!column || cell.column === column)
        );
    }

    cellAt(tier, column) {
        return this.cells({ tier, column })[0];
    }

    /** Figures of a row, a column or of all, as those of one cell. */
    total(where) {
        const cells = this.cells(where);
        return Object.fromEntries(
            FIGURES.map((name) => [
                name,
                cells.reduce((total, cell) => total + cell[name], 0),
            ])
        );
    }

    /** The larger the share of the expected value, the stronger the colour. */
    shade({ expected_value }) {
        const total = this.total({}).expected_value;
        const share = total > 0 ? Math.max(expected_value, 0) / total : 0;
        return `--o-lifecycle-share: ${Math.round(100 * Math.sqrt(share))}%`;
    }

    money(amount) {
        return formatMonetary(amount, {
            currencyId: this.state.matrix.currency_id,
            digits: [16, 0],
        });
    }

    number(count) {
        return formatInteger(count);
    }

    share({ customer_count }) {
        const total = this.total({}).customer_count;
        return formatPercentage(total ? customer_count / total : 0, { digits: [16, 0] });
    }

    async open(cell) {
        this.action.doAction(await this.orm.call(MODEL, "action_open_customers", [cell.id]));
    }

    edit(cell) {
        this.action.doAction(
            {
                type: "ir.actions.act_window",
                name: _t("Strategy"),
                res_model: MODEL,
                res_id: cell.id,
                views: [[false, "form"]],
                target: "new",
            },
            { onClose: () => this.load(this.state.axis) }
        );
    }
}

registry.category("actions").add("crm_lifecycle_matrix", LifecycleMatrix);
