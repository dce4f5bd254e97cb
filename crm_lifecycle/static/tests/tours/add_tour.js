import { registry } from "@web/core/registry";

// The longest that Odoo allows a step. Its default of 10 s is little on a busy machine.
const TIMEOUT = 60000;

/** Add a tour that fails because of what is on the screen, never because it is slow. */
export const addTour = (name, { steps }) =>
    registry.category("web_tour.tours").add(name, {
        steps: () => steps().map((step) => ({ timeout: TIMEOUT, ...step })),
    });
