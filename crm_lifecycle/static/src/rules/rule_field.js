import { onWillStart } from "@odoo/owl";
import { DomainSelector } from "@web/core/domain_selector/domain_selector";
import { registry } from "@web/core/registry";
import { condition } from "@web/core/tree_editor/condition_tree";
import { DomainField, domainField } from "@web/views/fields/domain/domain_field";

/** The domain selector, offering only what a stage's rule may use: facts and scores. */
export class LifecycleRuleSelector extends DomainSelector {
    setup() {
        super.setup();
        onWillStart(async () => {
            const facts = await this.fieldService.loadFields("crm.lifecycle.scores", {
                attributes: ["store"],
            });
            this.names = Object.keys(facts).filter(
                (name) => facts[name].store && !["id", "company_id"].includes(name)
            );
        });
    }

    getShowArchivedCheckBox() {
        return false;
    }

    getDefaultCondition() {
        return condition("order_count", "=", 1);
    }

    getPathEditorInfo(...args) {
        const info = super.getPathEditorInfo(...args);
        return {
            ...info,
            extractProps: (props) => ({
                ...info.extractProps(props),
                filter: ({ name }) => this.names.includes(name),
                followRelations: false,
            }),
        };
    }
}

export class LifecycleRuleField extends DomainField {
    static components = { DomainSelector: LifecycleRuleSelector };
}

registry.category("fields").add("lifecycle_rule", {
    ...domainField,
    component: LifecycleRuleField,
});
