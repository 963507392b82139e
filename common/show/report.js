/*
 * The table of entries: filter, sort, select, and give the selection as a list
 * of ids.  Only the rows in sight are in the document.  Every text is put in
 * as text, never as markup; nothing leaves the page but by the person's hand.
 */
"use strict";
(function () {
	const data = document.getElementById("data");
	if (!data)
		return;
	const rows = JSON.parse(data.textContent);
	const HEIGHT = 31, MORE = 12;
	const ID = 0, CLASS = 1;
	const shown = [0, 1, 2, 3, 4, 5, 6, 7, 8];	/* columns of a row, in order */
	const at = (id) => document.getElementById(id);
	const view = at("view"), body = at("rows"), count = at("count");
	const search = at("search"), classes = at("class");
	const list = at("list");
	const words = rows.map((r) => r.join("\n").toLowerCase());
	const chosen = new Set();
	let found = rows.map((r, i) => i);
	let order = { column: -1, down: false };

	function number(n) {
		return n.toLocaleString("en-US");
	}

	/* ---- the rows in sight ---- */

	function cell(tr, text, klass) {
		const td = document.createElement("td");
		if (klass)
			td.className = klass;
		td.textContent = text;
		td.title = text;
		tr.append(td);
		return td;
	}

	function pad(rowsAway) {
		const tr = document.createElement("tr");
		tr.className = "pad";
		tr.setAttribute("aria-hidden", "true");
		const td = document.createElement("td");
		td.colSpan = shown.length + 1;
		td.style.height = rowsAway * HEIGHT + "px";
		tr.append(td);
		return tr;
	}

	function box(tr, i) {
		const td = document.createElement("td");
		const input = document.createElement("input");
		input.type = "checkbox";
		input.checked = chosen.has(i);
		input.setAttribute("aria-label", "select " + rows[i][ID]);
		input.addEventListener("change", () => {
			if (input.checked)
				chosen.add(i);
			else
				chosen.delete(i);
			tr.className = input.checked ? "on" : "";
			tell();
		});
		td.append(input);
		tr.append(td);
	}

	function line(n) {
		const i = found[n], r = rows[i];
		const tr = document.createElement("tr");
		tr.setAttribute("aria-rowindex", n + 2);
		tr.className = chosen.has(i) ? "on" : "";
		box(tr, i);
		for (const c of shown) {
			const td = cell(tr, r[c], c === ID ? "m" : "");
			if (c === CLASS) {
				const dot = document.createElement("span");
				dot.className = "dot " + r[CLASS];
				td.prepend(dot);
			}
		}
		return tr;
	}

	function draw() {
		const first = Math.max(0, Math.floor(view.scrollTop / HEIGHT) - MORE);
		const last = Math.min(found.length, first + 2 * MORE +
		    Math.ceil(view.clientHeight / HEIGHT));
		const out = [pad(first)];
		for (let n = first; n < last; n++)
			out.push(line(n));
		out.push(pad(found.length - last));
		body.replaceChildren(...out);
	}

	function tell() {
		const ids = new Set();
		for (const i of chosen)
			ids.add(rows[i][ID]);
		count.textContent = number(found.length) + " of " +
		    number(rows.length) + " rows shown, " +
		    number(chosen.size) + " selected";
		list.value = [...ids].sort().join("\n") + (ids.size ? "\n" : "");
		at("copy").disabled = at("save").disabled = ids.size === 0;
	}

	/* ---- filter and sort ---- */

	function filter() {
		const want = search.value.toLowerCase().split(/\s+/).filter(Boolean);
		const klass = classes.value;
		found = [];
		for (let i = 0; i < rows.length; i++)
			if ((klass === "" || rows[i][CLASS] === klass) &&
			    want.every((w) => words[i].includes(w)))
				found.push(i);
		sort();
		view.scrollTop = 0;
		tell();
		draw();
	}

	function compare(a, b) {
		return a < b ? -1 : a > b ? 1 : 0;
	}

	function sort() {
		const c = order.column, sign = order.down ? -1 : 1;
		if (c >= 0)
			found.sort((a, b) => sign * compare(rows[a][c], rows[b][c]) || a - b);
	}

	function sortBy(th, c) {
		order = { column: c, down: order.column === c && !order.down };
		for (const other of document.querySelectorAll("#grid th[aria-sort]"))
			other.setAttribute("aria-sort", "none");
		th.setAttribute("aria-sort", order.down ? "descending" : "ascending");
		sort();
		draw();
	}

	document.querySelectorAll("#grid th button").forEach((button, n) => {
		button.addEventListener("click",
		    () => sortBy(button.parentNode, shown[n]));
	});

	/* ---- the selection ---- */

	at("all").addEventListener("click", () => {
		found.forEach((i) => chosen.add(i));
		tell();
		draw();
	});
	at("none").addEventListener("click", () => {
		chosen.clear();
		tell();
		draw();
	});
	at("save").addEventListener("click", () => {
		const a = document.createElement("a");
		a.href = URL.createObjectURL(new Blob([list.value],
		    { type: "text/plain" }));
		a.download = "selection.txt";
		a.click();
		URL.revokeObjectURL(a.href);
	});
	at("copy").addEventListener("click", () => {
		list.select();
		if (navigator.clipboard)
			navigator.clipboard.writeText(list.value).catch(() => {});
		else
			document.execCommand("copy");
	});

	let waits = false;
	view.addEventListener("scroll", () => {
		if (waits)
			return;
		waits = true;
		requestAnimationFrame(() => {
			waits = false;
			draw();
		});
	});
	search.addEventListener("input", filter);
	classes.addEventListener("change", filter);
	addEventListener("resize", draw);
	filter();
})();
