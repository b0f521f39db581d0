// Sends a form by itself; without this the page's button does it.
document.querySelector("form[data-send]")?.requestSubmit();
