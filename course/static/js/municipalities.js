// Offers the municipalities of the country that is chosen, where those of all countries are too many for the page. Without it they are typed.
(() => {
  const country = document.getElementById('country'), list = document.getElementById('municipalities');

  async function offer() {
    const chosen = country.value;
    list.replaceChildren();
    if (!chosen) return;
    try {
      const answer = await fetch(`${list.dataset.of}?country=${encodeURIComponent(chosen)}`);
      const names = answer.ok ? await answer.json() : [];
      if (chosen === country.value) list.replaceChildren(...names.map((name) => new Option(name)));
    } catch { /* no connection: the name is typed, and the same name is the same place */ }
  }
  country.addEventListener('change', offer);
  offer();
})();
