/* The dayparting grid: paints into the rows of the form, and draws what stands in them. */
"use strict";
(() => {
    const {HOUR, copy, cut, fill, minutes, presets} = window.adbudget.week;
    const {say} = window.adbudget;
    const STEPS = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
    const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

    class Grid {
        constructor(root, data) {
            this.root = root;
            this.data = data;
            this.words = data.words;
            this.rows = new window.adbudget.WeekRows(root);
            this.table = root.querySelector(".ab-week");
            this.picture = new window.adbudget.WeekPicture(this.table, data.words);
            this.history = [];
            this.stroke = null;
            for (const hidden of root.querySelectorAll(".ab-presets, .ab-week-hint, .ab-add-window")) {
                hidden.hidden = false;
            }
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

        listen() {
            const {table} = this;
            table.addEventListener("keydown", (event) => this.press(event));
            table.addEventListener("click", (event) => this.click(event));
            table.addEventListener("focusin", (event) => this.focus(this.picture.placeOf(event.target), false));
            table.addEventListener("focusout", (event) => this.leave(event));
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
            this.stroke = {anchor, before: this.rows.windows, isOn: !this.picture.isWhole(this.picture.area(anchor, anchor))};
            this.extend(anchor);
        }

        extend(to) {
            const {anchor, before, isOn} = this.stroke;
            const area = this.picture.area(anchor, to);
            const change = isOn ? fill : cut;
            const paint = (windows, day) => change(windows, day, area.from, area.to);
            this.stroke.area = area;
            this.rows.write(area.days.reduce(paint, before), this.picture.days);
            this.draw();
        }

        tell() {
            if (!this.stroke) return;
            const {area, isOn} = this.stroke;
            this.announce(isOn ? this.words.painted : this.words.erased, this.picture.describe(area));
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
            const at = this.picture.places.get(event.target);
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
            const [lastR, lastC] = [this.picture.cells.length - 1, this.picture.cells[0].length - 1];
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

        /** A stroke of the keyboard ends where the grid is left. */
        leave(event) {
            const isPointer = this.stroke && this.stroke.pointer !== undefined;
            if (!isPointer && !this.table.contains(event.relatedTarget)) this.stroke = null;
        }

        focus([r, c], isReal = true) {
            const cell = this.picture.cells[r][c];
            if (this.current) this.current.tabIndex = -1;
            cell.tabIndex = 0;
            this.current = cell;
            if (isReal) cell.focus();
        }

        // The pointer: mouse, finger or pen.

        /** Headers, and cells that a screen reader clicks. */
        click(event) {
            const at = this.picture.placeOf(event.target);
            if (!at || (event.target.closest("td") && event.detail !== 0)) return;
            this.focus(at);
            this.toggle(at);
        }

        pointerDown(event) {
            const at = this.picture.places.get(event.target.closest("td"));
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
            const at = this.picture.placeOf(document.elementFromPoint(event.clientX, event.clientY));
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
            this.rows.write(change(this.rows.windows), this.picture.days);
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
            this.part("length").textContent = say(text, {h: Math.floor(total / HOUR), min: total % HOUR});
            this.part("count").textContent = windows.length;
            this.part("undo").disabled = !this.history.length;
            this.picture.draw(windows);
            this.drawWarning(windows.length);
        }

        /** What the campaign does without hours, at once; the server asks the same when it is saved. */
        drawWarning(count) {
            const field = document.getElementById("id_dayparting");
            const mode = field ? field.value : this.data.mode;
            const warning = this.part("warning");
            const isAsked = count === 0 && mode === "AUTO" && this.data.isHeld;
            // Where the server has asked, its question stands there already.
            warning.hidden = (count > 0 && mode !== "OFF") || (isAsked && this.data.asks);
            const text = warning.hidden ? "" : this.words.withoutHours[mode] || "";
            if (warning.textContent !== text) warning.textContent = text;
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
