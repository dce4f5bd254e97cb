def uninstall_hook(env):
    """Profiles and transitions hold on to the stages, which Odoo deletes first."""
    env.cr.execute("DELETE FROM crm_lifecycle_outbox")
    env.cr.execute("DELETE FROM crm_lifecycle_transition")
    env.cr.execute("DELETE FROM crm_lifecycle_profile")
