import { addTour } from "./add_tour";

addTour("crm_lifecycle_offer", {
    steps: () => [
        {
            content: "From the contact",
            trigger: "button[name=action_lifecycle_offer]",
            run: "click",
        },
        {
            content: "Why this product; amounts are not for this salesperson",
            trigger:
                ".modal .o_data_row:contains(Tour Chair) .o_data_cell[name=reason]:contains(Tour Desk)",
        },
        {
            trigger: ".modal:not(:has(th[data-name=expected_value]))",
        },
        {
            content: "What he needs for what he owns",
            trigger: ".modal [name=installed_ids] .o_data_row:contains(Tour Lamp)",
        },
        {
            content: "Choose it",
            trigger:
                ".modal .o_data_row:contains(Tour Chair) .o_data_cell[name=is_chosen] .o-checkbox",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_create_quotation]",
            run: "click",
        },
        {
            content: "A quotation with it",
            trigger: ".o_field_widget[name=order_line] .o_data_row:contains(Tour Chair)",
        },
    ],
});

addTour("crm_lifecycle_buyers", {
    steps: () => [
        {
            content: "From the product",
            trigger: "button[name=action_lifecycle_buyers]",
            run: "click",
        },
        {
            content: "Who is likely to buy it, and why",
            trigger: ".o_data_row:contains(Tour Customer) .o_data_cell[name=reason]:contains(Tour Desk)",
        },
        {
            content: "Only his own customers",
            trigger: ".o_list_view:not(:contains(Other 0))",
        },
        {
            trigger: ".o_data_row:contains(Tour Customer) .o_list_record_selector input",
            run: "click",
        },
        {
            trigger: "button[name=action_schedule]",
            run: "click",
        },
        {
            trigger: ".modal button:contains(Save)",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});
