import { stepUtils } from "@web_tour/tour_utils";
import { addTour } from "./add_tour";

const openSalesMenu = (menu, item) => [
    stepUtils.showAppsMenuItem(),
    stepUtils.goToAppSteps("sale.sale_menu_root", "Sales")[1],
    { trigger: `[data-menu-xmlid='${menu}']`, run: "click" },
    { trigger: `.dropdown-item[data-menu-xmlid='crm_lifecycle.${item}']`, run: "click" },
];

addTour("crm_lifecycle_actions", {
    steps: () => [
        ...openSalesMenu("sale.menu_sale_config", "crm_lifecycle_action_menu_sale"),
        {
            content: "The examples are there, switched off",
            trigger:
                ".o_data_row:contains(Call the customer at risk):has(td[name=active] input:not(:checked)) td[name=name]",
            run: "click",
        },
        {
            content: "Whom it would reach is told before it is switched on",
            trigger: ".o_field_widget[name=preview]:contains(today: 1)",
        },
        {
            trigger: "button[name=action_open_reached]:contains(1)",
            run: "click",
        },
        { trigger: ".o_data_row:contains(Tour Customer)" },
        { trigger: ".breadcrumb-item:contains(Call the customer)", run: "click" },
        { trigger: ".o_field_widget[name=active] input", run: "click" },
        { trigger: ".breadcrumb-item:contains(Stage Actions)", run: "click" },
        {
            content: "Switching is saved at once",
            trigger:
                ".o_data_row:contains(Call the customer at risk):has(td[name=active] input:checked)",
        },
    ],
});

addTour("crm_lifecycle_held", {
    steps: () => [
        ...openSalesMenu("sale.sale_order_menu", "crm_lifecycle_held_menu_sale"),
        {
            content: "Why it is held stands beside it",
            trigger:
                ".o_data_row:contains(Tour Customer):contains(At risk):contains(Old document) .o_list_record_selector input",
            run: "click",
        },
        { trigger: ".o_control_panel button[name=action_release]", run: "click" },
        { trigger: ".modal-footer .btn-primary", run: "click" },
        {
            content: "What was released waits no more",
            trigger: ".o_view_nocontent:contains(No move is held)",
        },
    ],
});

addTour("crm_lifecycle_action_log", {
    steps: () => [
        ...openSalesMenu("sale.sale_order_menu", "crm_lifecycle_outbox_menu_sale"),
        {
            content: "What was not done for my customer, and why",
            trigger:
                ".o_data_row:contains(Tour Customer):contains(Skipped) td[name=reason]:contains(No automatic actions)",
        },
        {
            content: "Customers of others are not listed",
            trigger: ".o_list_view:not(:has(.o_data_row:contains(Their Customer)))",
        },
        {
            trigger: ".o_data_row:contains(Tour Customer) td[name=action_id]",
            run: "click",
        },
        { trigger: ".o_form_view .o_field_widget[name=action_id]:contains(Call)" },
        {
            content: "Trying again is for sales administrators",
            trigger: ".o_form_view:not(:has(button[name=action_retry]))",
        },
    ],
});

addTour("crm_lifecycle_action_log_profile", {
    steps: () => [
        {
            trigger: "button[name=action_open_outbox]:contains(1)",
            run: "click",
        },
        { trigger: ".o_data_row:contains(Tour Customer):contains(Skipped)" },
    ],
});
