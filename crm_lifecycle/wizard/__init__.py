from . import (
    base_partner_merge,
    crm_lifecycle_buyer,
    crm_lifecycle_buyer_find,
    crm_lifecycle_offer,
    crm_lifecycle_offer_line,
    crm_lifecycle_pin,
    crm_lifecycle_weights,
    crm_lifecycle_weights_preview,
    crm_lifecycle_what_if,
    crm_lifecycle_what_if_preview,
    crm_lifecycle_what_if_line,
)
