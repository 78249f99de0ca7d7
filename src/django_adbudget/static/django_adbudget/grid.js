/* The dayparting grid: paints into the rows of the form, and draws what stands in them. */
"use strict";
(() => {
    const {HOUR, DAY, copy, cut, fill, length, minutes, open, presets, within} = window.adbudget.week;
    const SVG = "http://www.w3.org/2000/svg";
    const STEPS = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};

    const {say} = window.adbudget;
    const clock = (at) => `${String(Math.floor(at / HOUR)).padStart(2, "0")}:${String(at % HOUR).padStart(2, "0")}`;
    const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

    class Grid {
        constructor(root, data) {
            this.root = root;
            this.data = data;
            this.words = data.words;
            this.rows = new window.adbudget.WeekRows(root);
            this.table = root.querySelector(".ab-week");
            this.days = [...this.table.querySelectorAll("tr[data-day]")].map((tr) => Number(tr.dataset.day));
            this.history = [];
            this.stroke = null;
            this.dress();
            this.listen();
            this.draw();
            this.focus([1, 1], false);
            this.part("details").open = this.hasFineRows;
        }

        part(name) {
            return this.root.querySelector(name === "details" ? name : `[data-ab="${name}"]`);
        }

        get hasFineRows() {
            return this.rows.all.some((row) => row.hasErrors || (row.isStored && !row.active.checked)
                || (row.window && (row.window.start % HOUR || row.window.end % HOUR)));
        }

        /** Makes a grid of the picture: roles, and headers that can be pressed. */
        dress() {
            this.table.setAttribute("role", "grid");
            this.table.setAttribute("aria-multiselectable", "true");
            this.table.setAttribute("aria-label", this.table.parentElement.getAttribute("aria-label"));
            for (const name of ["tabindex", "role", "aria-label"]) this.table.parentElement.removeAttribute(name);
            for (const hidden of this.root.querySelectorAll(".ab-presets, .ab-week-hint, .ab-add-window")) {
                hidden.hidden = false;
            }
            this.cells = [...this.table.rows].map((tr) => [...tr.cells].map((cell) => this.dressed(cell)));
            this.places = new Map(this.cells.flatMap((row, r) => row.map((cell, c) => [cell, [r, c]])));
        }

        dressed(cell) {
            if (cell.tagName === "TD") {
                cell.setAttribute("role", "gridcell");
                cell.tabIndex = -1;
                return cell;
            }
            const button = document.createElement("button");
            button.type = "button";
            button.tabIndex = -1;
            button.append(...cell.childNodes);
            cell.append(button);
            return button;
        }

        listen() {
            const {table} = this;
            table.addEventListener("keydown", (event) => this.press(event));
            table.addEventListener("click", (event) => this.click(event));
            table.addEventListener("pointerdown", (event) => this.pointerDown(event));
            table.addEventListener("pointermove", (event) => this.pointerMove(event));
            table.addEventListener("pointerup", () => this.pointerUp());
            table.addEventListener("pointercancel", () => this.pointerUp(true));
            this.root.querySelector(".ab-presets").addEventListener("click", (event) => this.preset(event.target));
            const list = this.root.querySelector(".ab-rows");
            list.addEventListener("input", () => this.edited());
            list.addEventListener("change", (event) => this.edited(event.target));
            this.part("add").addEventListener("click", () => {
                this.history.push(this.rows.state);
                this.rows.add().day.focus();
                this.draw();
            });
            const mode = document.getElementById("id_dayparting");
            if (mode) mode.addEventListener("change", () => this.draw());
        }

        /** Somebody has edited a row. */
        edited(field) {
            const row = field && this.rows.all.find(({tr}) => tr.contains(field));
            if (row) {
                if (field === row.start || field === row.end) row.normalize();
                this.rows.show();
            }
            this.history = [];
            this.stroke = null;
            this.draw();
        }

        // Strokes: from an anchor to where the pointer or the cursor is, on or off as the anchor was not.

        begin(anchor) {
            const state = this.rows.state;
            this.history.push(state);
            this.stroke = {anchor, before: this.rows.windows, isOn: !this.isWhole(this.area(anchor, anchor))};
            this.extend(anchor);
        }

        extend(to) {
            const {anchor, before, isOn} = this.stroke;
            const area = this.area(anchor, to);
            const change = isOn ? fill : cut;
            const paint = (windows, day) => change(windows, day, area.from, area.to);
            this.stroke.area = area;
            this.rows.write(area.days.reduce(paint, before), this.days);
            this.draw();
        }

        tell() {
            if (!this.stroke) return;
            const {area, isOn} = this.stroke;
            this.announce(isOn ? this.words.painted : this.words.erased, this.describe(area));
        }

        /** The days and minutes between two places; a header is all of its row or column. */
        area([r, c], [toR, toC]) {
            const isAllDays = Math.min(r, toR) === 0;
            const isAllHours = Math.min(c, toC) === 0;
            return {
                days: isAllDays ? this.days : this.days.slice(Math.min(r, toR) - 1, Math.max(r, toR)),
                from: isAllHours ? 0 : (Math.min(c, toC) - 1) * HOUR,
                to: isAllHours ? DAY : Math.max(c, toC) * HOUR,
            };
        }

        isWhole({days, from, to}) {
            return days.every((day) => length(within(this.open[day], from, to)) === to - from);
        }

        describe({days, from, to}) {
            const times = {from: clock(from), to: clock(to)};
            const [first, last] = [days[0], days[days.length - 1]].map((day) => this.words.days[day]);
            if (days.length === 1) {
                const text = to - from === DAY ? this.words.allDay : this.words.hour;
                return say(text, {day: first, ...times});
            }
            return days.length === 7 ? say(this.words.everyDay, times) : say(this.words.range, {first, last, ...times});
        }

        announce(text, what) {
            const said = say(text, {what, length: this.part("length").textContent});
            this.part("live").textContent = said;
        }

        undo() {
            if (!this.history.length) return;
            this.rows.state = this.history.pop();
            this.stroke = null;
            this.draw();
            this.announce(this.words.changed, this.part("undo").textContent);
        }

        // The keyboard.

        press(event) {
            const at = this.places.get(event.target);
            if (!at) return;
            const isCommand = event.ctrlKey || event.metaKey;
            if (isCommand && event.key.toLowerCase() === "z") this.undo();
            else if (event.key === "Escape" && this.stroke) this.undo();
            else if (event.key === " " && event.target.tagName === "TD") this.toggle(at);
            else if (!this.move(event, at, isCommand)) return;
            event.preventDefault();
        }

        toggle(at) {
            this.begin(at);
            this.tell();
        }

        move(event, [r, c], isCommand) {
            const to = this.target(event.key, r, c, isCommand);
            if (!to || event.altKey || (isCommand && event.key.startsWith("Arrow"))) return false;
            if (!event.shiftKey) {
                this.stroke = null;
            } else {
                if (!this.stroke || this.stroke.pointer !== undefined) this.begin([r, c]);
                this.extend(to);
                this.tell();
            }
            this.focus(to);
            return true;
        }

        /** Where a key leads; left and right are what they are on the screen. */
        target(key, r, c, isCommand) {
            const [lastR, lastC] = [this.cells.length - 1, this.cells[0].length - 1];
            if (key in STEPS) {
                const isMirrored = getComputedStyle(this.table).direction === "rtl";
                const [down, right] = STEPS[key];
                return [clamp(r + down, 0, lastR), clamp(c + (isMirrored ? -right : right), 0, lastC)];
            }
            if (key === "Home") return [isCommand ? 1 : r, 1];
            if (key === "End") return [isCommand ? lastR : r, lastC];
            if (key === "PageUp") return [1, c];
            if (key === "PageDown") return [lastR, c];
            return null;
        }

        focus([r, c], isReal = true) {
            const cell = this.cells[r][c];
            if (this.current) this.current.tabIndex = -1;
            cell.tabIndex = 0;
            this.current = cell;
            if (isReal) cell.focus();
        }

        // The pointer: mouse, finger or pen.

        /** Headers, and cells that a screen reader clicks. */
        click(event) {
            const cell = event.target.closest("td, th");
            const at = cell && this.places.get(cell.tagName === "TD" ? cell : cell.firstElementChild);
            if (!at || (cell.tagName === "TD" && event.detail !== 0)) return;
            this.focus(at);
            this.toggle(at);
        }

        pointerDown(event) {
            const at = this.places.get(event.target.closest("td"));
            if (!at || !event.isPrimary || event.button !== 0) return;
            event.preventDefault();
            this.table.setPointerCapture(event.pointerId);
            this.focus(at);
            this.begin(at);
            this.stroke.pointer = event.pointerId;
            this.stroke.at = at;
        }

        pointerMove(event) {
            if (!this.stroke || this.stroke.pointer !== event.pointerId) return;
            const under = document.elementFromPoint(event.clientX, event.clientY);
            const cell = under && under.closest("td, th");
            const at = cell && this.places.get(cell.tagName === "TD" ? cell : cell.firstElementChild);
            if (!at) return;
            const to = at.map((place) => Math.max(place, 1));
            if (String(to) === String(this.stroke.at)) return;
            this.stroke.at = to;
            this.extend(to);
            this.focus(to);
        }

        pointerUp(isCancelled = false) {
            if (!this.stroke || this.stroke.pointer === undefined) return;
            if (isCancelled) {
                this.undo();
            } else {
                this.tell();
                this.stroke = null;
            }
        }

        // Presets.

        preset(button) {
            if (button === this.part("undo")) {
                this.undo();
                return;
            }
            const change = this.change(button);
            if (!change) return;
            this.history.push(this.rows.state);
            this.stroke = null;
            this.rows.write(change(this.rows.windows), this.days);
            this.draw();
            this.announce(this.words.changed, button.textContent);
        }

        change(button) {
            if (button !== this.part("copy")) return presets[button.dataset.preset];
            const [from, to] = ["copy-from", "copy-to"].map((name) => this.part(name).value.split(",").map(Number));
            return (windows) => copy(windows, from[0], to);
        }

        // What is seen.

        draw() {
            const {windows} = this.rows;
            const total = minutes(windows);
            const text = total % HOUR ? this.words.minutes : this.words.hours;
            this.open = open(windows);
            this.part("length").textContent = say(text, {h: Math.floor(total / HOUR), min: total % HOUR});
            this.part("count").textContent = windows.length;
            this.part("undo").disabled = !this.history.length;
            this.cells.forEach((row, r) => row.forEach((cell, c) => this.drawCell(cell, r, c)));
            this.drawWarning(windows.length);
        }

        drawCell(cell, r, c) {
            const area = this.area([r, c], [r, c]);
            const isWhole = this.isWhole(area);
            if (cell.tagName !== "TD") {
                const isPart = area.days.some((day) => within(this.open[day], area.from, area.to).length);
                cell.setAttribute("aria-pressed", isWhole ? "true" : isPart ? "mixed" : "false");
                cell.setAttribute("aria-label", this.describe(area));
                return;
            }
            const spans = within(this.open[area.days[0]], area.from, area.to);
            const key = String(spans);
            if (cell.dataset.key === key) return;
            cell.dataset.key = key;
            cell.classList.toggle("ab-on", isWhole);
            cell.classList.toggle("ab-part", !isWhole && spans.length > 0);
            cell.setAttribute("aria-selected", String(isWhole));
            const hour = this.describe(area);
            const isPart = !isWhole && spans.length;
            cell.setAttribute("aria-label", isPart ? say(this.words.partly, {hour, min: length(spans)}) : hour);
            cell.replaceChildren(...(isPart ? [this.bars(spans, area.from)] : []));
        }

        bars(spans, from) {
            const svg = document.createElementNS(SVG, "svg");
            svg.setAttribute("viewBox", "0 0 60 1");
            svg.setAttribute("preserveAspectRatio", "none");
            svg.setAttribute("aria-hidden", "true");
            for (const [start, end] of spans) {
                const rect = document.createElementNS(SVG, "rect");
                rect.setAttribute("x", start - from);
                rect.setAttribute("width", end - start);
                rect.setAttribute("height", 1);
                svg.append(rect);
            }
            return svg;
        }

        /** What the campaign does without hours, at once; the server asks the same when it is saved. */
        drawWarning(count) {
            const field = document.getElementById("id_dayparting");
            const mode = field ? field.value : this.data.mode;
            const warning = this.part("warning");
            warning.hidden = count > 0 && mode !== "OFF";
            const text = warning.hidden ? "" : this.words.withoutHours[mode] || "";
            if (warning.textContent !== text) warning.textContent = text;
            const isAsked = count === 0 && mode === "AUTO" && this.data.isHeld;
            this.root.querySelector(".ab-confirm").hidden = !isAsked;
            warning.classList.toggle("ab-loud", isAsked);
        }
    }

    document.addEventListener("DOMContentLoaded", () => {
        for (const root of document.querySelectorAll(".ab-dayparting")) {
            const data = JSON.parse(root.dataset.week);
            new window.adbudget.WeekNow(root, data);
            if ("paint" in root.dataset) new Grid(root, data);
        }
    });
})();
