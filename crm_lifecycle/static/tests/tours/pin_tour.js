import { addTour } from "./add_tour";

addTour("crm_lifecycle_pin", {
    steps: () => [
        { trigger: ".o_form_view .badge:contains(New)" },
        { trigger: "button:contains(Set Stage by Hand)", run: "click" },
        {
            content: "A stage, and why",
            trigger: ".modal .o_field_widget[name=stage_id] input",
            run: "edit At risk",
        },
        { trigger: ".ui-menu-item a:contains(At risk)", run: "click" },
        {
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit Shop closed for works",
        },
        { trigger: ".modal button[name=action_pin]", run: "click" },
        {
            content: "The form tells who set it and why, and what the rules say",
            trigger:
                ".alert[name=pin]:contains(lifecycle_seller):contains(Shop closed for works):contains(New)",
        },
        { trigger: ".o_form_view .oe_title .badge:contains(At risk)" },
        { trigger: "a[name=transitions]", run: "click" },
        {
            trigger:
                ".o_field_widget[name=transition_ids] .o_data_row:contains(Set by hand):contains(Shop closed for works)",
        },
        {
            content: "Given free again, the customer follows the rules",
            trigger: "button[name=action_lifecycle_unpin]",
            run: "click",
        },
        { trigger: ".o_form_view .oe_title .badge:contains(New)" },
        { trigger: ".o_form_view:not(:has(.alert[name=pin]))" },
        {
            trigger:
                ".o_field_widget[name=transition_ids] .o_data_row:contains(No longer set by hand)",
        },
    ],
});
