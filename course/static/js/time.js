// Counts down to the closing of the attempt by the server's clock, and says 5 minutes and 1 minute aloud. The page says it in words.
(() => {
  const line = document.getElementById('time'), left = document.getElementById('time-left');
  const said = document.getElementById('time-said'), form = document.getElementById('item-form');
  // Since the answer began, not since this runs: on a slow line the rest of the page and this script take seconds to come.
  const answered = performance.getEntriesByType('navigation')[0]?.responseStart ?? performance.now();
  const closes = Date.now() - (performance.now() - answered) + (Date.parse(line.dataset.closes) - Date.parse(line.dataset.now));
  const marks = [[300, '5 minutes'], [60, '1 minute']];
  let flushed = false, before = Infinity;
  const two = (n) => String(n).padStart(2, '0');

  function tick() {
    const seconds = Math.max(0, Math.ceil((closes - Date.now()) / 1000));
    const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
    left.textContent = hours ? `in ${hours}:${two(minutes)}:${two(seconds % 60)}` : `in ${minutes}:${two(seconds % 60)}`;
    for (const [mark, words] of marks) {
      if (before > mark && seconds <= mark && seconds > mark - 30) said.textContent = `This attempt closes in ${words}. What is saved by then counts.`;
    }
    before = seconds;
    if (seconds <= 3 && !flushed) { flushed = true; form?.dispatchEvent(new Event('change')); }
    if (seconds === 0) { clearInterval(timer); setTimeout(() => { location.href = line.dataset.after; }, 1500); }
  }
  const timer = setInterval(tick, 1000);
  tick();
})();
