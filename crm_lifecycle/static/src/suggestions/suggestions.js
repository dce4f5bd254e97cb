import { Component, status, useEffect, useRef, useState } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
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
    reorder: "text-bg-warning",
    consumable: "text-bg-warning",
    cross_sell: "text-bg-info",
    up_sell: "text-bg-success",
    similar: "text-bg-secondary",
    novelty: "text-bg-primary",
    popular: "text-bg-light",
};
const FEW = 5;
const MANY = 15;

const number = (value) => formatFloat(value, { trailingZeros: false });

/** What the ledger knows a suggestion by. */
const identify = ({ product_id, kind, source, rule_id }) => ({ product_id, kind, source, rule_id });

/**
 * What to offer on the order that is on the screen, saved or not. A suggestion is added
 * as a line of the form's own record, or takes the place of one, so that discarding the
 * form undoes it.
 */
export class LifecycleSuggestions extends Component {
    static template = "crm_lifecycle.Suggestions";
    static components = { Dropdown, DropdownItem };
    static props = { ...standardWidgetProps };

    badges = BADGES;
    labels = {
        add: ({ name }) => _t("Add %s", name),
        addToo: ({ name }) => _t("Add %s as another line", name),
        swap: ({ name }) => _t("Take %s instead", name),
        decline: ({ name }) => _t("%s is not wanted: say why", name),
        usual: ({ quantity, uom }) =>
            uom
                ? _t("Usually %(quantity)s %(unit)s", { quantity: number(quantity), unit: uom })
                : _t("Usually %(quantity)s", { quantity: number(quantity) }),
        difference: ({ difference, difference_label }) =>
            difference < 0 ? _t("%s less", difference_label) : _t("%s more", difference_label),
        margin: ({ margin, margin_label }) =>
            margin < 0 ? _t("%s less margin", margin_label) : _t("%s more margin", margin_label),
        stock: ({ free_qty }) =>
            free_qty > 0 ? _t("%s in stock", number(free_qty)) : _t("Out of stock"),
        others: ({ more }) => _t("And %s more like this.", more),
    };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.root = useRef("root");
        this.keepLast = new KeepLast();
        this.state = useState({ busy: false });
        this.forget();
        this.loadSoon = useDebounced(this.load, 300);
        useEffect(() => this.keepFocus());
        useEffect(
            () => this.report(this.props.record.resId),
            () => [this.state.suggestions]
        );
        useRecordObserver((record) => this.observe(record));
    }

    /** Nothing that was meant for another customer stays, not even for a moment. */
    forget() {
        Object.assign(this.state, {
            suggestions: [],
            service: [],
            reasons: [],
            message: "",
            more: false,
        });
        this.limit = FEW;
        this.declined = new Set();
        this.shown = new Map();
        this.told = new Set();
    }

    observe(record) {
        const order = this.read(record);
        const key = JSON.stringify(order);
        const isSaved = !this.orderId && record.resId;
        if (order.screen.partner_id !== this.partnerId || (this.orderId !== record.resId && !isSaved)) {
            this.forget();
            this.partnerId = order.screen.partner_id;
        }
        this.orderId = record.resId;
        this.report(record.resId);
        if (key !== this.key && !this.props.readonly) {
            const load = this.key ? this.loadSoon : this.load;
            this.key = key;
            load.call(this, order);
        }
    }

    /** What of the order decides the suggestions; reading it here is observing it. */
    read({ data }) {
        const screen = Object.fromEntries(RECORDS.map((name) => [name, data[name]?.id]));
        screen.date_order = data.date_order && serializeDateTime(data.date_order);
        screen.state = data.state;
        screen.locked = data.locked;
        // of a long order also the lines of the other pages: as they were left, or those
        // that were not on the screen yet, which the server reads
        const { records, currentIds, _cache: cache } = data.order_line;
        const onScreen = new Set(records.map((line) => line.id));
        const others = currentIds
            .map((resId) => cache[resId] || { resId })
            .filter((line) => !onScreen.has(line.id));
        return {
            screen,
            lines: [...records, ...others]
                .filter((line) => !line.data || line.data.product_id)
                .map(({ resId: id, data: line }) =>
                    line
                        ? {
                              product_id: line.product_id.id,
                              product_uom_qty: line.product_uom_qty,
                              product_uom_id: line.product_uom_id?.id,
                          }
                        : { id }
                ),
        };
    }

    async load({ screen, lines }) {
        if (status(this) === "destroyed") {
            return; // the form was left while this waited
        }
        const result = await this.keepLast.add(
            this.orm.call("sale.order", "lifecycle_suggestions", [screen, lines, this.limit])
        );
        if (JSON.stringify({ screen, lines }) !== JSON.stringify(this.read(this.props.record))) {
            return; // the order has changed since: what goes with it now comes soon
        }
        result.suggestions = result.suggestions.filter((s) => !this.declined.has(s.product_id));
        Object.assign(this.state, result);
    }

    showMore() {
        this.limit = MANY;
        return this.load(this.read(this.props.record));
    }

    /** Tell the ledger what is on the screen, as soon as the order is saved. */
    report(orderId) {
        for (const suggestion of this.root.el ? this.state.suggestions : []) {
            const row = identify(suggestion);
            this.shown.set(JSON.stringify(row), row);
        }
        const news = [...this.shown].filter(([key]) => !this.told.has(key));
        if (orderId && news.length) {
            news.forEach(([key]) => this.told.add(key));
            const rows = news.map(([, row]) => row);
            this.orm.silent.call("sale.order", "lifecycle_suggestions_shown", [orderId, rows]);
        }
    }

    /** The row of what was added is gone: the keyboard stays where it was in the list. */
    keepFocus() {
        const root = this.root.el;
        if (this.place !== undefined && document.activeElement === document.body) {
            const rows = [...(root?.querySelectorAll(".o_lifecycle_suggestion") || [])];
            const row = rows[Math.min(this.place, rows.length - 1)];
            row?.querySelector("button:enabled")?.focus({ preventScroll: true });
        } else if (!root?.contains(document.activeElement)) {
            this.place = undefined;
        }
    }

    /** The line that a better choice takes the place of, if it may still be changed. */
    replacedLine({ replaces }) {
        return this.props.record.data.order_line.records.find(
            ({ data }) =>
                replaces &&
                data.product_id?.id === replaces &&
                data.product_updatable !== false &&
                !data.combo_item_id
        );
    }

    add(suggestion) {
        return this.change(suggestion, (lines) =>
            lines.addNewRecord({ position: "bottom", mode: "readonly" })
        );
    }

    swap(suggestion) {
        return this.change(suggestion, () => this.replacedLine(suggestion));
    }

    /** Fill a line with what is suggested, as if the user had picked it: the onchange
     * fills in the other columns. */
    async change(suggestion, getLine) {
        const lines = this.props.record.data.order_line;
        this.begin(suggestion);
        try {
            if (await lines.leaveEditMode()) {
                const line = await getLine(lines);
                const { product_id: id, name: display_name, kind, source, rule_id } = suggestion;
                await line.update({
                    product_id: { id, display_name },
                    product_uom_qty: suggestion.quantity,
                    lifecycle_suggestion: [kind, source || 0, rule_id || 0, id].join(":"),
                });
                this.remove(suggestion);
            }
        } finally {
            this.state.busy = false;
        }
    }

    async decline(suggestion, reason) {
        const { screen } = this.read(this.props.record);
        screen.id = this.props.record.resId;
        this.begin(suggestion);
        try {
            await this.orm.call("sale.order", "lifecycle_suggestion_decline", [
                screen,
                identify(suggestion),
                reason,
            ]);
            this.declined.add(suggestion.product_id);
            this.remove(suggestion);
        } finally {
            this.state.busy = false;
        }
        await this.load(this.read(this.props.record));
    }

    begin(suggestion) {
        this.place = this.state.suggestions.indexOf(suggestion);
        this.state.busy = true;
    }

    remove(suggestion) {
        this.state.suggestions = this.state.suggestions.filter((s) => s !== suggestion);
    }

    open({ model, id }) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
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
