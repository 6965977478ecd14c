// Says beside a file that it is too large before all of it is sent, so that what was typed stays. Without this a page says so.
(() => {
  const file = document.querySelector('form[data-most] input[type=file]'), form = file.form;

  form.addEventListener('submit', (event) => {
    document.getElementById('file-size')?.remove();
    let size = 0;
    for (const [, value] of new FormData(form)) size += typeof value === 'string' ? new Blob([value]).size : value.size;
    if (size + 4096 <= Number(form.dataset.most)) return;
    event.preventDefault();
    const said = document.createElement('p'), kind = document.createElement('span');
    kind.className = 'hidden';
    kind.textContent = 'Error: ';
    said.id = 'file-size';
    said.className = 'error';
    said.setAttribute('role', 'alert');
    said.append(kind, form.dataset.tooLarge);
    file.before(said);
    file.focus();
  });
})();
