/* The table of a week: made a grid that can be pressed, and drawn. Places in it are [row, column], headers included. */
"use strict";
(() => {
    const {HOUR, DAY, length, open, within} = window.adbudget.week;
    const {say} = window.adbudget;
    const SVG = "http://www.w3.org/2000/svg";

    const clock = (at) => `${String(Math.floor(at / HOUR)).padStart(2, "0")}:${String(at % HOUR).padStart(2, "0")}`;

    class WeekPicture {
        constructor(table, words) {
            this.table = table;
            this.words = words;
            this.days = [...table.querySelectorAll("tr[data-day]")].map((tr) => Number(tr.dataset.day));
            this.dress();
            this.cells = [...table.rows].map((tr) => [...tr.cells].map((cell) => this.dressed(cell)));
            this.places = new Map(this.cells.flatMap((row, r) => row.map((cell, c) => [cell, [r, c]])));
        }

        dress() {
            const {table} = this;
            const box = table.parentElement;
            table.setAttribute("role", "grid");
            table.setAttribute("aria-multiselectable", "true");
            table.setAttribute("aria-label", box.getAttribute("aria-label"));
            for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
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

        /** The place of a cell or header, or of whatever lies in one. */
        placeOf(element) {
            const cell = element && element.closest("td, th");
            return cell && this.places.get(cell.tagName === "TD" ? cell : cell.firstElementChild);
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

        draw(windows) {
            this.open = open(windows);
            this.cells.forEach((row, r) => row.forEach((cell, c) => {
                const area = this.area([r, c], [r, c]);
                if (cell.tagName === "TD") this.drawCell(cell, area);
                else this.drawHeader(cell, area);
            }));
        }

        drawHeader(button, area) {
            const isPart = area.days.some((day) => within(this.open[day], area.from, area.to).length);
            button.setAttribute("aria-pressed", this.isWhole(area) ? "true" : isPart ? "mixed" : "false");
            button.setAttribute("aria-label", this.describe(area));
        }

        drawCell(cell, area) {
            const spans = within(this.open[area.days[0]], area.from, area.to);
            const key = String(spans);
            if (cell.dataset.key === key) return;
            const isWhole = this.isWhole(area);
            const isPart = !isWhole && spans.length > 0;
            const hour = this.describe(area);
            cell.dataset.key = key;
            cell.classList.toggle("ab-on", isWhole);
            cell.classList.toggle("ab-part", isPart);
            cell.setAttribute("aria-selected", String(isWhole));
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
    }

    window.adbudget = {...window.adbudget, WeekPicture};
})();
