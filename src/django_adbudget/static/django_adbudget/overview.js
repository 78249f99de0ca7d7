/* Refreshes the overview by itself: asks for its parts, and replaces those alone that are no longer the same.
   Focus, open details and scrolled tables stay as they are. Rests while nobody looks. */
"use strict";

{
    const root = document.getElementById("ab-overview");
    const bar = document.getElementById("ab-refresh");
    const now = document.getElementById("ab-now");
    const trouble = document.getElementById("ab-trouble");
    const said = document.getElementById("ab-said");
    const every = Number(root.dataset.abEvery) * 1000;
    const address = new URL(now.href);
    address.searchParams.set("parts", "");

    let timer = null;
    let isOn = true;
    let asked = Date.now();
    let running = null;

    /** Parts as they were sent, by id: what a reader has opened in them is no difference. */
    const sent = new Map();
    for (const part of root.children) {
        sent.set(part.id, part.outerHTML);
    }

    function wait() {
        clearTimeout(timer);
        if (isOn && !document.hidden) {
            timer = setTimeout(refresh, Math.max(every - (Date.now() - asked), 0));
        }
    }

    async function refresh() {
        asked = Date.now();
        running?.abort();
        running = new AbortController();
        const {signal} = running;
        try {
            const answer = await fetch(address, {credentials: "same-origin", redirect: "manual", signal});
            if (answer.type === "opaqueredirect" || answer.status === 403) {
                isOn = false;
                trouble.textContent = bar.dataset.abSignedOut;
                return;
            }
            if (!answer.ok) {
                throw new Error(String(answer.status));
            }
            show(await answer.text());
            trouble.textContent = "";
        } catch (error) {
            if (error.name !== "AbortError") {
                trouble.textContent = bar.dataset.abFailed;
            }
        } finally {
            wait();
        }
    }

    function show(html) {
        const fresh = new DOMParser().parseFromString(html, "text/html").body;
        const parts = [...fresh.children];
        const known = new Set(parts.map((part) => part.id));
        for (const part of [...root.children]) {
            if (!known.has(part.id)) {
                sent.delete(part.id);
                part.remove();
            }
        }
        parts.forEach((part, place) => {
            const html = part.outerHTML;
            if (sent.get(part.id) === html) {
                return;
            }
            sent.set(part.id, html);
            put(document.adoptNode(part), root.children[place]);
        });
    }

    function put(part, at) {
        const old = document.getElementById(part.id);
        if (!old) {
            root.insertBefore(part, at || null);
            return;
        }
        const keep = held(old);
        if (part.dataset.abSays && part.dataset.abSays !== old.dataset.abSays) {
            said.textContent = part.dataset.abSays;
        }
        old.replaceWith(part);
        keep(part);
    }

    /** What a reader does in a part, to be done in the one that takes its place. */
    function held(old) {
        const focus = old.contains(document.activeElement) ? document.activeElement : null;
        const nth = focus ? focusable(old).indexOf(focus) : -1;
        const href = focus?.getAttribute("href");
        const scrolled = [...old.querySelectorAll(".ab-scroll")].map((box) => box.scrollLeft);
        const opened = [...old.querySelectorAll("details")].map((details) => details.open);
        return (part) => {
            part.querySelectorAll(".ab-scroll").forEach((box, n) => { box.scrollLeft = scrolled[n] ?? 0; });
            part.querySelectorAll("details").forEach((details, n) => { details.open = opened[n] ?? details.open; });
            if (focus) {
                const all = focusable(part);
                const same = all.find((element) => href && element.getAttribute("href") === href);
                (same ?? all[Math.min(nth, all.length - 1)])?.focus({preventScroll: true});
            }
        };
    }

    function focusable(part) {
        return [...part.querySelectorAll("a[href], button, summary, [tabindex]")];
    }

    const toggle = document.createElement("button");
    toggle.type = "button";
    toggle.className = "button";
    toggle.id = "ab-toggle";
    function name() {
        toggle.textContent = isOn ? bar.dataset.abPause : bar.dataset.abResume;
    }
    toggle.addEventListener("click", () => {
        isOn = !isOn;
        name();
        wait();
    });
    now.after(toggle);
    name();
    now.addEventListener("click", (event) => {
        if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
            event.preventDefault();
            refresh();
        }
    });
    document.addEventListener("visibilitychange", wait);
    wait();
}
