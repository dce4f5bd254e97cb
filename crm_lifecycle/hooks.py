def post_init_hook(env):
    """Give control back at once: the first run is the nightly job's."""
    env.ref("crm_lifecycle.ir_cron_nightly")._trigger()


def uninstall_hook(env):
    """Profiles and transitions hold on to the stages, which Odoo deletes first."""
    env.cr.execute("DELETE FROM crm_lifecycle_outbox")
    env.cr.execute("DELETE FROM crm_lifecycle_transition")
    env.cr.execute("DELETE FROM crm_lifecycle_profile")
