/* The rows of a form in which a week's windows are posted, read and written.

   No row is ever taken out: one that is not wanted is marked as deleted, and is used again for the next window. So
   their numbers stay, and however much is painted, there are never many more rows than windows. */
"use strict";
(() => {
    const {DAY, same} = window.adbudget.week;
    const CLOCK = /^\s*(\d{1,2})(?:[:.h]?([0-5]\d))?(?::00(?:\.0+)?)?\s*$/;

    /** Minutes of the day; null for what is no time. */
    function parse(text) {
        const [, hour, minute] = CLOCK.exec(text) || [];
        const at = Number(hour) * 60 + Number(minute || 0);
        return at <= DAY ? at : null;
    }

    function clock(minutes) {
        const at = minutes % DAY;
        return `${String(Math.floor(at / 60)).padStart(2, "0")}:${String(at % 60).padStart(2, "0")}`;
    }

    class Row {
        constructor(tr) {
            const field = (name) => tr.querySelector(`[name$="-${name}"]`);
            const before = tr.previousElementSibling;
            this.tr = tr;
            this.errors = before && before.matches(".row-form-errors") ? before : null;
            this.day = field("day_of_week");
            this.start = field("start_time");
            this.end = field("end_time");
            this.active = field("is_active");
            this.gone = field("DELETE");
            const id = field("id");
            this.isStored = Boolean(id && id.value);
            this.isWanted = this.hasErrors;
        }

        get hasErrors() {
            return Boolean(this.errors || this.tr.querySelector(".errorlist"));
        }

        get isBlank() {
            return !this.isStored && !(this.day.value || this.start.value || this.end.value);
        }

        /** Whether another window may be written here. */
        get isFree() {
            return this.gone.checked || (this.isBlank && !this.isWanted);
        }

        /** Its window, if it has an active one that can be read. */
        get window() {
            if (this.gone.checked || !this.active.checked || this.day.value === "") return null;
            const [start, end] = [parse(this.start.value), parse(this.end.value)];
            if (start === null || end === null || start === DAY || (start === end && start)) return null;
            return {day: Number(this.day.value), start, end: end > start ? end : end + DAY, row: this};
        }

        get values() {
            const {day, start, end, active, gone} = this;
            return [day.value, start.value, end.value, active.checked, gone.checked];
        }

        set values([day, start, end, isActive, isGone]) {
            [this.day.value, this.start.value, this.end.value] = [day, start, end];
            [this.active.checked, this.gone.checked] = [isActive, isGone];
        }

        write(window) {
            const now = this.window;
            if (now && same(now, window)) return;
            this.values = [String(window.day), clock(window.start), clock(window.end), true, false];
            this.isWanted = false;
        }

        remove() {
            this.gone.checked = true;
        }

        /** Hours and minutes as they will be stored, for what people type: 9, 930, 24:00. */
        normalize() {
            for (const input of [this.start, this.end]) {
                const at = parse(input.value);
                if (at !== null) input.value = clock(at);
            }
        }

        show() {
            this.tr.classList.toggle("ab-deleted", this.gone.checked);
            this.tr.hidden = !this.isStored && (this.gone.checked || this.isFree);
            if (this.errors) this.errors.hidden = this.tr.hidden;
        }
    }

    class Rows {
        constructor(root) {
            this.prefix = root.dataset.prefix;
            this.total = root.querySelector(`[name="${this.prefix}-TOTAL_FORMS"]`);
            this.template = root.querySelector("tr.empty-form");
            this.total.autocomplete = "off";
            this.all = [...root.querySelectorAll("tr.ab-row:not(.empty-form)")].map((tr) => new Row(tr));
            this.show();
        }

        get windows() {
            return this.all.map((row) => row.window).filter(Boolean);
        }

        /** Every row as it is, to come back to. */
        get state() {
            return new Map(this.all.map((row) => [row, row.values]));
        }

        set state(state) {
            for (const row of this.all) {
                if (state.has(row)) row.values = state.get(row);
                else row.remove();
            }
            this.show();
        }

        /** Makes these the windows. Rows of windows that are not active have none, and stay as they are. */
        write(windows, dayOrder) {
            const kept = windows.filter((window) => window.row);
            const rows = new Set(kept.map((window) => window.row));
            for (const {row} of this.windows) if (!rows.has(row)) row.remove();
            for (const window of kept) window.row.write(window);
            for (const window of windows) if (!window.row) this.free().write(window);
            this.sort(dayOrder);
            this.show();
        }

        add() {
            const row = this.free(true);
            row.values = ["", "", "", true, false];
            row.isWanted = true;
            this.show();
            return row;
        }

        free(isNew = false) {
            return this.all.find((row) => row.isFree && !(isNew && row.isStored)) || this.clone();
        }

        clone() {
            const number = Number(this.total.value);
            const tr = this.template.cloneNode(true);
            tr.classList.remove("empty-form");
            tr.id = `${this.prefix}-${number}`;
            for (const element of tr.querySelectorAll("[name], [id], [for]")) {
                for (const name of ["name", "id", "for"]) {
                    const value = element.getAttribute(name);
                    if (value) element.setAttribute(name, value.replace("__prefix__", number));
                }
            }
            this.template.before(tr);
            this.total.value = number + 1;
            const row = new Row(tr);
            this.all.push(row);
            return row;
        }

        sort(dayOrder) {
            const key = ({window}) => window ? dayOrder.indexOf(window.day) * DAY + window.start : Infinity;
            const keys = new Map(this.all.map((row) => [row, key(row)]));
            const sorted = [...this.all].sort((a, b) => keys.get(a) - keys.get(b) || 0);
            for (const row of sorted) this.template.before(...(row.errors ? [row.errors] : []), row.tr);
        }

        show() {
            for (const row of this.all) row.show();
        }
    }

    window.adbudget.WeekRows = Rows;
})();
