def post_init_hook(env):
    """Give control back at once: the first run is the nightly job's."""
    env.ref("crm_lifecycle.ir_cron_nightly")._trigger()
