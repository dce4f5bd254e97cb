import { addTour } from "./add_tour";

const stageRow = (stage) =>
    `.o_field_widget[name=line_ids] .o_data_row:has(.badge:text(${stage}))`;

/** Open the rule of a stage, change the value of its last condition and keep it. */
const changeLastValue = (stage, value) => [
    { trigger: `${stageRow(stage)} .o_data_cell[name=rule_text]`, run: "click" },
    {
        trigger: ".modal .o_tree_editor_condition:last .o_tree_editor_editor:last input",
        run: `edit ${value} && click .modal .oe_title`,
    },
    {
        content: "The rule is told in words as it changes",
        trigger: `.modal [name=rule_text]:contains(Loyalty Score < ${value})`,
    },
    { trigger: ".modal .o_form_button_save", run: "click" },
    { trigger: "body:not(:has(.modal))" },
];

const openRules = [
    { trigger: ".o_list_view button[name=action_change_rules]", run: "click" },
    { trigger: ".o_form_view .alert:contains(Nobody would change stage)" },
];

addTour("crm_lifecycle_rules_change", {
    steps: () => [
        ...openRules,
        ...changeLastValue("Active", 1),
        {
            content: "Who would move is told before anything is saved",
            trigger: ".o_form_view .alert:contains(customers would change stage)",
        },
        { trigger: `${stageRow("Active")} [name=expected_count]:text(0)` },
        {
            content: "A stage whose rule stays the same is counted again, too",
            trigger: `${stageRow("Loyal")} [name=expected_count].fw-bold`,
        },
        {
            trigger: ".o_lifecycle_moves tr:contains(Active):contains(Loyal) button",
            run: "click",
        },
        {
            content: "and listed",
            trigger: ".o_list_view .o_data_row:contains(Rules Customer):contains(Active)",
        },
        { trigger: ".breadcrumb-item:contains(Change the Rules)", run: "click" },
        {
            content: "What was changed is still there",
            trigger: `${stageRow("Active")}:contains(Loyalty Score < 1)`,
        },
        { trigger: "button[name=action_apply]", run: "click" },
        { trigger: ".o_notification:contains(The rules are in force)" },
        {
            content: "Back on the list of stages, whose shares add up",
            trigger: ".o_list_view tfoot:contains(100%)",
        },
    ],
});

addTour("crm_lifecycle_rules_restore", {
    steps: () => [
        ...openRules,
        { trigger: "button[name=action_restore_previous]", run: "click" },
        { trigger: `${stageRow("Active")}:contains(Loyalty Score < 70)` },
        { trigger: ".o_lifecycle_moves tr:contains(Loyal):contains(Active)" },
        { trigger: "button[name=action_apply]", run: "click" },
        { trigger: ".o_notification:contains(The rules are in force)" },
        { trigger: ".o_list_view .o_list_button_add" },
    ],
});

addTour("crm_lifecycle_stage_new", {
    steps: () => [
        { trigger: ".o_list_view .o_list_button_add", run: "click" },
        { trigger: ".o_field_widget[name=name] input", run: "edit Tour Stage" },
        {
            content: "A new stage starts with a rule of its own",
            trigger: ".o_field_widget[name=domain] .o_tree_editor a:contains(New Rule)",
            run: "click",
        },
        {
            content: "which may use facts and scores of the customer only",
            trigger: ".o_model_field_selector:contains(Purchases)",
            run: "click",
        },
        { trigger: ".o_model_field_selector_popover_item:contains(Loyalty Score)" },
        {
            trigger:
                ".o_model_field_selector_popover:not(:has([data-name=message_ids], [data-name=stage_id]))",
        },
        { trigger: ".o_model_field_selector_popover_close", run: "click" },
        { trigger: ".o_form_button_save", run: "click" },
        {
            content: "Later it is changed where one sees who moves",
            trigger: ".o_field_widget[name=domain] .o_read_mode",
        },
        { trigger: "button[name=action_change_rules]" },
        {
            content: "and nobody can be in it: the stages before take everybody",
            trigger: ".alert:contains(taken by a stage before)",
        },
    ],
});

addTour("crm_lifecycle_stage_read", {
    steps: () => [
        {
            content: "A salesperson reads what a stage means, and its rule in words",
            trigger: ".o_data_row:contains(Loyal) .o_data_cell[name=description]",
            run: "click",
        },
        { trigger: "[name=rule_text]:contains(Pause against Rhythm ≤ 2)" },
        {
            content: "and changes nothing",
            trigger: ".o_form_view:not(:has(button[name=action_change_rules]))",
        },
        { trigger: ".o_form_readonly" },
    ],
});
