/* The moving parts of the live page (ES5). Without it the page reloads. */
(function () {
	function by(id) { return document.getElementById(id); }
	var root = by('live'), source, heard, now, held = {}, paused, saidAt = 0;
	if (!root || !window.EventSource) { return; }
	var have = root.dataset.have, pause = by('pause');

	function put(part) {
		var old = by(part.id);
		if (!old) { return; }
		if (old.contains(document.activeElement)) {
			held[part.id] = part; /* shown once the focus has gone on */
		} else {
			old.parentNode.replaceChild(part, old);
		}
	}
	function refresh() {
		var cells = root.querySelectorAll('[data-since]'), i, n, text = by('need').textContent;
		for (i = 0; i < cells.length; i++) {
			n = now + Date.now() - heard - cells[i].dataset.since;
			n = Math.max(0, Math.floor(n / 60000));
			cells[i].textContent = n < 120 ? n + ' min' : Math.floor(n / 60) + ' h';
		}
		if (by('say').textContent !== text && Date.now() - saidAt > 15000) {
			by('say').textContent = text;
			saidAt = Date.now();
		}
	}
	function alive(ms, clock) {
		now = +ms;
		heard = Date.now();
		by('asof').textContent = clock;
		by('stale').hidden = true;
		refresh();
	}
	function apply(html) {
		var box = document.createElement('div'), head, parts, i;
		box.innerHTML = html;
		head = box.firstElementChild;
		parts = box.querySelectorAll('[data-part]');
		for (i = 0; i < parts.length; i++) { put(parts[i]); }
		have = head.dataset.have;
		alive(head.dataset.now, head.dataset.asof);
	}
	function address() { return root.dataset.url + '&have=' + have; }
	function start() {
		if (source || paused || document.hidden) { return; }
		source = new EventSource(address());
		source.onmessage = function (event) { apply(event.data); };
		source.addEventListener('tick', function (event) {
			alive.apply(null, event.data.split(' '));
		});
		source.addEventListener('list', function () { location.reload(); });
	}
	function stop() {
		if (source) { source.close(); }
		source = null;
	}
	function poll() {
		var ask = new XMLHttpRequest();
		ask.open('GET', address() + '&once=1');
		ask.onload = function () {
			if (ask.status === 200) { apply(ask.responseText); }
			if (/40[34]/.test(ask.status)) { location.reload(); }
		};
		ask.send();
	}
	function startOrStop() { (paused || document.hidden ? stop : start)(); }

	root.addEventListener('focusout', function () {
		setTimeout(function () {
			var parts = held, id;
			held = {};
			for (id in parts) { put(parts[id]); }
		}, 0);
	});
	document.addEventListener('visibilitychange', startOrStop);
	pause.hidden = false;
	pause.onclick = function () {
		paused = !paused;
		pause.setAttribute('aria-pressed', paused);
		startOrStop();
	};
	setInterval(function () {
		if (paused || document.hidden) { return; }
		refresh();
		if (Date.now() - heard > 30000) {
			by('stale').hidden = false;
			stop();
			poll();
			setTimeout(start, Math.random() * 5000);
		}
	}, 10000);
	alive(root.dataset.now, by('asof').textContent);
	start();
}());
