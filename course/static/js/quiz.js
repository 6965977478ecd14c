// Saves each response as it is given. Without it, the buttons of the page save.
(() => {
  const form = document.getElementById('item-form');
  const saved = document.getElementById('saved');
  const understood = document.getElementById('understood');
  const token = document.querySelector('meta[name=csrf-token]').content;
  let timer = 0;
  let queue = Promise.resolve();

  async function save() {
    const body = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(form.action, {
        method: 'POST', headers: { 'X-CSRF-Token': token, 'X-Requested-With': 'course' }, body,
      });
      const held = await answer.json();
      if (!held.saved) throw new Error(held.because);
      const total = document.querySelectorAll('.items li').length - 1;
      saved.className = 'saved';
      saved.textContent = `Saved: ${held.responded} of ${total} responses.`;
      const item = form.elements.namedItem('item').value; // `elements.item` is a method
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
  const later = (delay) => { clearTimeout(timer); timer = setTimeout(() => { queue = queue.then(save); }, delay); };
  form.addEventListener('change', () => later(0));
  form.addEventListener('input', (event) => { if (event.target.matches('input:not([type=radio],[type=checkbox])')) later(700); });
})();
