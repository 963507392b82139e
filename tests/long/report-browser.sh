#!/bin/sh
# The page of a report in a browser: no error, the table driven, axe-core, and
# nothing of an attack runs.  Wants Chromium (CHROMIUM=path) and, in
# build/browser, playwright-core and axe-core, which it fetches with npm.
. "$(dirname "$0")/../e2e/lib.sh"

chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || :)}
[ -n "$chromium" ] || skip_all 'no Chromium: apt-get install chromium'
command -v npm >/dev/null || skip_all 'no npm'
modules=$top/build/browser
[ -d "$modules/node_modules/axe-core" ] || {
	mkdir -p "$modules" && (cd "$modules" && echo '{}' >package.json &&
	PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm install --silent playwright-core axe-core) >/dev/null 2>&1 ||
	skip_all 'playwright-core and axe-core cannot be fetched'
}
messages=${MESSAGES:-100000}
"$B/scripts/make-incident" -n "$messages" -s 7 inc >/dev/null 2>&1
spoolscan -s inc/site.conf -c case.db inc/Imcdata inc/Mailroot >/dev/null 2>&1
spoolreport -c case.db -s inc/site.conf page.html || exit 1
mkdir -p evil/Pickup evil/In evil/Out
i=0
while read -r text; do
	i=$((i + 1))
	printf 'X-Sender: <a@example.org>\r\nX-Receiver: <b@example.net>\r\n\r\nFrom: %s\r\nSubject: %s\r\n\r\nx\r\n' "$text" "$text" >"evil/Pickup/$i.eml"
done <<'END'
<script>window.ran=1</script>
</script><script>window.ran=2</script>
"><img src=x onerror=window.ran=3>
<svg onload=window.ran=4>
</style><style>body{display:none}</style>
<!--<script>
END
spoolscan -c evil.db evil >/dev/null 2>&1
spoolreport -c evil.db evil.html || exit 1

cat >drive.js <<'END'
const { chromium } = require('playwright-core');
const fs = require('fs');
let bad = 0;
function ok(what, holds, more) {
	if (!holds)
		bad++;
	console.log((holds ? 'holds: ' : 'FAILS: ') + what + (holds ? '' : ' ' + (more || '')));
}
async function open(browser, file, errors, options) {
	const page = await browser.newPage(options);
	page.on('console', (m) => m.type() === 'error' && errors.push(m.text()));
	page.on('pageerror', (e) => errors.push(e.message));
	page.on('request', (r) => /^(file|blob):/.test(r.url()) || errors.push('asked for ' + r.url()));
	await page.goto('file://' + process.cwd() + '/' + file);
	return page;
}
async function axe(browser, file, scheme) {
	const page = await browser.newPage({ colorScheme: scheme, bypassCSP: true });
	await page.goto('file://' + process.cwd() + '/' + file);
	await page.addScriptTag({ path: require.resolve('axe-core') });
	const found = await page.evaluate(() => axe.run());
	const serious = found.violations.filter((v) => /serious|critical/.test(v.impact));
	ok('axe-core has no serious fault, ' + scheme, serious.length === 0,
	    JSON.stringify(serious.map((v) => [v.id, v.nodes.length, v.nodes[0].html, v.nodes[0].failureSummary])));
	await page.close();
}
async function table(page) {
	const rows = () => page.locator('#rows tr:not(.pad)');
	const said = () => page.textContent('#count');
	const all = JSON.parse(await page.textContent('#data'));
	ok('only rows in sight are in the document', await rows().count() < 80);
	await page.selectOption('#class', 'legit');
	ok('the class filters', (await said()).startsWith(
	    all.filter((r) => r[1] === 'legit').length.toLocaleString('en-US') + ' of'), await said());
	await page.selectOption('#class', '');
	await page.fill('#search', all[3][0]);
	ok('a word filters', (await said()).startsWith('1 of') && await rows().count() === 1, await said());
	await page.fill('#search', '');
	const sort = page.locator('#grid th button', { hasText: 'sender' });
	await sort.click();
	await sort.click();
	const top = (await rows().first().locator('td').nth(5).textContent());
	ok('a head sorts, down at the second click', top === all.map((r) => r[4]).sort().pop() &&
	    await page.locator('th[aria-sort=descending]').count() === 1, top);
	const cdp = await page.context().newCDPSession(page);
	const busy = async () => (await cdp.send('Performance.getMetrics')).metrics.find((m) => m.name === 'TaskDuration').value;
	await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
	const began = await busy();
	for (let i = 0; i < 40; i++)
		await page.evaluate((y) => { document.getElementById('view').scrollTop = y; }, i * all.length * 31 / 40);
	await page.waitForTimeout(100);
	const took = await busy() - began;
	ok('40 scrolls over all of it take under 1 s of processor time', took < 1, took);
	const high = await rows().evaluateAll((v) => v.map((tr) => tr.getBoundingClientRect().height));
	ok('a row is as high as the script takes it to be', high.every((h) => h === 31), [...new Set(high)]);
	ok('the rows in sight follow', Number(await rows().last().getAttribute('aria-rowindex')) > all.length * .9);
	await page.selectOption('#class', 'spam');
	await page.click('#all');
	await page.selectOption('#class', '');
	await page.evaluate(() => { document.getElementById('view').scrollTop = 0; });
	const want = [...new Set(all.filter((r) => r[1] === 'spam').map((r) => r[0]))].sort().join('\n') + '\n';
	ok('the selection is a list of ids', await page.inputValue('#list') === want);
	const [file] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
	await file.saveAs('selection.txt');
	ok('and is saved as it is', fs.readFileSync('selection.txt', 'utf8') === want);
	await page.click('#none');
	ok('none is none', await page.inputValue('#list') === '' && await page.isDisabled('#save'));
	await page.locator('#rows input').first().check();
	ok('one row is selected by its box', (await said()).endsWith(' 1 selected'));
}
(async () => {
	const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox'] });
	const errors = [];
	let page = await open(browser, 'page.html', errors, { viewport: { width: 1280, height: 900 } });
	await table(page);
	ok('the page is as wide as the window', await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
	const cut = await page.evaluate(() => [...document.querySelectorAll('.scroll')].filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.getAttribute('aria-label')));
	ok('no table but that of the messages is wider', cut.length === 0, cut.join('; '));
	await page.close();
	for (const scheme of ['light', 'dark'])
		await axe(browser, 'page.html', scheme);
	ok('no error on the console, nothing asked for', errors.length === 0, errors.join('; '));
	const evil = [];
	page = await open(browser, 'evil.html', evil, {});
	ok('nothing of an attack runs', await page.evaluate(() => window.ran) === undefined && evil.length === 0, evil.join('; '));
	ok('the page is still seen', await page.isVisible('h1') && await page.locator('#rows tr:not(.pad)').count() === 6);
	for (const look of ['light', 'dark', 'print']) {
		page = await open(browser, 'page.html', errors, { viewport: { width: 1280, height: 900 }, colorScheme: look === 'dark' ? 'dark' : 'light' });
		if (look === 'print')
			await page.emulateMedia({ media: 'print' });
		await page.screenshot({ path: process.argv[3] + '/report-' + look + '.png', fullPage: true });
	}
	await browser.close();
	process.exit(bad > 0 ? 1 : 0);
})();
END
t 'a browser opens it, drives the table and finds no fault (pictures in build/browser)' '
	NODE_PATH=$modules/node_modules timeout 300 node drive.js "$chromium" "$modules"'
t 'what was saved there is what spoolmark reads' '
	spoolmark -c case.db --because "seen on the page" - spam <selection.txt'
t_done
