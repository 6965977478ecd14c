// The clip: remembers the second, and reports which distinct seconds were played. Without it the clip plays and the button is there.
(() => {
  const clip = document.getElementById('clip');
  if (!clip) return;
  const state = document.getElementById('clip-state');
  const words = document.getElementById('watched-words');
  const token = document.querySelector('meta[name=csrf-token]').content;
  const report = clip.dataset.report;
  const waiting = new Set();
  let sending = false;

  const fromAddress = () => {
    const found = /[#&]t=(\d+)/.exec(location.hash);
    return found ? Number(found[1]) : null;
  };
  const seek = (second) => {
    const go = () => { clip.currentTime = Math.min(second, Number(clip.dataset.seconds)); };
    if (clip.readyState > 0) go();
    else { clip.addEventListener('loadedmetadata', go, { once: true }); clip.preload = 'metadata'; }
  };
  const start = fromAddress() ?? Number(clip.dataset.at || 0);
  if (start > 0 && start < Number(clip.dataset.seconds)) seek(start);
  addEventListener('hashchange', () => { const second = fromAddress(); if (second !== null) { seek(second); clip.focus(); } });

  // Seconds as ranges: 3,4,5,9 becomes 3-5,9.
  const ranges = (seconds) => {
    const sorted = [...seconds].sort((a, b) => a - b);
    const parts = [];
    for (let i = 0; i < sorted.length; i++) {
      const first = sorted[i];
      while (sorted[i + 1] === sorted[i] + 1) i++;
      parts.push(first === sorted[i] ? `${first}` : `${first}-${sorted[i]}`);
    }
    return parts.join(',');
  };

  async function send() {
    if (!report || sending || !waiting.size) return;
    sending = true;
    const batch = new Set(waiting);
    try {
      const answer = await fetch(report, {
        method: 'POST', keepalive: true,
        headers: { 'X-CSRF-Token': token, 'X-Requested-With': 'course' },
        body: new URLSearchParams({ seconds: ranges(batch), at: String(Math.floor(clip.currentTime)) }),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const held = await answer.json();
      batch.forEach((second) => waiting.delete(second));
      state.textContent = '';
      if (words) words.textContent = held.done ? 'Watched: this lesson is done.' : `Watched: ${held.watched} of ${held.seconds} seconds.`;
      const seen = document.getElementById('seen');
      if (seen) seen.value = held.changes;
    } catch (error) {
      const isOut = ['401', '403'].includes(error.message); // this page cannot report under another sign-in
      state.textContent = isOut
        ? 'Not saved: your sign-in has ended. Load this page again and sign in; what was played since has to be played again.'
        : 'Not saved yet; it is tried again.'; // the seconds stay in the queue
    } finally {
      sending = false;
    }
  }

  clip.addEventListener('timeupdate', () => {
    if (!clip.paused && !clip.seeking) waiting.add(Math.floor(clip.currentTime));
  });
  clip.addEventListener('pause', send);
  clip.addEventListener('ended', send);
  addEventListener('pagehide', send);
  setInterval(send, 10000);
})();
