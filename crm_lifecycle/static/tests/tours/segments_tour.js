import { addTour } from "./add_tour";

const cell = (name) => `.o_lifecycle_matrix [data-cell='${name}']`;

addTour("crm_lifecycle_segments", {
    steps: () => [
        {
            content: "The matrix is reached from the customers",
            trigger: ".o_control_panel button:contains(Segmentation Matrix)",
            run: "click",
        },
        {
            content: "Who sees all documents changes no strategy",
            trigger: ".o_lifecycle_matrix:not(:has(.o_lifecycle_edit))",
        },
        {
            trigger: `${cell("A-High loyalty")}:contains(Keep and reward)`,
        },
        { trigger: ".o_lifecycle_matrix tfoot .o_lifecycle_total:contains(2)" },
        {
            content: "Click through to the customers of the cell",
            trigger: `${cell("A-High loyalty")} .o_lifecycle_open`,
            run: "click",
        },
        { trigger: ".o_list_view .o_data_row:contains(Segment Ann)" },
        { trigger: ".o_list_view:not(:has(.o_data_row:contains(Segment Ben)))" },
        {
            content: "which is a filter that can be removed, or saved as a favourite",
            trigger: ".o_searchview_facet:contains(A × High loyalty: Keep and reward)",
        },
        { trigger: ".o_back_button", run: "click" },
        { trigger: "[data-axis=stage_id]", run: "click" },
        {
            trigger: `${cell("A-At risk")}:contains(Call this week) .o_lifecycle_open`,
            run: "click",
        },
        { trigger: ".o_list_view .o_data_row:contains(Segment Ben)" },
    ],
});

addTour("crm_lifecycle_segments_edit", {
    steps: () => [
        {
            trigger: `${cell("A-High loyalty")} .o_lifecycle_edit`,
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=name] input",
            run: "edit Invite to the fair",
        },
        { trigger: ".modal .o_form_button_save", run: "click" },
        { trigger: `${cell("A-High loyalty")}:contains(Invite to the fair)` },
    ],
});

addTour("crm_lifecycle_weights", {
    steps: () => [
        { trigger: ".o_form_view .alert:contains(No score would change)" },
        {
            trigger: ".o_field_widget[name=recency] input",
            run: "edit 0 && press Tab",
        },
        {
            content: "Nothing can be applied before the parts add up",
            trigger: ".alert-danger:contains(25 missing)",
        },
        { trigger: ".o_form_view:not(:has(button[name=action_apply]))" },
        {
            trigger: ".o_field_widget[name=tenure] input",
            run: "edit 35 && press Tab",
        },
        {
            content: "Who rises and who falls is told before anything is saved",
            trigger: ".o_lifecycle_movers tr:contains(Weights Customer)",
        },
        { trigger: "button[name=action_apply]", run: "click" },
        { trigger: ".o_notification:contains(The weights are in force)" },
        { trigger: ".o_kanban_view, .o_list_view" },
    ],
});

addTour("crm_lifecycle_weights_restore", {
    steps: () => [
        { trigger: ".o_field_widget[name=tenure] input:value(35)" },
        { trigger: "button[name=action_restore_previous]", run: "click" },
        { trigger: ".o_field_widget[name=tenure] input:value(10)" },
        { trigger: "button[name=action_apply]", run: "click" },
        { trigger: ".o_notification:contains(The weights are in force)" },
        { trigger: ".o_kanban_view, .o_list_view" },
    ],
});

addTour("crm_lifecycle_documents", {
    steps: () => [
        { trigger: ".nav-link:contains(Why This Score)", run: "click" },
        {
            trigger: ".o_loyalty_explanation [data-documents=purchases_12m]",
            run: "click",
        },
        { trigger: ".o_list_view .o_data_row:contains(Weights Customer)" },
        { trigger: ".o_back_button", run: "click" },
        { trigger: ".o_loyalty_explanation [data-documents=model]", run: "click" },
        { trigger: ".o_form_view:contains(The Second Purchase)" },
    ],
});
