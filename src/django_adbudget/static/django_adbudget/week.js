/* A week of dayparting windows, computed: no page, no form, no words.

   A window is {day, start, end}: a weekday (0 = Monday), and minutes of that day, half-open. An end after 1440 runs
   into the next day. Whatever else a window carries (the row of the form that holds it) stays with it as long as it is
   there in some form, and functions give new lists: those that they are given stay as they are. */
"use strict";
(() => {
    const HOUR = 60;
    const DAY = 24 * HOUR;
    const WEEK = 7 * DAY;

    /** Whether one window can hold these minutes (rule T5). */
    const fits = (start, end) => end - start < DAY || (start === 0 && end === DAY);

    const same = (a, b) => a.day === b.day && a.start === b.start && a.end === b.end;

    function merged(spans) {
        const result = [];
        for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
            const last = result[result.length - 1];
            if (last && from <= last[1]) last[1] = Math.max(last[1], to);
            else result.push([from, to]);
        }
        return result;
    }

    /** For each weekday what is open in it, merged: lists of [from, to]. A night belongs to both its days here. */
    function open(windows) {
        const days = Array.from({length: 7}, () => []);
        for (const {day, start, end} of windows) {
            days[day].push([start, Math.min(end, DAY)]);
            if (end > DAY) days[(day + 1) % 7].push([0, end - DAY]);
        }
        return days.map(merged);
    }

    const within = (spans, from, to) => spans
        .map(([start, end]) => [Math.max(start, from), Math.min(end, to)])
        .filter(([start, end]) => start < end);

    const length = (spans) => spans.reduce((sum, [from, to]) => sum + to - from, 0);

    const minutes = (windows) => open(windows).reduce((sum, spans) => sum + length(spans), 0);

    /** Opens minutes of a day. Windows that start on it and touch them grow to one; others stay as they are. */
    function fill(windows, day, from, to) {
        if (length(within(open(windows)[day], from, to)) === to - from) return windows;
        let grown = {day, start: from, end: to};
        const rest = [];
        for (const window of windows) {
            const start = Math.min(window.start, grown.start);
            const end = Math.max(window.end, grown.end);
            const touches = window.day === day && window.start <= grown.end && window.end >= grown.start;
            if (touches && fits(start, end)) grown = {...window, ...grown, start, end};
            else rest.push(window);
        }
        return [...rest, grown];
    }

    /** The window that starts at a minute of the week, which may lie beyond its end. */
    function starting(from, to) {
        const day = Math.floor(from / DAY);
        return {day: ((day % 7) + 7) % 7, start: from - day * DAY, end: to - day * DAY};
    }

    function pieces(window, day, from, to) {
        const start = window.day * DAY + window.start;
        const end = window.day * DAY + window.end;
        for (const week of [-WEEK, 0, WEEK]) {
            const [off, on] = [day * DAY + from + week, day * DAY + to + week];
            if (off < end && on > start) {
                return [[start, Math.min(off, end)], [Math.max(on, start), end]]
                    .filter((piece) => piece[0] < piece[1])
                    .map((piece, n) => ({...(n ? {} : window), ...starting(...piece)}));
            }
        }
        return [window];
    }

    /** Closes minutes of a day. A window that runs over them is cut, and keeps the rest to the minute. */
    const cut = (windows, day, from, to) => windows.flatMap((window) => pieces(window, day, from, to));

    /** Exactly the windows wanted; those that are there already stay what they are. */
    function replace(windows, wanted) {
        const left = [...windows];
        return wanted.map((window) => {
            const at = left.findIndex((other) => same(other, window));
            return at < 0 ? window : left.splice(at, 1)[0];
        });
    }

    const each = (days, start, end) => days.map((day) => ({day, start, end}));

    /** What is closed becomes open and the other way round, to the minute. */
    function invert(windows) {
        const wanted = open(windows).flatMap((spans, day) => {
            const edges = [0, ...spans.flat(), DAY];
            return edges.map((edge, n) => ({day, start: edge, end: edges[n + 1]}))
                .filter(({start, end}, n) => n % 2 === 0 && start < end);
        });
        return replace(windows, wanted);
    }

    /** The windows that start on one day, nights included, start on other days too, instead of theirs. */
    function copy(windows, day, days) {
        const others = days.filter((other) => other !== day);
        const kept = windows.filter((window) => !others.includes(window.day));
        const source = windows.filter((window) => window.day === day);
        const copies = others.flatMap((other) => source.map(({start, end}) => ({day: other, start, end})));
        return [...kept, ...replace(windows.filter((window) => others.includes(window.day)), copies)];
    }

    const ALL = [0, 1, 2, 3, 4, 5, 6];
    const presets = {
        all: (windows) => replace(windows, each(ALL, 0, DAY)),
        office: (windows) => replace(windows, each([0, 1, 2, 3, 4], 9 * HOUR, 18 * HOUR)),
        weekend: (windows) => replace(windows, each([5, 6], 0, DAY)),
        clear: () => [],
        invert,
    };

    window.adbudget = {
        ...window.adbudget,
        week: {HOUR, DAY, copy, cut, fill, length, minutes, open, presets, same, within},
    };
})();
