import { registry } from "@web/core/registry";

const suggestion = (name) => `.o_lifecycle_suggestion:contains(${name})`;
const line = (name) => `.o_field_widget[name=order_line] .o_data_row:contains(${name})`;
const choose = [
    { trigger: ".o_field_widget[name=partner_id] input", run: "edit Tour Customer" },
    {
        trigger: ".o-autocomplete--dropdown-item > a:contains(Tour Customer)",
        run: "click",
    },
];
const save = [
    { trigger: ".o_form_button_save:enabled", run: "click" },
    { trigger: ".o_form_saved" },
];

registry.category("web_tour.tours").add("crm_lifecycle_suggestions", {
    steps: () => [
        {
            content: "Nothing is offered before there is a customer",
            trigger: ".o_lifecycle_suggestions:contains(Choose a customer)",
        },
        ...choose,
        { trigger: `${suggestion("Tour Desk")} button`, run: "click" },
        { trigger: line("Tour Desk") },
        {
            content: "Who discards a new quotation gets the list, and no error later on",
            trigger: ".o_form_button_cancel:enabled",
            run: "click",
        },
        {
            trigger: ".o_list_button_add",
            run: () => new Promise((resolve) => setTimeout(resolve, 600)),
        },
        { trigger: ".o_list_button_add", run: "click" },
        ...choose,
        {
            content: "Reason and price are there before anything is saved",
            trigger: `${suggestion("Tour Desk")}:contains(Popular):contains(100.00)`,
        },
        { trigger: `${suggestion("Tour Desk")} button`, run: "click" },
        {
            content: "The line has priced itself",
            trigger: `${line("Tour Desk")} [name=price_unit]:contains(100.00)`,
        },
        {
            content: "What is on the order is not offered any more, but what goes with it",
            trigger: `.o_lifecycle_suggestions:not(:has(${suggestion("Tour Desk")}))`,
        },
        { trigger: suggestion("Often bought together with Tour Desk") },
        {
            content: "Lines that are no products do not matter",
            trigger: "a:contains(Add a section)",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=order_line] .o_selected_row :is(input, textarea)",
            run: "edit Extras",
        },
        {
            content: "A better choice says what it costs more",
            trigger: `${suggestion("Tour Big Desk")}:contains(80.00 more)`,
        },
        { trigger: `${suggestion("Tour Chair")} button`, run: "click" },
        { trigger: `${line("Tour Chair")} [name=price_unit]:contains(30.00)` },
        { trigger: ".o_field_widget[name=order_line] .o_data_row.o_is_line_section" },
        ...save,
        {
            content: "Discarding undoes an addition",
            trigger: `${suggestion("Tour Big Desk")} button`,
            run: "click",
        },
        { trigger: line("Tour Big Desk") },
        { trigger: ".o_form_button_cancel:enabled", run: "click" },
        {
            trigger: `.o_field_widget[name=order_line]:not(:has(${line("Tour Big Desk")}))`,
        },
        {
            content: "and it is offered again",
            trigger: suggestion("Tour Big Desk"),
        },
        { trigger: "button[name=action_confirm]:enabled", run: "click" },
        { trigger: ".o_arrow_button_current:contains(Sales Order)" },
    ],
});
