import { stepUtils } from "@web_tour/tour_utils";
import { addTour } from "./add_tour";

const openCustomer = (viewSelector) => [
    {
        trigger: ".o_searchview_input",
        run: "edit Tour Customer",
    },
    { trigger: ".o_searchview_input", run: "press Enter" },
    { trigger: ".o_searchview_facet:contains(Tour Customer)" },
    { trigger: `${viewSelector}:contains(Tour Customer)`, run: "click" },
];

addTour("crm_lifecycle_screens", {
    steps: () => [
        {
            content: "The list of contacts shows the stage",
            trigger: ".o_data_row:contains(Tour Customer) .badge:contains(New)",
        },
        ...openCustomer(".o_data_row .o_data_cell[name=complete_name]"),
        {
            content: "and so does the contact, in words, too",
            trigger: "div[name=lifecycle_summary]:contains(New):contains(Bought once)",
        },
        {
            content: "The button leads to the profile",
            trigger: "button[name=action_open_lifecycle]:contains(New):contains(Loyalty)",
            run: "click",
        },
        {
            content: "which shows at once how likely the next purchase is, and the risk",
            trigger: "div[name=chances]:contains(30 days):contains(a year)",
        },
        { trigger: "[name=risk_level]:contains(Low)" },
        {
            content: "what the customer is worth, as far as this salesperson may know",
            trigger: ".o_value_explanation:contains(Loyalty):not(:contains(Revenue))",
        },
        {
            content: "and why the customer has this score",
            trigger: ".nav-link[name=loyalty]",
            run: "click",
        },
        {
            content: "part by part",
            trigger: ".o_loyalty_explanation tr:contains(Last purchase):contains(of 20)",
        },
        { trigger: ".o_loyalty_explanation tr:contains(Purchases in 12 months: 1.)" },
        {
            content: "without amounts, which this salesperson must not see",
            trigger: ".o_form_view:not(:has([name=expected_value]))",
        },
        {
            content: "Recompute is for everybody who sells",
            trigger: "button[name=action_lifecycle_recompute]",
            run: "click",
        },
        { trigger: ".o_form_view:contains(Tour Customer)" },
        stepUtils.showAppsMenuItem(),
        stepUtils.goToAppSteps("sale.sale_menu_root", "Sales")[1],
        { trigger: "[data-menu-xmlid='sale.sale_order_menu']", run: "click" },
        {
            trigger:
                ".dropdown-item[data-menu-xmlid='crm_lifecycle.crm_lifecycle_profile_menu_sale']",
            run: "click",
        },
        {
            content: "Customers are in the column of their stage",
            trigger: ".o_kanban_group:has(.o_column_title:contains(New)) .o_kanban_record:contains(Tour Customer)",
        },
        {
            content: "where they stay: a stage is computed",
            trigger: ".o_kanban_renderer:not(:has(.o_draggable))",
        },
        ...openCustomer(".o_kanban_record"),
        { trigger: ".o_form_view .badge:contains(New)" },
        { trigger: "a[name=facts]", run: "click" },
        { trigger: ".o_field_widget[name=order_count_12m]:contains(1)" },
        { trigger: "a[name=transitions]", run: "click" },
        { trigger: ".o_field_widget[name=transition_ids] .o_data_row:contains(New)" },
    ],
});

addTour("crm_lifecycle_story", {
    steps: () => [
        { trigger: "div[name=lifecycle_summary] .badge:contains(New)" },
        {
            content: "A quotation for this customer",
            trigger: "button.oe_stat_button:contains(Sales)",
            run: "click",
        },
        { trigger: ".o_list_button_add", run: "click" },
        { trigger: ".o_field_widget[name=lifecycle_stage_id] .badge:contains(New)" },
        {
            content: "What goes with what the customer has is suggested",
            trigger: ".o_lifecycle_suggestion:contains(Tour Chair) button",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=order_line] .o_data_row:contains(Tour Chair)",
        },
        { trigger: "button[name=action_confirm]:enabled", run: "click" },
        { trigger: ".o_arrow_button_current:contains(Sales Order)" },
    ],
});

addTour("crm_lifecycle_story_end", {
    steps: () => [
        {
            content: "The second purchase has made an active customer",
            trigger: "div[name=lifecycle_summary]:contains(Active):contains(today)",
        },
        { trigger: "button[name=action_open_lifecycle]", run: "click" },
        { trigger: "a[name=transitions]", run: "click" },
        {
            trigger: ".o_field_widget[name=transition_ids] .o_data_row:contains(New):contains(Active)",
        },
        {
            content: "and the chatter tells it",
            trigger: ".o-mail-Message:contains(New):contains(Active)",
        },
    ],
});
