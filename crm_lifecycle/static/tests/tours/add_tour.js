import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";

// The longest that Odoo allows a step. Its default of 10 s is little on a busy machine.
const TIMEOUT = 60000;

/** Add a tour that fails because of what is on the screen, never because it is slow. */
export const addTour = (name, { steps }) =>
    registry.category("web_tour.tours").add(name, {
        steps: () => steps().map((step) => ({ timeout: TIMEOUT, ...step })),
    });

/**
 * Without an answer to one of the requests that Odoo's discussions make by themselves,
 * which are on no screen of these tours, the web client tells the user that it connects
 * again, and does. A message of this kind ends a tour only when it is an error.
 */
const goOnWithoutDiscussions = (_env, error, { constructor, url }) => {
    if (constructor === ConnectionLostError && /^\/(mail|bus)\//.test(url)) {
        error.event.preventDefault();
        console.warn(error.traceback);
    }
};

registry
    .category("error_handlers")
    .add("crm_lifecycle_tour", goOnWithoutDiscussions, { sequence: 1 });
