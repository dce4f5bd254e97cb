import { addTour } from "./add_tour";

const suggestion = (name) => `.o_lifecycle_suggestion:contains(${name})`;
const line = (name) => `.o_field_widget[name=order_line] .o_data_row:contains(${name})`;
const noLine = (name) => `.o_field_widget[name=order_line]:not(:has(${line(name)}))`;
const noSuggestion = (name) => `.o_lifecycle_suggestions:not(:has(${suggestion(name)}))`;
const click = (trigger) => ({ trigger, run: "click" });
const choose = [
    { trigger: ".o_field_widget[name=partner_id] input", run: "edit Tour Customer" },
    click(".o-autocomplete--dropdown-item > a:contains(Tour Customer)"),
];
const product = (name) => `.o_kanban_record:contains(${name})`;
const save = [click(".o_form_button_save:enabled"), { trigger: ".o_form_saved" }];

addTour("crm_lifecycle_suggestions", {
    steps: () => [
        {
            content: "Nothing is offered before there is a customer",
            trigger: ".o_lifecycle_suggestions:contains(Choose a customer)",
        },
        ...choose,
        click(`${suggestion("Tour Desk")} .o_lifecycle_add`),
        { trigger: line("Tour Desk") },
        {
            content: "Who discards a new quotation gets the list, and no error later on",
            ...click(".o_form_button_cancel:enabled"),
        },
        {
            trigger: ".o_list_button_add",
            run: () => new Promise((resolve) => setTimeout(resolve, 600)),
        },
        click(".o_list_button_add"),
        ...choose,
        {
            content: "Reason and his own price, in his currency, before anything is saved",
            trigger: `${suggestion("Tour Desk")}:contains(Popular):contains(180.00):contains(€)`,
        },
        click(`${suggestion("Tour Desk")} .o_lifecycle_add`),
        {
            content: "The line has priced itself",
            trigger: `${line("Tour Desk")} [name=price_unit]:contains(180.00)`,
        },
        {
            content: "What is on the order is not offered any more, but what goes with it",
            trigger: `.o_lifecycle_suggestions:not(:has(.fw-bold:contains(/^Tour Desk$/)))`,
        },
        { trigger: suggestion("Often bought together with Tour Desk") },
        {
            content: "Lines that are no products do not matter",
            ...click("a:contains(Add a section)"),
        },
        {
            trigger: ".o_field_widget[name=order_line] .o_selected_row :is(input, textarea)",
            run: "edit Extras",
        },
        {
            content: "A better choice says what it costs more, and takes the line's place",
            trigger: `${suggestion("Tour Big Desk")}:contains(144.00):contains(more margin)`,
        },
        click(`${suggestion("Tour Big Desk")} .o_lifecycle_swap`),
        { trigger: `${line("Tour Big Desk")} [name=price_unit]:contains(324.00)` },
        { trigger: `${line("Tour Big Desk")} [name=product_uom_qty]:contains(1.00)` },
        { trigger: noLine("Tour Desk") },
        {
            content: "A product in another unit is priced in that unit",
            trigger: `${suggestion("Tour Chair")}:contains(54.00):contains(/ Dozens)`,
        },
        click(`${suggestion("Tour Chair")} .o_lifecycle_add`),
        { trigger: `${line("Tour Chair")} [name=product_uom_id]:contains(Dozens)` },
        { trigger: `${line("Tour Chair")} [name=price_unit]:contains(54.00)` },
        {
            content: "Of a product with variants, one is offered and added, no question asked",
            ...click(`${suggestion("Tour Carpet (Blue)")} .o_lifecycle_add`),
        },
        { trigger: `${line("Tour Carpet")}:contains(Blue)` },
        {
            content: "Escape closes the reasons, and nothing is declined",
            ...click(`${suggestion("Tour Plant")} .o_lifecycle_decline`),
        },
        { trigger: ".o-dropdown--menu:contains(Too expensive)", run: "press Escape" },
        { trigger: "body:not(:has(.o-dropdown--menu))" },
        click(`${suggestion("Tour Plant")} .o_lifecycle_decline`),
        click(".o-dropdown--menu .o-dropdown-item:contains(Too expensive)"),
        { trigger: noSuggestion("Tour Plant") },
        { trigger: ".o_field_widget[name=order_line] .o_data_row.o_is_line_section" },
        ...save,
        {
            content: "The catalog marks what is suggested",
            ...click(".o_field_widget[name=order_line] button[name=action_add_from_catalog]"),
        },
        { trigger: `${product("Tour Huge Desk")} .badge:contains(Better choice)` },
        { trigger: `${product("Tour Plant")}:not(:has(.badge))` },
        click(".o_searchview_dropdown_toggler"),
        click(".o-dropdown--menu .o-dropdown-item:contains(Suggested for This Customer)"),
        { trigger: `.o_kanban_renderer:not(:has(${product("Tour Plant")}))` },
        click(`.o_kanban_record:contains(Tour Desk) button:contains(Add)`),
        { trigger: ".o_product_added:contains(Tour Desk)" },
        click("button:contains(Back to Quotation)"),
        { trigger: line("Tour Desk") },
        {
            content: "Discarding undoes a swap",
            ...click(`${suggestion("Tour Huge Desk")} .o_lifecycle_swap`),
        },
        { trigger: line("Tour Huge Desk") },
        { trigger: noLine("Tour Big Desk") },
        click(".o_form_button_cancel:enabled"),
        { trigger: line("Tour Big Desk") },
        { trigger: noLine("Tour Huge Desk") },
        {
            content: "and it is offered again, what was declined is not",
            trigger: suggestion("Tour Huge Desk"),
        },
        { trigger: noSuggestion("Tour Plant") },
        {
            content: "A better choice may be had as well",
            ...click(`${suggestion("Tour Huge Desk")} .o_lifecycle_add`),
        },
        { trigger: line("Tour Huge Desk") },
        { trigger: line("Tour Big Desk") },
        click(".o_form_button_cancel:enabled"),
        { trigger: noLine("Tour Huge Desk") },
        click("button[name=action_confirm]:enabled"),
        { trigger: ".o_arrow_button_current:contains(Sales Order)" },
    ],
});
