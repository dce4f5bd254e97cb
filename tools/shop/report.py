"""What the addon says about the shop's customers, in a terminal."""

from collections import Counter

from .selling import screen

BAR = 40  # characters of the longest bar


def show(env, company):
    """Print the report.

    :return: names of the stages that nobody is in
    """
    profiles = env["crm.lifecycle.profile"].search([("company_id", "=", company.id)])
    empty = _show_stages(env, company, profiles)
    _show_at_risk(profiles)
    _show_loyalty(profiles)
    _show_suggestions(env, company, profiles)
    return empty


def _title(text):
    print(f"\n{text}\n{'-' * len(text)}")


def _show_stages(env, company, profiles):
    stages = env["crm.lifecycle.stage"]._get_company_stages(company)
    counts = Counter(profile.stage_id for profile in profiles)
    _title(f"{len(profiles)} customers and prospects by stage")
    for stage in stages:
        share = counts[stage] / max(len(profiles), 1)
        bar = "#" * round(BAR * share)
        print(f"{stage.name:<14}{counts[stage]:>6}{share:>8.1%}  {bar}")
    return [stage.name for stage in stages if not counts[stage]]


def _show_at_risk(profiles):
    """The ten who are worth most among those who are late."""
    at_risk = profiles.filtered(
        lambda profile: profile.recency_ratio > 2 and profile.probability_90 > 0.02
    )
    at_risk = at_risk.sorted(lambda profile: -profile.net_invoiced_12m)
    _title("Ten most at risk: overdue customers by what they bought in 12 months")
    for profile in at_risk[:10]:
        print(
            f"{profile.partner_id.display_name}: {profile.stage_id.name}, bought for "
            f"{profile.currency_id.format(profile.net_invoiced_12m)}, "
            f"{profile.probability_90:.0%} to buy within 90 days\n"
            f"    {profile.lifecycle_summary}"
        )


def _show_loyalty(profiles):
    buyers = profiles.filtered("order_count")
    counts = Counter(min(int(profile.loyalty_score // 10), 9) for profile in buyers)
    _title(f"Loyalty score of {len(buyers)} customers")
    for ten in range(10):
        bar = "#" * round(BAR * counts[ten] / max(counts.values()))
        print(f"{10 * ten:>3} to {10 * ten + 10:<4}{counts[ten]:>5}  {bar}")


def _show_suggestions(env, company, profiles):
    """On a new quotation for the most loyal customer, the one at risk who is worth most
    and a new one."""
    _title("Suggestions on a new quotation")
    for name, key in (
        ("Loyal", "loyalty_score"),
        ("At risk", "net_invoiced_12m"),
        ("New", "net_invoiced_12m"),
    ):
        stage = profiles.filtered(lambda profile, n=name: profile.stage_id.name == n)
        for profile in stage.sorted(lambda profile, k=key: -profile[k])[:1]:
            partner = profile.partner_id
            print(f"{partner.display_name} ({profile.stage_id.name})")
            _print_suggestions(env, company, partner)


def _print_suggestions(env, company, partner):
    order = env["sale.order"].new({"partner_id": partner.id, "company_id": company.id})
    answer = env["sale.order"].lifecycle_suggestions(screen(order), [])
    for row in answer["suggestions"]:
        print(f"    {row['name']}, {row['price_label']}: {row['reason']}")
    if answer["message"]:
        print(f"    {answer['message']}")
