"""make screenshots: photographs of the demo for the README, into docs/images.

Needs what `make demo` has made, and changes nothing in it.
"""

import io
import subprocess
import time
import urllib.request
from contextlib import contextmanager, suppress

import demo
from chromium import chromium
from PIL import Image

import environment
from environment import CHECKOUT
from provision.cache import Stop, say

FOLDER = CHECKOUT / "docs/images"
WIDE = (1920, 900)
NORMAL = (1440, 760)
LONG = (1280, 1180)
PHONE = (390, 844)
COLOURS = 128

ACTION = """
    SELECT res_id
      FROM ir_model_data
     WHERE module = 'crm_lifecycle' AND name = 'crm_lifecycle_{}_action'
"""

# The customer whose story is told: the salesperson's best one who is about to leave.
CUSTOMER = """
    SELECT concat_ws('/', profile.id, partner.id, partner.name)
      FROM crm_lifecycle_profile profile
      JOIN crm_lifecycle_stage stage ON stage.id = profile.stage_id
      JOIN res_partner partner ON partner.id = profile.partner_id
      JOIN res_users seller ON seller.id = partner.user_id AND seller.login = 'sam'
     WHERE stage.name->>'en_US' = 'At risk'
  ORDER BY profile.loyalty_score DESC, profile.id
     LIMIT 1
"""


def main():
    program = environment.find_browser()
    env = environment.ready(database=True)
    database = demo.database_name()
    if database not in env.sql("SELECT datname FROM pg_database").split():
        raise Stop("there is no demo yet: run make demo SERVE=0 first")
    FOLDER.mkdir(parents=True, exist_ok=True)
    customer = env.sql(CUSTOMER, database).strip()
    if not customer:
        raise Stop("the demo has no customer at risk: run make demo SERVE=0 again")
    profile, partner, name = customer.split("/", 2)
    with _served(env, database) as address, chromium(program) as page:
        camera = Camera(page, address, database)
        camera.login("sam")
        for title, size, drawn in (
            ("calls-salesperson", NORMAL, ".o_data_row"),
            ("calls-phone", PHONE, ".o_kanban_record footer"),
        ):
            camera.photograph(title, "calls-for-today", size, drawn=drawn)
        camera.photograph("customers-salesperson", "customer-lifecycle", WIDE)
        camera.photograph("profile-salesperson", f"customer-lifecycle/{profile}", LONG)
        camera.photograph("profile-phone", f"customer-lifecycle/{profile}", PHONE)
        camera.photograph("contact-salesperson", f"contacts/{partner}", NORMAL)
        for title, size in (("offers-salesperson", NORMAL), ("offers-phone", PHONE)):
            camera.photograph(
                title, f"customer-lifecycle/{profile}", size, prepare=camera.offer
            )
        camera.photograph(
            "quotation-salesperson",
            "sales/new",
            LONG,
            prepare=lambda: camera.choose(name),
        )
        camera.login("admin")
        camera.photograph("customers-manager", "customer-lifecycle", WIDE)
        camera.photograph("profile-manager", f"customer-lifecycle/{profile}", LONG)
        camera.photograph(
            "matrix-manager",
            "customer-segments",
            NORMAL,
            drawn=".o_lifecycle_matrix td",
        )
        camera.photograph(
            "suggestions-manager", "suggestion-results", NORMAL, drawn=".o_pivot td"
        )
        stages, history = (
            f"action-{env.sql(ACTION.format(name), database).strip()}"
            for name in ("stage", "history")
        )
        camera.photograph("history-manager", history, NORMAL)
        camera.photograph("rules-manager", stages, LONG, prepare=camera.stop_using)


@contextmanager
def _served(env, database):
    """Serve the demo, without its scheduled jobs, and yield the address."""
    port = env.free_port()
    config = env.write_config(database, port)
    server = subprocess.Popen(
        env.odoo(config, "--max-cron-threads=0", "--log-level=warn")
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(server, f"{address}/web/health")
        yield address
    finally:
        server.terminate()
        server.wait()


def _wait_until_up(server, url):
    limit = time.monotonic() + 60
    while time.monotonic() < limit and server.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=60):
            return
        time.sleep(0.5)
    raise Stop("Odoo did not start; see its messages above")


class Camera:
    """Takes pictures of the web client as one user or another."""

    def __init__(self, page, address, database):
        self.page = page
        self.address = address
        self.database = database

    def login(self, name):
        """Log in as `name`, whose password is the name."""
        self.page.call("Network.clearBrowserCookies")
        self.page.open(f"{self.address}/web/login")
        self.page.evaluate(
            f"""
            fetch("/web/session/authenticate", {{
                method: "POST",
                headers: {{"Content-Type": "application/json"}},
                body: JSON.stringify({{params: {{
                    db: "{self.database}", login: "{name}", password: "{name}",
                }}}}),
            }}).then((response) => response.text())
            """
        )

    def photograph(self, title, path, size, prepare=None, drawn=".o_view_controller"):
        """Save the screen at `path`, once `drawn` is there and `prepare` was called, in
        docs/images."""
        self.page.resize(*size)
        self.page.open(f"{self.address}/odoo/{path}")
        self._wait_until_drawn(drawn)
        # of a board wider than the screen, the right side: those who have bought
        self.page.evaluate(
            """
            document.querySelectorAll(".o_content, .o_kanban_renderer").forEach(
                (element) => element.scrollTo(10000, 0)
            )
            """
        )
        if prepare:
            prepare()
        image = Image.open(io.BytesIO(self._stand_still())).convert("RGB")
        file = FOLDER / f"{title}.png"
        image.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
        say(f"{file.relative_to(CHECKOUT)}: {file.stat().st_size // 1024} kB")

    def _stand_still(self):
        """:return: the screen as PNG, once it is the same twice: charts grow for a
        while"""
        screen = None
        for _try in range(10):
            last, screen = screen, self.page.screenshot()
            if screen == last:
                break
            time.sleep(0.5)
        return screen

    def stop_using(self):
        """What if the last stage were not used any more? Nothing is applied."""
        row = ".o_field_widget[name=line_ids] .o_data_row:last-child"
        for selector in (
            "button[name=action_change_rules]",
            f"{row} .o_data_cell[name=rule_text]",
            ".modal .o_field_widget[name=is_used] input",
            ".modal .o_form_button_save",
        ):
            self._wait_until_drawn(selector)
            self.page.evaluate(f"document.querySelector('{selector}').click()")
        self._wait_until_drawn(".o_lifecycle_moves tr")

    def offer(self):
        """Ask what to offer the customer on the screen."""
        button = "button[name=action_offer]"
        self._wait_until_drawn(button)
        self.page.evaluate(f"document.querySelector('{button}').click()")
        self._wait_until_drawn(".modal [name=is_chosen]")

    def choose(self, customer):
        """Choose the customer of a quotation."""
        self.page.evaluate("document.querySelector('[name=partner_id] input').focus()")
        self.page.call("Input.insertText", text=customer)
        item = ".o-autocomplete--dropdown-item a"
        first = f"document.querySelector('{item}')"
        self.page.wait_for(f"{first}?.innerText.includes({customer!r})")
        self.page.evaluate(f"{first}.click()")
        self._wait_until_drawn(".o_lifecycle_suggestion")

    def _wait_until_drawn(self, selector):
        """Until `selector` is there, nothing is loading and every image has come."""
        self.page.wait_for(
            f"""
            document.querySelector("{selector}")
            && !document.querySelector(".o_loading_indicator")
            && [...document.images].every((image) => image.complete)
            """
        )
        time.sleep(1)  # transitions


if __name__ == "__main__":
    environment.main(main)
