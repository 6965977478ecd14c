// Saves each response as it is given, and a text while it is written. Without it, the buttons of the page save.
(() => {
  const form = document.getElementById('item-form');
  const saved = document.getElementById('saved');
  const understood = document.getElementById('understood');
  const token = document.querySelector('meta[name=csrf-token]').content;
  const KEPT_ALIVE = 60000; // what a browser still sends of a page that is left: 64 KB in all
  let timer = 0;
  let queue = Promise.resolve();

  async function save() {
    const body = new URLSearchParams(new FormData(form)).toString();
    try {
      const answer = await fetch(form.action, {
        method: 'POST', keepalive: body.length < KEPT_ALIVE, body,
        headers: { 'X-CSRF-Token': token, 'X-Requested-With': 'course', 'Content-Type': 'application/x-www-form-urlencoded' },
      });
      const held = await answer.json();
      if (!held.saved) throw new Error(held.because);
      const total = document.querySelectorAll('.items li').length - 1;
      const item = form.elements.namedItem('item').value; // `elements.item` is a method
      const tooLong = form.querySelector('textarea') && held.errors[item];
      saved.className = tooLong ? 'saved not' : 'saved';
      saved.textContent = tooLong || `Saved: ${held.responded} of ${total} responses.`;
      if (understood) understood.textContent = held.errors[item] || (held.understood[item] ? `Read as ${held.understood[item]}.` : understood.dataset.hint);
    } catch (error) {
      saved.className = 'saved not';
      saved.textContent = error.message === 'closed'
        ? 'Not saved: this attempt is closed. What was saved before counts; the button leads to the result.'
        : error.message === 'signed_out'
        ? 'Not saved: your sign-in has ended. Press the button; you will sign in again and nothing is lost.'
        : 'Not saved. The connection or the server failed; press the button to try again.';
    }
  }
  const stop = () => { clearTimeout(timer); timer = 0; };
  const now = () => { stop(); queue = queue.then(save); };
  const later = (delay) => { stop(); timer = setTimeout(now, delay); };
  form.addEventListener('change', () => later(0));
  form.addEventListener('input', (event) => {
    if (event.target.matches('textarea')) later(5000);
    else if (event.target.matches('input:not([type=radio],[type=checkbox])')) later(700);
  });
  form.addEventListener('submit', stop);
  // A phone ends a page behind another app without a word, so what waits is saved when it goes out of sight.
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden' && timer) now(); });
})();
