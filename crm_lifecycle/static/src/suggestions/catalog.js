import { patch } from "@web/core/utils/patch";
import { ProductCatalogKanbanRecord } from "@product/product_catalog/kanban_record";

/** What is added from the catalog as suggested tells so, as in the panel of the order. */
patch(ProductCatalogKanbanRecord.prototype, {
    _getUpdateQuantityAndGetPriceParams() {
        const params = super._getUpdateQuantityAndGetPriceParams();
        const mark = this.props.record.data.lifecycle_suggestion;
        return mark ? { ...params, lifecycle_suggestion: mark } : params;
    },
});
