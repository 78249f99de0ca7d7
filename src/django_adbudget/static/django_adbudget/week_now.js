/* The moment and the zone that a week is seen in, by the server's clock. */
"use strict";
(() => {
    const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MINUTE = 60_000;

    /** A text of the server's with its places filled: "%(h)s h a week". */
    const say = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);

    class WeekNow {
        constructor(root, data) {
            this.root = root;
            this.data = data;
            this.skew = data.now - Date.now();
            // What is chosen in Django's own search box is told by jQuery alone.
            django.jQuery("#id_timezone, #id_brand").on("change", () => this.show());
            document.addEventListener("visibilitychange", () => this.show());
            this.tick();
        }

        get zone() {
            const [zone, brand] = ["id_timezone", "id_brand"].map((id) => document.getElementById(id));
            if (zone && zone.value) return zone.value;
            if (brand && brand.value !== String(this.data.brand ?? "")) return "";
            return zone ? this.data.brandZone : this.data.zone;
        }

        get local() {
            const options = {weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: this.zone};
            try {
                const parts = new Intl.DateTimeFormat("en-GB", options).formatToParts(Date.now() + this.skew);
                return Object.fromEntries(parts.map(({type, value}) => [type, value]));
            } catch {
                return null;  // A zone that this browser does not know.
            }
        }

        tick() {
            this.show();
            setTimeout(() => this.tick(), MINUTE - (Date.now() + this.skew) % MINUTE);
        }

        show() {
            const {words} = this.data;
            const {zone} = this;
            const local = zone ? this.local : null;
            const day = local ? WEEKDAYS.indexOf(local.weekday) : -1;
            const city = zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " ");
            const named = zone ? say(words.zone, {city, zone}) : words.brandZone;
            const time = local ? say(words.now, {day: words.days[day], time: `${local.hour}:${local.minute}`}) : "";
            this.root.querySelector("[data-ab=zone]").textContent = named;
            this.root.querySelector("[data-ab=clock]").textContent = time;
            for (const cell of this.root.querySelectorAll(".ab-now")) {
                cell.classList.remove("ab-now");
                cell.removeAttribute("aria-current");
            }
            if (!local) return;
            const hour = Number(local.hour);
            const cell = this.root.querySelector(`tr[data-day="${day}"] td[data-hour="${hour}"]`);
            cell.classList.add("ab-now");
            cell.setAttribute("aria-current", "time");
        }
    }

    window.adbudget = {...window.adbudget, WeekNow, say};
})();
